using System.Collections.Immutable;
using Fairlead.Core.Expressions;

namespace Fairlead.Core.Policy;

/// <summary>Where a rule stands, and so what it sees; each sees what the one before it does.</summary>
public enum RuleScope
{
    /// <summary>The <c>when</c> of a workload or a sensitivity label: the request, its prompt, its caller.</summary>
    Request = 0,

    /// <summary>The <c>when</c> of a route or a constraint: the workload, the sensitivity, the budget too.</summary>
    Routing,

    /// <summary>A <c>require</c>: the target too, with its provider and its health.</summary>
    Target,

    /// <summary>The <c>require</c> of a tier after the first: the primary too.</summary>
    LaterTier,
}

/// <summary>What a value of a rule depends on, beside the configuration.</summary>
[Flags]
public enum RuleInput
{
    /// <summary>Nothing: it is known when the configuration is loaded.</summary>
    None = 0,

    /// <summary>The workload, which is one of few.</summary>
    Workload = 1,

    /// <summary>What was measured.</summary>
    Health = 2,

    /// <summary>This request, or what is left of a budget.</summary>
    Request = 4,
}

/// <summary>A variable that rules read.</summary>
/// <param name="Name">As it is written: <c>target.quality</c>.</param>
/// <param name="Type">Its type.</param>
/// <param name="Unit">What it counts; empty for none.</param>
/// <param name="Scope">The first scope that sees it.</param>
/// <param name="Input">What it depends on.</param>
/// <param name="Unknown">What it is when nobody knows: for the docs.</param>
/// <param name="Meaning">For the docs.</param>
public sealed record PolicyVariable(string Name, CelType Type, string Unit, RuleScope Scope, RuleInput Input, string Unknown, string Meaning);

/// <summary>
/// The variables of the policy language (DESIGN 5.5): names, types, units, and what each is when nobody knows. A variable's place in
/// the table is its number in every expression.
/// </summary>
public static class PolicyVariables
{
    /// <summary>The word for a value whose absence is an answer of its own.</summary>
    private const string Never = "–";

    private static readonly CelType Strings = CelType.List(CelType.String);

    /// <summary>All, by number.</summary>
    public static ImmutableArray<PolicyVariable> All { get; } =
    [
        .. Of("request", RuleScope.Request, RuleInput.Request,
            ("model", CelType.String, "", Never, "what the client sent as `model`"),
            ("dialect", CelType.String, "", Never, "`openai-chat` or `anthropic-messages`"),
            ("stream", CelType.Bool, "", Never, "a stream is asked for"),
            ("max_tokens", CelType.Int, "tokens", "0", "the client's limit of output tokens"),
            ("prompt_tokens", CelType.Int, "tokens", Never, "an estimate of the prompt's tokens"),
            ("has_tools", CelType.Bool, "", Never, "tools are offered"),
            ("tools", Strings, "", "[]", "their names"),
            ("has_schema", CelType.Bool, "", Never, "the answer must meet a JSON Schema"),
            ("has_images", CelType.Bool, "", Never, "a message holds an image"),
            ("template", CelType.String, "", "\"\"", "the template the caller names"),
            ("journey", CelType.String, "", "\"\"", "the journey the caller names"),
            ("latency_budget_ms", CelType.Int, "ms", "0", "the latency budget the caller names"),
            ("metadata", CelType.Map(CelType.String, CelType.String), "", "{}", "texts of the body's `metadata`")),
        .. Of("prompt", RuleScope.Request, RuleInput.Request,
            ("length", CelType.Int, "characters", Never, "of the system and user text, earlier turns included")),
        .. Of("caller", RuleScope.Request, RuleInput.Request,
            ("tenant", CelType.String, "", Never, "the key's tenant"),
            ("team", CelType.String, "", "\"\"", "the key's team"),
            ("feature", CelType.String, "", "\"\"", "the feature of the application"),
            ("user", CelType.String, "", "\"\"", "the end user"),
            ("user_tier", CelType.String, "", "\"\"", "the end user's tier"),
            ("environment", CelType.String, "", "\"\"", "such as `prod`"),
            ("key", CelType.String, "", "\"\"", "the key's name")),
        new("workload", CelType.String, "", RuleScope.Routing, RuleInput.Workload, "\"\"", "what kind of work this is"),
        new("workload_confidence", CelType.Double, "0–1", RuleScope.Routing, RuleInput.Request, "0.0", "how sure that is"),
        new("sensitivity", Strings, "", RuleScope.Routing, RuleInput.Request, "[]", "the labels of sensitive data"),
        .. Of("budget", RuleScope.Routing, RuleInput.Request,
            ("used", CelType.Double, "0–1", "0.0", "the spent share of the tightest budget that applies"),
            ("left", CelType.Double, "USD", "infinite", "what is left of it")),
        .. TargetOf("target", RuleScope.Target),
        .. Of("provider", RuleScope.Target, RuleInput.None,
            ("name", CelType.String, "", Never, "the provider's name"),
            ("region", CelType.String, "", "\"\"", "its region"),
            ("facts", Strings, "", "[]", "its contract facts")),
        .. Of("health", RuleScope.Target, RuleInput.Health,
            ("p50_ms", CelType.Double, "ms", "passes", "time to the answer, median"),
            ("p95_ms", CelType.Double, "ms", "passes", "the 95th percentile"),
            ("p99_ms", CelType.Double, "ms", "passes", "the 99th percentile"),
            ("success_rate", CelType.Double, "0–1", "passes", "attempts that answered"),
            ("retry_rate", CelType.Double, "0–1", "passes", "attempts that repeat one on the same target"),
            ("schema_validity", CelType.Double, "0–1", "passes", "answers that meet the schema they were asked for"),
            ("tool_success", CelType.Double, "0–1", "passes", "tool calls whose arguments are valid"),
            ("quota_left", CelType.Double, "0–1", "passes", "what the vendor says is left of its limit"),
            ("state", CelType.String, "", "\"unproven\"", "`unproven`, `healthy` or `failing`"),
            ("samples", CelType.Int, "attempts", "0", "attempts in the window")),
        .. TargetOf("primary", RuleScope.LaterTier),
    ];

    /// <summary>The number of a variable, by name.</summary>
    public static int NumberOf(string name)
    {
        for (var number = 0; number < All.Length; number++)
        {
            if (All[number].Name == name) return number;
        }

        throw new ArgumentException($"No variable is named {name}.", nameof(name));
    }

    /// <summary>What the expressions of a scope may name.</summary>
    public static CelDeclarations DeclarationsOf(RuleScope scope) => Scopes[(int)scope];

    private static readonly ImmutableArray<CelDeclarations> Scopes = [.. Enum.GetValues<RuleScope>().Select(Declare)];

    /// <summary>The first number of the variables that belong to a target: those before it are the same for all.</summary>
    internal static int FirstOfTarget { get; } = NumberOf("target.name");

    private static CelDeclarations Declare(RuleScope scope)
    {
        var builder = new CelDeclarations.Builder();
        foreach (var group in All.Where(variable => variable.Scope <= scope).GroupBy(variable => variable.Name.Split('.')[0]))
        {
            if (group.First().Name == group.Key)
            {
                builder.Variable(group.Key, group.First().Type);
                continue;
            }

            var members = builder.Object(group.Key);
            foreach (var variable in group) members.Member(variable.Name[(group.Key.Length + 1)..], variable.Type);
        }

        foreach (var unseen in All.Where(variable => variable.Scope > scope).Select(variable => variable.Name.Split('.')[0]).Distinct())
        {
            builder.Later(unseen, unseen == "primary" ? "is seen by the tiers after the first only" : scope == RuleScope.Request ? "is seen by routes, constraints and tiers only" : "is seen by 'require' only");
        }

        builder.Signal("prompt", "mentions", Strings);
        builder.Signal("prompt", "matches", CelType.String);
        return builder.Build();
    }

    private static IEnumerable<PolicyVariable> TargetOf(string name, RuleScope scope) => Of(name, scope, RuleInput.None,
        ("name", CelType.String, "", Never, "the target's name"),
        ("provider", CelType.String, "", Never, "its provider's name"),
        ("model", CelType.String, "", Never, "its model"),
        ("family", CelType.String, "", "\"\"", "its model's family"),
        ("quality", CelType.Double, "0–1", "0.0", "its quality for this workload, else its default one"),
        ("qualities", CelType.Map(CelType.String, CelType.Double), "0–1", "{}", "its qualities, by workload"),
        ("context_window", CelType.Int, "tokens", "0", "its window"),
        ("max_output", CelType.Int, "tokens", "0", "its largest output"),
        ("json_schema", CelType.Bool, "", "false", "takes a JSON Schema for its output"),
        ("tools", CelType.Bool, "", "false", "calls tools"),
        ("vision", CelType.Bool, "", "false", "reads images"),
        ("reasoning", CelType.Bool, "", "false", "reasons before it answers"),
        ("input_price", CelType.Double, "USD per million tokens", "an error", "its price of input"),
        ("output_price", CelType.Double, "USD per million tokens", "an error", "its price of output"),
        ("region", CelType.String, "", "\"\"", "its provider's region"),
        ("retires", CelType.Timestamp, "", "the year 9999", "when its vendor retires it"),
        ("tags", Strings, "", "[]", "its tags")).Select(variable => variable.Name.EndsWith(".quality", StringComparison.Ordinal) ? variable with { Input = RuleInput.Workload } : variable);

    private static IEnumerable<PolicyVariable> Of(
        string name, RuleScope scope, RuleInput input, params (string Name, CelType Type, string Unit, string Unknown, string Meaning)[] members) =>
        members.Select(member => new PolicyVariable($"{name}.{member.Name}", member.Type, member.Unit, scope, input, member.Unknown, member.Meaning));
}

namespace Fairlead.Server.Tests.Access;

/// <summary>
/// Who may do what, written a second time from the docs and in other words: plain texts and lists, nothing of the product. What this says and what the
/// gateway does must be the same.
/// </summary>
internal static class AuthorizationModel
{
    /// <summary>How a caller shows itself.</summary>
    public enum Showing
    {
        Nothing,
        ItsKey,
        AWrongKey,
        TwoKeys,
        TheAdminsKey,
    }

    /// <summary>A key as its owner would describe it. Null lists bind to nothing.</summary>
    public sealed record Badge(string Name)
    {
        public string Condition { get; init; } = "good"; // or expired, revoked

        public string Tenant { get; init; } = "acme";

        public string? Team { get; init; }

        public string? Feature { get; init; }

        public string[]? Routes { get; init; }

        public string[]? Targets { get; init; }

        public string[] Environments { get; init; } = [];

        public string[]? Claims { get; init; }

        public string[]? Operations { get; init; }

        public string[]? Tools { get; init; }

        public bool HearsLittle { get; init; }
    }

    /// <summary>What is asked, by whom.</summary>
    public sealed record Question(Badge Badge, Showing Showing, string Place)
    {
        public string Model { get; init; } = "auto";

        public bool IsDry { get; init; }

        public string? Feature { get; init; }

        public string? Environment { get; init; }

        public string? Tool { get; init; }

        /// <summary>Whose record is asked for.</summary>
        public string RecordOf { get; init; } = "acme";
    }

    /// <summary>What comes of it: a status, why not, and what may be tried, as <c>tier/target</c>.</summary>
    public sealed record Answer(int Status, string? Code, string[] Ways);

    private sealed record Way(string Route, bool IsKept, Func<Question, bool> Takes, string[][] Tiers);

    private sealed record Place(string Name, string Vendor, string Sold, bool IsKept, string[] Environments);

    private static readonly Place[] Places =
    [
        new("fast", "openai", "m-fast", false, []),
        new("fast-prod", "openai", "m-fast", false, ["prod"]),
        new("fast-kept", "openai", "m-fast", true, []),
        new("vault", "openai", "m-vault", true, []),
        new("sonnet", "claude", "claude-x", false, []),
        new("staging", "claude", "claude-s", false, ["stage"]),
    ];

    private static readonly Way[] Ways =
    [
        new("hidden", true, question => question.Badge.Team == "secret", [["vault"], ["sonnet"]]),
        new("special", false, question => (question.Badge.Feature ?? question.Feature) == "special", [["sonnet", "staging"], ["fast"]]),
        new("default", false, _ => true, [["fast", "fast-prod"], ["vault"], ["sonnet", "staging"]]),
    ];

    /// <summary>Every name that is asked for: routes, targets, other names of them, pins, and what is not there.</summary>
    public static readonly string[] Models =
    [
        "auto", "default", "special", "hidden", "fast", "fast-prod", "fast-kept", "vault", "sonnet", "staging", "gpt-4o", "claude-anything", "quick", "deep", "secret", "pin",
        "openai/m-fast", "openai/m-vault", "openai/m-other", "claude/claude-x", "claude/claude-s", "claude/claude-new", "nobody/m-fast", "no-such-model", "Fast", "openai/",
    ];

    /// <summary>What the gateway is to be configured with; the model's own tables say the same once more.</summary>
    public const string Configuration = """
        targets:
          fast:      { provider: openai, model: m-fast }
          fast-prod: { provider: openai, model: m-fast, environments: [prod] }
          fast-kept: { provider: openai, model: m-fast, restricted: true }
          vault:     { provider: openai, model: m-vault, restricted: true }
          sonnet:    { provider: claude, model: claude-x }
          staging:   { provider: claude, model: claude-s, environments: [stage] }
        aliases: { gpt-4o: auto, "claude-*": sonnet, quick: fast, deep: quick, secret: hidden, pin: openai/m-vault }
        routes:
          - { name: hidden,  when: 'caller.team == "secret"', restricted: true, tiers: [ { name: one, use: [vault] }, { name: two, use: [sonnet] } ] }
          - { name: special, when: 'caller.feature == "special"', tiers: [ { name: one, use: [sonnet, staging] }, { name: two, use: [fast] } ] }
          - { name: default, tiers: [ { name: one, use: [fast, fast-prod] }, { name: two, use: [vault] }, { name: three, use: [sonnet, staging] } ] }
        defaults: { retries: 0 }

        """;

    public static Answer Decide(Question question)
    {
        switch (question.Showing)
        {
            case Showing.Nothing:
                return No(401, "missing_api_key");
            case Showing.AWrongKey or Showing.TheAdminsKey:
                return No(401, "invalid_api_key");
            case Showing.TwoKeys:
                return No(400, "ambiguous_credentials");
        }

        var badge = question.Badge;
        if (badge.Condition == "expired") return No(401, "key_expired");
        if (badge.Condition == "revoked") return No(401, "key_revoked");
        if (!MayAsk(badge, Asked(question.Place))) return No(403, "operation_not_allowed");
        if (question.Place == "model") return Leads(question) ? new Answer(200, null, []) : No(404, "model_not_found");
        if (question.Place == "record") return question.RecordOf == badge.Tenant ? new Answer(200, null, []) : No(404, "request_not_found");
        if (question.Place == "models") return new Answer(200, null, []);

        if (question.Feature is not null && !MaySay(badge, "feature")) return No(403, "claim_not_allowed");
        if (question.Environment is not null && !MaySay(badge, "environment")) return No(403, "claim_not_allowed");
        if (question.IsDry && !MaySay(badge, "dry_run")) return No(403, "claim_not_allowed");
        if (question.Feature is not null && badge.Feature is not null && question.Feature != badge.Feature) return No(403, "claim_not_allowed");
        if (question.Environment is not null && badge.Environments.Length > 0 && !badge.Environments.Contains(question.Environment)) return No(403, "claim_not_allowed");
        if (question.IsDry && !MayAsk(badge, "explain")) return No(403, "operation_not_allowed");
        if (question.Tool is not null && badge.Tools is not null && !badge.Tools.Contains(question.Tool)) return No(403, "tool_not_allowed");
        return Planned(question);
    }

    private static Answer Planned(Question question)
    {
        var (kind, name) = Meaning(question.Model);
        if (kind == "nothing") return No(404, "model_not_found");
        if (kind == "target")
        {
            var pinned = Places.FirstOrDefault(place => place.Name == name) ?? new Place(name, name[..name.IndexOf('/')], "", false, []);
            return new Answer(200, null, MayTry(question, pinned) ? ["pinned/" + pinned.Name] : []);
        }

        var way = kind == "route" ? Ways.Single(each => each.Route == name) : Ways.First(each => each.Takes(question));
        if (!MayGo(question.Badge, way)) return No(403, "route_not_allowed");
        string[] tiers = ["one", "two", "three"];
        return new Answer(
            200, null, [.. way.Tiers.SelectMany((names, i) => names.Select(each => Places.Single(place => place.Name == each)).Where(place => MayTry(question, place)).Select(place => $"{tiers[i]}/{place.Name}"))]);
    }

    /// <summary>Whether a name leads to something that its asker may use, as far as the name alone says it.</summary>
    private static bool Leads(Question question)
    {
        var (kind, name) = Meaning(question.Model);
        return kind switch
        {
            "routes decide" => true,
            "route" => MayGo(question.Badge, Ways.Single(way => way.Route == name)),
            "target" => MayUse(question.Badge, Places.FirstOrDefault(place => place.Name == name) ?? new Place(name, "", "", false, [])),
            _ => false,
        };
    }

    private static (string Kind, string Name) Meaning(string model)
    {
        switch (model)
        {
            case "gpt-4o":
                model = "auto";
                break;
            case "quick" or "deep":
                model = "fast";
                break;
            case "secret":
                model = "hidden";
                break;
            case "pin":
                model = "openai/m-vault";
                break;
            case var other when other.StartsWith("claude-"):
                model = "sonnet";
                break;
        }

        if (Ways.Any(way => way.Route == model)) return ("route", model);
        if (Places.Any(place => place.Name == model)) return ("target", model);
        if (model.Split('/') is [var vendor and ("openai" or "claude"), { Length: > 0 } sold])
        {
            // What is configured is that; of several the one that most may use.
            var known = Places.Where(place => place.Vendor == vendor && place.Sold == sold).OrderBy(place => place.IsKept).ThenBy(place => place.Environments.Length).FirstOrDefault();
            return ("target", known?.Name ?? model);
        }

        return model == "auto" ? ("routes decide", "") : ("nothing", "");
    }

    private static bool MayTry(Question question, Place place)
    {
        var environment = question.Environment ?? (question.Badge.Environments is [var only] ? only : null);
        return MayUse(question.Badge, place) && (place.Environments.Length == 0 || (environment is not null && place.Environments.Contains(environment)));
    }

    private static bool MayUse(Badge badge, Place place) => badge.Targets is { } listed ? listed.Contains(place.Name) : !place.IsKept;

    private static bool MayGo(Badge badge, Way way) => badge.Routes is { } listed ? listed.Contains(way.Route) : !way.IsKept;

    private static bool MayAsk(Badge badge, string operation) => (badge.Operations is not { } listed || listed.Contains(operation)) && !(badge.HearsLittle && operation == "explain");

    private static bool MaySay(Badge badge, string claim) => badge.Claims is not { } listed || listed.Contains(claim);

    private static string Asked(string place) => place switch
    {
        "chat" or "messages" => "chat",
        "count" => "count_tokens",
        "explain-chat" or "explain-messages" => "explain",
        "model" or "models" => "models",
        "record" => "requests",
        _ => throw new ArgumentException(place),
    };

    private static Answer No(int status, string code) => new(status, code, []);
}

using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Storage.Tests.Conformance;

/// <summary>Records to keep. Literals only: what a store gives back is compared with these.</summary>
internal static class Records
{
    public static readonly DateTimeOffset Morning = new(2026, 3, 5, 8, 30, 15, 250, 125, TimeSpan.Zero);

    /// <summary>An id of the right form that sorts by <paramref name="number"/>.</summary>
    public static string Id(int number) => $"req_{number:D26}";

    /// <summary>Every column filled, each with a value of its own.</summary>
    public static RequestIntent Intent(int number = 1) => new()
    {
        Id = Id(number),
        AcceptedAt = Morning,
        Tenant = "acme",
        Key = "marketing-app",
        Team = "growth",
        Feature = "summaries",
        User = "user-7f3a",
        UserTier = "gold",
        Environment = "prod",
        Journey = "journey-9",
        Workload = "summarization",
        Sensitivity = "pii,financial_account",
        Tags = "{\"cost_center\":\"42\"}",
        Operation = "chat",
        Dialect = "openai-chat",
        RequestedModel = "gpt-4o",
        IsStream = true,
        Route = "marketing",
        Revision = "rev-41c2",
        MaxOutputTokens = 512,
        Choices = 3,
        HasTools = true,
        HasSchema = true,
        PromptTokensBound = 4001,
        DecisionJson = Decision,
        Inputs = "{\"caller.team\":\"growth\"}",
    };

    /// <summary>Only what must be there.</summary>
    public static RequestIntent BareIntent(int number) => new()
    {
        Id = Id(number),
        AcceptedAt = Morning,
        Tenant = "acme",
        Operation = "chat",
        Dialect = "openai-chat",
        RequestedModel = "mini",
        IsStream = false,
        Revision = "rev-41c2",
        DecisionJson = "{}",
        PromptTokensBound = 0,
    };

    public const string Decision = """
        {"candidates":[{"tier":"primary","target":"mini","provider":"openai","model":"gpt-5-mini","input_nanodollars_per_million":250000000,"output_nanodollars_per_million":2000000000,"price_version":"catalog-7"},{"tier":"second","target":"sonnet","provider":"anthropic","model":"claude","input_nanodollars_per_million":3000000000,"output_nanodollars_per_million":15000000000,"price_version":"catalog-8"}],"rejected":[]}
        """;

    /// <summary>Failed over once: two attempts, every column filled.</summary>
    public static RequestRecord Record(RequestIntent intent) => new()
    {
        Intent = intent,
        EndedAt = Morning.AddSeconds(2),
        Outcome = RequestOutcome.Answered,
        Status = 200,
        Failure = FailureClass.None,
        Tier = "second",
        Target = "sonnet",
        Provider = "anthropic",
        AnsweredModel = "claude-sonnet-4-5",
        BodyMode = "spliced",
        Sentence = "Sent to sonnet at anthropic because route marketing lists it next; mini: timeout.",
        FirstToken = TimeSpan.FromMicroseconds(1_250_007),
        Duration = TimeSpan.FromMicroseconds(2_000_009),
        RequestBytes = 4001,
        DearestCost = new Usd(8_000_003),
        Attempts =
        [
            new AttemptRecord
            {
                Number = 1,
                Tier = "primary",
                Target = "mini",
                Provider = "openai",
                Model = "gpt-5-mini",
                KeyIndex = 2,
                StartedAt = Morning.AddMilliseconds(3),
                Headers = TimeSpan.FromMicroseconds(700_001),
                Duration = TimeSpan.FromMicroseconds(1_000_002),
                Failure = FailureClass.Timeout,
                Clock = AttemptClock.FirstToken,
                UpstreamStatus = 200,
                UpstreamId = "chatcmpl-1",
                Detail = "no first token in 1 s",
                Usage = new TokenUsage(1001, 0, 0, 0, 0),
                UsageSource = UsageSource.Estimated,
                Cost = new Usd(250_250),
                OutputCost = new Usd(0),
                CostBasis = CostBasis.WorstOfRoute,
                PriceVersion = "catalog-7",
            },
            new AttemptRecord
            {
                Number = 2,
                Tier = "second",
                Target = "sonnet",
                Provider = "anthropic",
                Model = "claude-sonnet-4-5",
                KeyIndex = 0,
                StartedAt = Morning.AddMilliseconds(1004),
                Headers = TimeSpan.FromMicroseconds(100_003),
                FirstToken = TimeSpan.FromMicroseconds(246_004),
                Duration = TimeSpan.FromMicroseconds(996_005),
                Failure = FailureClass.None,
                Clock = AttemptClock.None,
                UpstreamStatus = 201,
                UpstreamId = "msg_2",
                Usage = new TokenUsage(1000, 400, 50, 300, 120) { CacheWriteOneHour = 20 },
                UsageSource = UsageSource.Reported,
                Cost = new Usd(7_500_001),
                OutputCost = new Usd(4_500_002),
                CostBasis = CostBasis.Priced,
                PriceVersion = "catalog-8",
            },
        ],
    };

    /// <summary>Answered at the first attempt for <paramref name="cost"/>; everything that may be missing is.</summary>
    public static RequestRecord BareRecord(RequestIntent intent, Usd? cost) => new()
    {
        Intent = intent,
        EndedAt = Morning.AddSeconds(1),
        Outcome = RequestOutcome.Answered,
        Status = 200,
        Failure = FailureClass.None,
        Sentence = "Sent to mini at openai because route default lists it first.",
        Duration = TimeSpan.FromMilliseconds(900),
        RequestBytes = 10,
        Attempts = [BareAttempt(cost)],
    };

    public static AttemptRecord BareAttempt(Usd? cost) => new()
    {
        Number = 1,
        Tier = "tier 1",
        Target = "mini",
        Provider = "openai",
        Model = "gpt-5-mini",
        StartedAt = Morning,
        Duration = TimeSpan.FromMilliseconds(890),
        Failure = FailureClass.None,
        Clock = AttemptClock.None,
        Usage = new TokenUsage(10, 0, 0, 5, 0),
        UsageSource = UsageSource.Reported,
        Cost = cost,
        CostBasis = cost is null ? CostBasis.Unknown : CostBasis.Priced,
    };

    /// <summary>Compares value by value; records hold their attempts in a list, which compares by reference.</summary>
    public static void AssertSame(RequestRecord expected, RequestRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Attempts, actual.Attempts);
        Assert.Equal(expected, actual with { Attempts = expected.Attempts });
    }
}

using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd;

/// <summary>A kind of request whose cost is measured at saturation, or at the pace of its stream.</summary>
/// <param name="Name">What tables call it, and <c>--only</c>.</param>
/// <param name="Request">What is sent.</param>
/// <param name="Connections">How many at once.</param>
internal sealed record Scenario(string Name, PreparedRequest Request, int Connections)
{
    /// <summary>How the answered stream is paced.</summary>
    public Pacing Pacing { get; init; } = new Pacing.OneByOne();

    /// <summary>The ratio that DESIGN allows; null where it names none.</summary>
    public double? Bar { get; init; }

    /// <summary>The ratio that DESIGN aims at.</summary>
    public double? Goal { get; init; }

    /// <summary>For a translated request: what it is measured against, in Fairlead itself. Null for all others, which are measured against the yardstick.</summary>
    public Scenario? Own { get; init; }

    /// <summary>The small request: also what latency and start are measured with.</summary>
    public static PreparedRequest Small { get; } = Json(1024, Payloads.Model);

    /// <summary>All of them. "Renamed" ones ask for an alias: Fairlead splices the model's name, and the usage where a stream does not ask for it.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("json 1 KB", Small, 16) { Bar = 0.75, Goal = 0.45 },
        new("json 1 KB renamed", Json(1024, Payloads.Alias), 16) { Bar = 0.75, Goal = 0.45 },
        new("json 100 KB", Json(100 * 1024, Payloads.Model), 16) { Bar = 0.95, Goal = 0.7 },
        new("json 100 KB renamed", Json(100 * 1024, Payloads.Alias), 16) { Bar = 0.95, Goal = 0.7 },
        new("json 1 MB", Json(1024 * 1024, Payloads.Model), 4) { Bar = 0.95, Goal = 0.65 },
        new("stream at once", Stream(Payloads.Model, includeUsage: true), 16) { Pacing = new Pacing.AtOnce(), Bar = 1.0, Goal = 0.85 },
        new("stream one by one", Stream(Payloads.Model, includeUsage: true), 16) { Bar = 1.0, Goal = 0.85 },
        new("stream every 5 ms", Stream(Payloads.Model, includeUsage: true), 64) { Pacing = new Pacing.Every(TimeSpan.FromMilliseconds(5)), Bar = 1.0, Goal = 0.85 },
        new("stream renamed", Stream(Payloads.Alias, includeUsage: false), 16) { Bar = 1.0, Goal = 0.85 },
    ];

    /// <summary>Requests whose vendor speaks another dialect than the client, each against our own pass-through of the same kind.</summary>
    public static IReadOnlyList<Scenario> Translated { get; } =
    [
        new("translated json to Anthropic", Json(1024, Payloads.Claude), 16) { Own = Named("json 1 KB"), Bar = 2.0, Goal = 1.5 },
        new("translated json to OpenAI", Messages(stream: false), 16) { Own = Named("json 1 KB"), Bar = 2.0, Goal = 1.5 },
        new("translated stream to Anthropic", Stream(Payloads.Claude, includeUsage: true), 16) { Own = Named("stream one by one"), Bar = 2.0, Goal = 1.5 },
        new("translated stream to OpenAI", Messages(stream: true), 16) { Own = Named("stream one by one"), Bar = 2.0, Goal = 1.5 },
        new("translated stream to Anthropic at once", Stream(Payloads.Claude, includeUsage: true), 16) { Own = Named("stream at once"), Pacing = new Pacing.AtOnce(), Bar = 2.0, Goal = 1.5 },
        new("translated stream to OpenAI at once", Messages(stream: true), 16) { Own = Named("stream at once"), Pacing = new Pacing.AtOnce(), Bar = 2.0, Goal = 1.5 },
    ];

    /// <summary>
    /// A request that rules decide: constraints, routes, an order by cost; one that three budgets and three limits hold for too; and one whose first target
    /// is dead, its breaker open but for a probe now and then. Against one whose route is static, in one process.
    /// </summary>
    public static IReadOnlyList<Scenario> Ruled { get; } =
    [
        new("policy json 1 KB", Json(1024, Payloads.Ruled), 16) { Own = Named("json 1 KB renamed"), Kind = "CPU per request, decided by rules" },
        new("governed json 1 KB", Json(1024, Payloads.Governed), 16) { Own = Named("json 1 KB renamed"), Bar = 1.25, Goal = 1.1, Kind = "CPU per request, everything on" },
        new("dead first json 1 KB", Json(1024, Payloads.Failing), 16) { Own = Named("json 1 KB renamed"), Bar = 1.1, Goal = 1.05, Kind = "CPU per request, its first target dead" },
    ];

    /// <summary>What its row is called.</summary>
    public string? Kind { get; init; }

    /// <summary>
    /// The bodies that are right. A stream whose usage the client did not ask for may be the one that the mock sends without usage,
    /// or the one with usage, its usage chunk withheld.
    /// </summary>
    public IReadOnlyList<byte[]> RightBodies { get; } = !Request.IsStream ? [Payloads.ChatAnswer()]
        : Request.Body.AsSpan().IndexOf("include_usage"u8) >= 0 ? [Joined(Payloads.StreamEvents(includeUsage: true))]
        : [Joined(Payloads.StreamEvents(includeUsage: false)), Joined(WithoutUsageChunk(Payloads.StreamEvents(includeUsage: true)))];

    private static byte[] Joined(byte[][] events) => [.. events.SelectMany(text => text)];

    private static byte[][] WithoutUsageChunk(byte[][] events) => [.. events[..^2], events[^1]];

    private static Scenario Named(string name) => All.First(scenario => scenario.Name == name);

    private static PreparedRequest Messages(bool stream) => new(Payloads.MessagesRequest(1024, Payloads.Model, stream), stream, isMessages: true);

    private static PreparedRequest Json(int bytes, string model) => new(Payloads.ChatRequest(bytes, model), isStream: false);

    private static PreparedRequest Stream(string model, bool includeUsage) => new(Payloads.ChatRequest(1024, model, stream: true, includeUsage), isStream: true);
}

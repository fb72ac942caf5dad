using System.Collections.Immutable;
using Fairlead.Simulator.Outages;

namespace Fairlead.Simulator;

/// <summary>What a simulated vendor is: its name, its socket, its speed, its prices.</summary>
public sealed record SimulatedVendorOptions
{
    /// <summary>One instance: two options without prices are the same.</summary>
    private static readonly ImmutableSortedDictionary<string, (long Input, long Output)> NoPrices = ImmutableSortedDictionary.Create<string, (long, long)>(StringComparer.Ordinal);

    /// <summary>The vendor's name: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>, at most 64. Stamps every token it produces.</summary>
    public required string Name { get; init; }

    /// <summary>The port on 127.0.0.1; 0 (the default) takes any free one, which the vendor then keeps.</summary>
    public int Port { get; init; }

    /// <summary>The bearer keys it accepts. Empty (the default): every key, and none, is accepted.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The models it offers; another one is answered with 404 <c>model_not_found</c>. Empty (the default): every name is a model.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>How much a key may ask for; a request is held to the first line that matches it. Empty (the default): as much as it likes.</summary>
    public IReadOnlyList<SimulatedQuota> Quotas { get; init; } = [];

    /// <summary>When it is down of itself; each outage shows as refused connections, status 503 or silence. Null (the default): never.</summary>
    public OutageModel? Outages { get; init; }

    /// <summary>The outages it shares with the other vendors that have the same one, whose clock must be theirs. Null (the default): it has one of its own.</summary>
    public OutageSchedule? Schedule { get; init; }

    /// <summary>From the request to its first token; a time, drawn once per request. Default: 20 ms.</summary>
    public Distribution FirstTokenLatency { get; init; } = Distribution.Parse("20ms");

    /// <summary>How fast tokens follow the first one; a plain number, drawn once per request. 0: as fast as it can. Default: 80.</summary>
    public Distribution TokensPerSecond { get; init; } = Distribution.Parse("80");

    /// <summary>How long an answer is that nothing else decides, in tokens; a plain number, drawn once per request. Default: 24.</summary>
    public Distribution OutputTokens { get; init; } = Distribution.Parse("24");

    /// <summary>Seed of everything random: the same seed and request number draw the same values. Default: 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Price of the prompt, in nano-dollars per million tokens. Default: 0.</summary>
    public long InputNanoDollarsPerMillionTokens { get; init; }

    /// <summary>Price of the answer, in nano-dollars per million tokens. Default: 0.</summary>
    public long OutputNanoDollarsPerMillionTokens { get; init; }

    /// <summary>Prices of models that have their own, in nano-dollars per million tokens of prompt and answer. Empty (the default): none has.</summary>
    public ImmutableSortedDictionary<string, (long Input, long Output)> ModelPrices { get; init; } = NoPrices;

    /// <summary>How many requests the log keeps; the oldest go first. Default: 10,000. More than 64 MiB of bodies are never kept.</summary>
    public int LoggedRequests { get; init; } = 10_000;

    /// <summary>How much of one request body the log keeps, in bytes. Default: 64 KiB.</summary>
    public int LoggedBodyBytes { get; init; } = 64 * 1024;

    /// <summary>The largest request body, in bytes; a larger one is answered with 413. Default: 32 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Name and port; never the keys.</summary>
    public override string ToString() => $"{Name} at port {Port}";

    /// <summary>Checks every value, as the vendor's start does.</summary>
    /// <exception cref="FormatException">A value is not usable; the message names it.</exception>
    public void Validate()
    {
        if (Name.Length is 0 or > 64 || !Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new FormatException($"The vendor name '{Name}' must be 1 to 64 letters, digits, '-', '_' or '.'.");
        if (Port is < 0 or > 65535) throw new FormatException($"The port {Port} is not between 0 and 65535.");
        if (!FirstTokenLatency.IsTime) throw new FormatException($"The first-token latency '{FirstTokenLatency}' needs a unit, such as 20ms.");
        if (TokensPerSecond.IsTime) throw new FormatException($"The token rate '{TokensPerSecond}' is a plain number, such as 80.");
        if (OutputTokens.IsTime) throw new FormatException($"The output tokens '{OutputTokens}' are a plain number, such as 24.");
        if (InputNanoDollarsPerMillionTokens < 0 || OutputNanoDollarsPerMillionTokens < 0 || ModelPrices.Values.Any(price => price.Input < 0 || price.Output < 0)) throw new FormatException("A price is not negative.");
        if (LoggedRequests < 1 || LoggedBodyBytes < 0 || MaxRequestBytes < 1) throw new FormatException("The bounds of log and body must be positive.");
    }
}

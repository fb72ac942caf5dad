using System.Diagnostics.Metrics;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Pipeline;

namespace Fairlead.Telemetry;

/// <summary>
/// What was sent to one target so far: plain counters that every attempt adds to and a scrape reads, for an instrument that looks its
/// tags up at every addition costs more than what it counts. Safe for any number of threads.
/// </summary>
internal sealed class TargetCounters(string target, string provider)
{
    private static readonly int Classes = Enum.GetValues<FailureClass>().Length;

    private readonly long[] _attempts = new long[Classes];
    private readonly long[] _tokens = new long[4];
    private long _nanoDollars;
    private long _priced;
    private long _unknownCosts;
    private long _unpricedNanoDollars;

    private KeyValuePair<string, object?> Target { get; } = new("fairlead.target", target);

    private KeyValuePair<string, object?> Provider { get; } = new("gen_ai.provider.name", provider);

    /// <summary>The tags of the target's histograms.</summary>
    public KeyValuePair<string, object?>[] Tags { get; } = [new("fairlead.target", target), new("gen_ai.provider.name", provider)];

    public void Add(FailureClass failure, in Charge charge)
    {
        Interlocked.Increment(ref _attempts[(int)failure]);
        if (charge.Source != UsageSource.None)
        {
            var first = charge.Source == UsageSource.Reported ? 0 : 2;
            Interlocked.Add(ref _tokens[first], charge.Usage.Input);
            Interlocked.Add(ref _tokens[first + 1], charge.Usage.Output);
        }

        if (charge.Cost is { } cost)
        {
            Interlocked.Add(ref _nanoDollars, cost.NanoDollars);
            Interlocked.Increment(ref _priced);
            if (charge.Basis == CostBasis.WorstOfRoute) Interlocked.Add(ref _unpricedNanoDollars, cost.NanoDollars);
        }
        else
        {
            Interlocked.Increment(ref _unknownCosts);
        }
    }

    public IEnumerable<Measurement<long>> Attempts()
    {
        for (var failure = 0; failure < Classes; failure++)
        {
            if (Volatile.Read(ref _attempts[failure]) is var count and not 0)
            {
                yield return new Measurement<long>(count, Target, Provider, new("error.type", FailureTable.NameOf((FailureClass)failure)));
            }
        }
    }

    public IEnumerable<Measurement<long>> Tokens()
    {
        for (var i = 0; i < _tokens.Length; i++)
        {
            if (Volatile.Read(ref _tokens[i]) is var count and not 0)
            {
                yield return new Measurement<long>(
                    count, Target, new("gen_ai.token.type", i % 2 == 0 ? "input" : "output"), new("source", i < 2 ? "reported" : "estimated"));
            }
        }
    }

    public IEnumerable<Measurement<double>> Cost() =>
        Volatile.Read(ref _priced) == 0 ? [] : [new Measurement<double>(Volatile.Read(ref _nanoDollars) / 1e9, Target, Provider)];

    public IEnumerable<Measurement<double>> UnpricedCost() =>
        Volatile.Read(ref _unpricedNanoDollars) is var cost and not 0 ? [new Measurement<double>(cost / 1e9, Target, Provider)] : [];

    public IEnumerable<Measurement<long>> UnknownCosts() =>
        Volatile.Read(ref _unknownCosts) is var count and not 0 ? [new Measurement<long>(count, Target, Provider)] : [];
}

using Fairlead.Core.Execution;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>Holds an observed stream against the oracle.</summary>
internal static class StreamCheck
{
    /// <summary>Runs a stream in pieces that end at these offsets, and holds every step and the end against the oracle.</summary>
    public static void Pieces(StreamRun run, byte[] bytes, StreamOracle oracle, bool withholds, IEnumerable<int> cuts, int choices = 1)
    {
        run.Start(withholds, choices);
        foreach (var cut in cuts)
        {
            run.Receive(cut);
            Step(run, bytes, oracle, cut);
        }

        run.Receive(bytes.Length);
        run.End();
        Ended(run, oracle);
    }

    /// <summary>The whole stream in two pieces.</summary>
    public static void TwoPieces(StreamRun run, byte[] bytes, StreamOracle oracle, bool withholds, int cut, int choices = 1)
    {
        run.Start(withholds, choices);
        run.Receive(cut);
        Step(run, bytes, oracle, cut);
        run.Receive(bytes.Length);
        run.End();
        Ended(run, oracle);
    }

    /// <summary>A stream that ends after the first bytes.</summary>
    public static void Truncated(StreamRun run, StreamOracle oracle, bool withholds, int end, int choices = 1)
    {
        run.Start(withholds, choices);
        run.Receive(end);
        run.End();
        var state = oracle.EndedAfter(end);
        Assert.True(state.IsComplete == run.Observer.IsComplete, $"cut at {end}: complete is {run.Observer.IsComplete}");
        var expected = oracle.Output.AsSpan(0, state.IsComplete ? state.Output : state.Released);
        if (!run.Released.SequenceEqual(expected)) Assert.Fail($"cut at {end}: {run.Released.Length} bytes went out, {expected.Length} may");
        Assert.True(state.Consumed == run.Consumed, $"cut at {end}: consumed {run.Consumed}, expected {state.Consumed}");
        Facts(state, run.Observer);
    }

    public static void Facts(in StreamState state, StreamObserver observer)
    {
        Assert.Equal(state.ContentEvents, observer.ContentEvents);
        Assert.Equal(state.ContentBytes, observer.ContentBytes);
        Assert.Equal(state.ContentEvents > 0, observer.HasContent);
        Assert.Equal(state.Id, observer.Id);
        Assert.Equal(state.Model, observer.Model);
        Assert.Equal(state.IsDone, observer.SawEnd);
        Assert.Equal(state.IsBroken, observer.Error is not null);
        Assert.Equal(state.IsComplete, observer.IsComplete);
        Assert.Equal(state.Usage, Counts(observer.Usage));
    }

    public static Counts? Counts(TokenUsage? usage) =>
        usage is { } counts ? new Counts(counts.Input, counts.CachedInput, counts.CacheWrite, counts.Output, counts.Reasoning) : null;

    private static void Step(StreamRun run, byte[] bytes, StreamOracle oracle, int cut)
    {
        // Between the CR and the LF of a blank line the event is over, though the oracle's block is not.
        if (cut > 0 && cut < bytes.Length && bytes[cut - 1] == '\r' && bytes[cut] == '\n') return;
        var state = oracle.After(cut);
        if (state.Consumed != run.Consumed) Assert.Fail($"after {cut} bytes: consumed {run.Consumed}, expected {state.Consumed}");
        if (state.ContentEvents != run.Observer.ContentEvents) Assert.Fail($"after {cut} bytes: {run.Observer.ContentEvents} events with content, expected {state.ContentEvents}");
    }

    private static void Ended(StreamRun run, StreamOracle oracle)
    {
        var state = oracle.Final;
        Facts(state, run.Observer);
        var expected = state.IsComplete ? oracle.Output : oracle.Output.AsSpan(0, state.Released);
        if (!run.Released.SequenceEqual(expected)) Assert.Fail($"{run.Released.Length} bytes went out, expected {expected.Length}");
    }
}

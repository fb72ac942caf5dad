using BenchmarkDotNet.Attributes;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Bench.Micro;

/// <summary>What a send makes of a peeked body: nothing, or the segments around another model's name and the usage asked for.</summary>
[MemoryDiagnoser]
public class SpliceBenchmarks
{
    private byte[] _body = [];
    private ChatRequestPeek? _peek;

    /// <summary>Bytes of the body; what a splice costs must not depend on them.</summary>
    [Params(1024, 1024 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _body = Payloads.ChatRequest(Size, Payloads.Model, stream: true);
        _peek = ChatRequestPeek.TryRead(_body, out var peek, out _) ? peek : throw new InvalidOperationException("The body is refused.");
    }

    [Benchmark(Baseline = true)]
    public int Untouched() => Segments(Payloads.Model, askForUsage: false);

    [Benchmark]
    public int Renamed() => Segments("gpt-5-mini-2026-05-01", askForUsage: false);

    [Benchmark]
    public int RenamedAndUsageAskedFor() => Segments("gpt-5-mini-2026-05-01", askForUsage: true);

    private int Segments(string model, bool askForUsage) =>
        new SplicedBody(_body, ChatRequestSplices.For(_peek!, model, askForUsage)).Segments.Count;
}

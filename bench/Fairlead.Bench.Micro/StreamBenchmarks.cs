using BenchmarkDotNet.Attributes;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Bench.Micro;

/// <summary>A stream of 200 chunks observed while it is passed on; figures are for the whole stream.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private readonly ChatStreamObserver _observer = new();
    private byte[] _stream = [];
    private int[] _ends = [];

    /// <summary>How the stream arrives: an event per read, or reads of 4 KB that cut events anywhere.</summary>
    [Params("event per read", "4 KB reads")]
    public string Arrival { get; set; } = "";

    /// <summary>Whether the usage chunk is ours alone.</summary>
    [Params(false, true)]
    public bool WithholdsUsage { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var events = Payloads.StreamEvents(includeUsage: true);
        _stream = [.. events.SelectMany(text => text)];
        if (Arrival == "event per read")
        {
            var end = 0;
            _ends = [.. events.Select(text => end += text.Length)];
        }
        else
        {
            _ends = [.. Enumerable.Range(1, _stream.Length / 4096).Select(read => read * 4096), _stream.Length];
        }
    }

    [Benchmark]
    public long Observe()
    {
        _observer.Reset(WithholdsUsage);
        var from = 0;
        foreach (var end in _ends) from += _observer.Observe(_stream.AsSpan(from..end), isFinal: false).Consumed;
        return _observer.IsComplete && from == _stream.Length ? _observer.ContentBytes : throw new InvalidOperationException("The stream is not whole.");
    }
}

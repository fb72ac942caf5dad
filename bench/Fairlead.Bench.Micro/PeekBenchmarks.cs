using BenchmarkDotNet.Attributes;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Bench.Micro;

/// <summary>What policy needs of a request, found in its bytes.</summary>
[MemoryDiagnoser]
public class PeekBenchmarks
{
    private byte[] _body = [];

    /// <summary>Bytes of the body.</summary>
    [Params(1024, 100 * 1024, 1024 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Prepare() => _body = Payloads.ChatRequest(Size, Payloads.Model);

    [Benchmark]
    public long Peek() => ChatRequestPeek.TryRead(_body, out var peek, out _) ? peek.PromptBytes : throw new InvalidOperationException("The body is refused.");
}

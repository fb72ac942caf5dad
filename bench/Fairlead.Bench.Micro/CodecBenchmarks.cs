using System.Buffers;
using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects;
using Fairlead.Dialects.Translation;

namespace Fairlead.Bench.Micro;

/// <summary>Each codec on its own: a request read, a request written for the other dialect's client, an answer read and written, a stream of 200 pieces translated.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly ArrayBufferWriter<byte> _written = new(1024 * 1024);
    private IDialect _client = null!;
    private IDialect _vendor = null!;
    private byte[] _request = [];
    private byte[] _answer = [];
    private byte[] _stream = [];
    private Conversation _conversation = null!;
    private Target _target = null!;
    private AnswerFacts _facts;
    private Answer _read = null!;
    private AnswerSetting _setting;

    /// <summary>Who asks whom.</summary>
    [Params("OpenAI client, Anthropic vendor", "Anthropic client, OpenAI vendor")]
    public string Pair { get; set; } = "";

    /// <summary>Bytes of the request.</summary>
    [Params(1024, 100 * 1024)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var isChat = Pair.StartsWith("OpenAI", StringComparison.Ordinal);
        _client = KnownDialects.Of(isChat ? "openai-chat" : "anthropic-messages");
        _vendor = KnownDialects.Of(isChat ? "anthropic-messages" : "openai-chat");
        _request = isChat ? Payloads.ChatRequest(Bytes, Payloads.Model) : Payloads.MessagesRequest(Bytes, Payloads.Model, stream: false);
        _answer = isChat ? Payloads.MessagesAnswer() : Payloads.ChatAnswer();
        _stream = [.. (isChat ? Payloads.MessagesStreamEvents() : Payloads.StreamEvents(includeUsage: true)).SelectMany(text => text)];
        _target = new Target
        {
            Name = "target",
            Model = "model",
            Facts = ModelFacts.Unknown,
            Provider = new Provider
            {
                Name = "provider",
                Kind = "openai-compatible",
                Dialect = _vendor.Name,
                Credentials = CredentialScheme.Bearer,
                AddressIsConfigured = true,
                Keys = [],
                MissingKeys = [],
                NeedsKey = false,
                Facts = ImmutableArray<string>.Empty,
                AcceptsStreamOptions = true,
            },
        };
        _setting = new AnswerSetting { RequestId = "req_1", Model = "model", RequestedModel = "model", CreatedAt = DateTimeOffset.UnixEpoch, Estimate = new TokenUsage(1, 0, 0, 1, 0), IncludesUsage = true };
        _conversation = ReadRequest();
        _vendor.TryReadAnswer(_answer, out _facts);
        _read = ReadAnswer();
    }

    [Benchmark]
    public Conversation ReadRequest() => _client.Codec.ReadRequest(_request, new TranslationLosses())!;

    [Benchmark]
    public int WriteRequest()
    {
        _written.ResetWrittenCount();
        _vendor.Codec.WriteRequest(_written, _conversation, _target, new TranslationLosses());
        return _written.WrittenCount;
    }

    [Benchmark]
    public Answer ReadAnswer() => _vendor.Codec.ReadAnswer(_answer, _facts, new TranslationLosses())!;

    [Benchmark]
    public int WriteAnswer()
    {
        _written.ResetWrittenCount();
        _client.Codec.WriteAnswer(_written, _read, _setting);
        return _written.WrittenCount;
    }

    [Benchmark]
    public int TranslateStream()
    {
        _written.ResetWrittenCount();
        var writer = _client.Codec.OpenStream(_setting);
        writer.Output = _written;
        var observer = _vendor.Codec.Observe(writer);
        observer.Observe(_stream, isFinal: true);
        writer.End(observer.Finish, observer.Usage, _setting.Estimate);
        return observer.IsComplete ? _written.WrittenCount : throw new InvalidOperationException("The stream is not whole.");
    }
}

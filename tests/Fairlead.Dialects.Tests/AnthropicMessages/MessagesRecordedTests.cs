using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.AnthropicMessages;

/// <summary>
/// Every recorded answer of Anthropic's dialect says the same as when the platform's JSON document reads it, in however many pieces it
/// comes.
/// </summary>
[Trait("Category", "SharedData")]
public sealed class MessagesRecordedTests
{
    private const int SmallBytes = 8 * 1024;

    [Fact]
    public void TryRead_RecordedAnswer_SaysWhatAJsonDocumentSays() =>
        Tally.Run("anthropic JSON answers: id, model, usage", [.. Exchange.AllMessages().Where(exchange => exchange is { Status: 200, Kind: "json" })], exchange =>
        {
            var body = JsonNode.Parse(exchange.Body())!;
            Assert.True(MessagesAnswer.TryRead(exchange.Body(), out var answer));
            Assert.Equal(body["id"]!.GetValue<string>(), answer.Id);
            Assert.Equal(body["model"]!.GetValue<string>(), answer.Model);
            Assert.Equal(CountsOf([body["usage"]!.AsObject()]), StreamCheck.Counts(answer.Usage));
            Assert.False(answer.UsageIsAbsurd);
            Assert.Null(answer.Error);
        });

    [Fact]
    public void Classify_RecordedError_HasTheClassOfItsType() =>
        Tally.Run("anthropic errors: class", [.. Exchange.AllMessages().Where(exchange => exchange.Status != 200)], exchange =>
        {
            var error = JsonNode.Parse(exchange.Body())!["error"]!;
            var expected = (error["type"]!.GetValue<string>(), exchange.Status) switch
            {
                ("overloaded_error", _) => FailureClass.Overloaded,
                ("billing_error", _) => FailureClass.QuotaExhausted,
                ("api_error", 500) => FailureClass.ServerError,
                ("authentication_error", _) => FailureClass.CredentialsInvalid,
                ("not_found_error", 404) => FailureClass.ModelGone,
                ("invalid_request_error", 400) when error["message"]!.GetValue<string>().Contains("prompt is too long", StringComparison.Ordinal) => FailureClass.ContextLengthExceeded,
                ("invalid_request_error", 400) => FailureClass.BadRequest,
                var other => throw new InvalidDataException($"{other}: say here what is due."),
            };
            Assert.Equal(expected, VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, DateTimeOffset.UnixEpoch).Class);
        });

    [Fact]
    public void Observe_WholeStream_SaysWhatAJsonDocumentSays() => Tally.Run("anthropic streams whole", Streams(), exchange =>
    {
        var bytes = exchange.Body();
        var run = Run(bytes);
        run.Receive(bytes.Length);
        run.End();

        Agrees(bytes, run);
        if (run.Observer.IsComplete) Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(run.Released));
    });

    [Fact]
    public void Observe_OneByteAtATime_SaysTheSame() => Tally.Run("anthropic streams by single bytes", Streams(), exchange =>
    {
        var bytes = exchange.Body();
        var run = Run(bytes);
        for (var i = 0; i <= bytes.Length; i++) run.Receive(i);
        run.End();

        Agrees(bytes, run);
    });

    [Fact]
    public void Observe_CutInTwoAtEveryOffset_SaysTheSame() =>
        Tally.Run("anthropic streams cut in two at every offset", [.. Streams().Where(exchange => exchange.Body().Length <= SmallBytes)], exchange =>
        {
            var bytes = exchange.Body();
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                var run = Run(bytes);
                run.Receive(cut);
                run.Receive(bytes.Length);
                run.End();
                Agrees(bytes, run);
            }
        });

    [Fact]
    public void Observe_EndingAfterEveryEvent_IsCompleteOnlyAtItsEnd() => Tally.Run("anthropic streams ending after every event", Streams(), exchange =>
    {
        var bytes = exchange.Body();
        foreach (var block in EventCutter.Cut(bytes, out _))
        {
            var run = Run(bytes);
            run.Receive(block.End);
            run.End();
            var events = Events(bytes.AsSpan(0, block.End));
            var isWhole = events.Exists(data => Type(data) == "message_stop") && !events.Exists(data => Type(data) == "error");
            Assert.Equal(isWhole, run.Observer.IsComplete);
            if (isWhole) continue;
            // What went out does not look finished: no end, and no reason for one.
            Assert.DoesNotContain(Events(run.Released), data => Type(data) == "message_stop" || data["delta"]?["stop_reason"]?.GetValue<string>() is not null);
        }
    });

    private static List<Exchange> Streams() => [.. Exchange.AllMessages().Where(exchange => exchange is { Kind: "sse", Status: 200 })];

    private static StreamRun Run(byte[] bytes)
    {
        var run = new StreamRun(bytes, static () => new MessagesStreamObserver());
        run.Start(withholds: false);
        return run;
    }

    private static void Agrees(byte[] bytes, StreamRun run)
    {
        var events = Events(bytes);
        var start = events.Find(data => Type(data) == "message_start")?["message"];
        var error = events.FindIndex(data => Type(data) == "error");
        var isWhole = error < 0 && events.Exists(data => Type(data) == "message_stop");
        var observer = run.Observer;
        Assert.Equal(start?["id"]?.GetValue<string>(), observer.Id);
        Assert.Equal(start?["model"]?.GetValue<string>(), observer.Model);
        Assert.Equal(error >= 0, observer.Error is not null);
        Assert.Equal(isWhole, observer.IsComplete);
        var end = events.FindLast(data => Type(data) == "message_delta")?["usage"];
        Assert.Equal(end is null ? null : CountsOf([start!["usage"]!.AsObject(), end.AsObject()]), StreamCheck.Counts(observer.Usage));
        Assert.False(observer.UsageIsAbsurd);
        Assert.Equal(events.Take(error >= 0 ? error : events.Count).Count(IsContent), observer.ContentEvents);
        Assert.Equal(isWhole ? bytes.Length : run.Released.Length, run.Released.Length);
    }

    /// <summary>The field-wise last counts; the dialect counts input without what the cache gave or took.</summary>
    private static Counts? CountsOf(JsonObject[] usages)
    {
        long Last(string name) => usages.Select(usage => usage[name]).LastOrDefault(value => value is not null)?.GetValue<long>() ?? 0;
        var (read, write) = (Last("cache_read_input_tokens"), Last("cache_creation_input_tokens"));
        var thinking = usages.Select(usage => usage["output_tokens_details"]?["thinking_tokens"]).LastOrDefault(value => value is not null)?.GetValue<long>() ?? 0;
        return new Counts(Last("input_tokens") + read + write, read, write, Last("output_tokens"), thinking);
    }

    private static bool IsContent(JsonNode data) => Type(data) switch
    {
        "content_block_start" => data["content_block"] is JsonObject block
            && (block["type"]!.GetValue<string>() is not ("text" or "thinking") || Length(block["text"]) + Length(block["thinking"]) > 0),
        "content_block_delta" => Length(data["delta"]!["text"]) + Length(data["delta"]!["thinking"]) + Length(data["delta"]!["partial_json"]) > 0,
        _ => false,
    };

    private static int Length(JsonNode? text) => text is JsonValue value && value.TryGetValue<string>(out var found) ? found.Length : 0;

    private static List<JsonNode> Events(ReadOnlySpan<byte> bytes) =>
        [.. EventCutter.Cut(bytes, out _).Where(block => block.Data is not null).Select(block => JsonNode.Parse(block.Data!)!)];

    private static string? Type(JsonNode data) => data["type"]?.GetValue<string>();
}

using System.Text;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Answers;

/// <summary>What an answer shows that is no failure: the same of a JSON answer and of a stream.</summary>
public sealed class AnswerNotesTests
{
    private const string Unfiltered = """{"error":{"code":"content_filter_error","message":"The contents are not filtered"}}""";

    [Theory]
    [InlineData("""{"content":"Hi"}""", "stop", null)]
    [InlineData("""{"content":"","tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""", "tool_calls", null)]
    [InlineData("""{"content":null,"function_call":{"name":"f","arguments":"{}"}}""", "function_call", null)]
    [InlineData("""{"content":[{"type":"text","text":"Hi"}]}""", "stop", null)]
    [InlineData("""{"content":""}""", "stop", "noted: empty_output")]
    [InlineData("""{"content":null,"tool_calls":[]}""", "stop", "noted: empty_output")]
    [InlineData("""{"content":"","reasoning_content":"Let me think"}""", "stop", "noted: empty_output")] // thinking alone is no answer
    [InlineData("""{"content":"","reasoning_content":"Let me think"}""", "length", "noted: length_reached")] // it ate all there was to write
    [InlineData("""{"content":"Once upon"}""", "length", "noted: length_reached")]
    [InlineData("""{"content":"Once upon"}""", "content_filter", "noted: output_filtered")]
    [InlineData("""{"content":""}""", "content_filter", "noted: output_filtered")]
    [InlineData("""{"content":null,"refusal":"I cannot help with that."}""", "stop", "noted: refused")]
    [InlineData("""{"content":null,"refusal":"I cannot help with that."}""", "content_filter", "noted: output_filtered, refused")]
    [InlineData("""{"content":null,"refusal":null}""", "stop", "noted: empty_output")]
    public void Chat_WhatTheAnswerShows_IsNoted(string message, string reason, string? notes)
    {
        var choice = $"\"finish_reason\":\"{reason}\",\"index\":0";
        Assert.True(ChatAnswer.TryRead(Encoding.UTF8.GetBytes($"{{\"id\":\"c\",\"choices\":[{{\"message\":{message},{choice}}}]}}"), out var answer));
        var stream = Chat($"{{\"choices\":[{{\"index\":0,\"delta\":{message},\"finish_reason\":null}}]}}", $"{{\"choices\":[{{\"delta\":{{}},{choice}}}]}}");

        Assert.Equal((notes, notes), (answer.Notes.Text, stream.Notes.Text));
    }

    [Fact]
    public void Chat_AFilterThatDidNotRun_IsNotedFromItsResults()
    {
        var inChoice = $"{{\"choices\":[{{\"index\":0,\"message\":{{\"content\":\"Hi\"}},\"finish_reason\":\"stop\",\"content_filter_results\":{Unfiltered}}}]}}";
        var ofPrompt = $"{{\"prompt_filter_results\":[{{\"prompt_index\":0,\"content_filter_results\":{Unfiltered}}}],\"choices\":[{{\"index\":0,\"message\":{{\"content\":\"Hi\"}},\"finish_reason\":\"stop\"}}]}}";
        const string InText = """{"choices":[{"index":0,"message":{"content":"\"content_filter_error\""},"finish_reason":"stop","content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}""";

        Assert.Equal(["noted: filter_skipped", "noted: filter_skipped", null], new[] { inChoice, ofPrompt, InText }.Select(NotesOf));

        Assert.Equal("noted: filter_skipped", Chat(
            """{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}""",
            $"{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" there\"}},\"finish_reason\":null,\"content_filter_results\":{Unfiltered}}}]}}",
            """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""").Notes.Text);
        Assert.Equal("noted: filter_skipped", Chat($"{{\"choices\":[],\"prompt_filter_results\":[{{\"prompt_index\":0,\"content_filter_results\":{Unfiltered}}}]}}").Notes.Text); // before any content
    }

    [Fact]
    public void Chat_AStreamThatGoesOn_LacksNothingYet()
    {
        var observer = new ChatStreamObserver();
        observer.Observe("data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"u8, isFinal: false);

        Assert.True(observer.Notes.IsEmpty);
    }

    [Fact]
    public void Chat_OneEmptyOfTwoChoices_IsNoEmptyAnswer()
    {
        Assert.Null(NotesOf("""{"choices":[{"index":0,"message":{"content":""},"finish_reason":"stop"},{"index":1,"message":{"content":"Hi"},"finish_reason":"stop"}]}"""));
    }

    [Theory]
    [InlineData("""{"type":"text","text":"Hi"}""", "end_turn", null)]
    [InlineData("""{"type":"tool_use","id":"t","name":"f","input":{}}""", "tool_use", null)]
    [InlineData("""{"type":"text","text":""}""", "end_turn", "noted: empty_output")]
    [InlineData("""{"type":"thinking","thinking":"Let me think","signature":"s"}""", "end_turn", "noted: empty_output")]
    [InlineData("""{"type":"redacted_thinking","data":"x"}""", "end_turn", "noted: empty_output")]
    [InlineData("""{"type":"thinking","thinking":"Let me think","signature":"s"}""", "max_tokens", "noted: length_reached")]
    [InlineData("""{"type":"text","text":"Once"}""", "model_context_window_exceeded", "noted: length_reached")]
    [InlineData("""{"type":"text","text":"Once"}""", "refusal", "noted: output_filtered")]
    [InlineData("""{"type":"text","text":""}""", "pause_turn", null)]
    public void Messages_WhatTheAnswerShows_IsNoted(string block, string reason, string? notes)
    {
        Assert.True(MessagesAnswer.TryRead(Encoding.UTF8.GetBytes($"{{\"content\":[{block}],\"stop_reason\":\"{reason}\"}}"), out var answer));
        var stream = Messages($"{{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{block}}}", reason);

        Assert.Equal((notes, notes), (answer.Notes.Text, stream.Notes.Text));
    }

    [Theory]
    [InlineData("text_delta", "text", null)]
    [InlineData("input_json_delta", "partial_json", null)]
    [InlineData("thinking_delta", "thinking", "noted: empty_output")]
    public void Messages_APieceOfABlock_IsOutputUnlessItIsThinking(string type, string member, string? notes)
    {
        var stream = Messages($"{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"{type}\",\"{member}\":\"piece\"}}}}", "end_turn");

        Assert.Equal(notes, stream.Notes.Text);
    }

    [Fact]
    public void Messages_NoBlocks_AreAnEmptyAnswer()
    {
        Assert.True(MessagesAnswer.TryRead("""{"content":[],"stop_reason":"end_turn"}"""u8, out var answer));
        Assert.Equal("noted: empty_output", answer.Notes.Text);
    }

    /// <summary>Held against the recordings, read by the test's own means: what the reasons say is noted, and nothing else.</summary>
    [Fact]
    [Trait("Category", "SharedData")]
    public void Recorded_ChatAnswers_AreNotedByTheirReasons() =>
        Tally.Run("recorded chat answers: notes", [.. Exchange.All().Where(exchange => exchange is { Kind: "json", Status: 200 })], exchange =>
        {
            if (!ChatAnswer.TryRead(exchange.Body(), out var answer) || answer.Error is not null) return;
            var choices = exchange.Response.GetProperty("body").GetProperty("choices").EnumerateArray().ToArray();
            var reasons = choices.Select(choice => choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String ? reason.GetString() : null).ToArray();
            Assert.Equal(reasons.Contains("length"), answer.Notes.Has(FailureClass.LengthReached));
            Assert.Equal(reasons.Contains("content_filter"), answer.Notes.Has(FailureClass.OutputFiltered));
            Assert.Equal(choices.Any(choice => choice.GetProperty("message").TryGetProperty("refusal", out var refusal) && refusal.ValueKind == JsonValueKind.String), answer.Notes.Has(FailureClass.Refused));
            Assert.False(answer.Notes.Has(FailureClass.FilterSkipped));
            var texts = choices.Select(choice => choice.GetProperty("message")).Any(message =>
                (message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String && content.GetString()!.Length > 0) || message.TryGetProperty("tool_calls", out _));
            if (texts) Assert.False(answer.Notes.Has(FailureClass.EmptyOutput));
        });

    private static string? NotesOf(string body) => ChatAnswer.TryRead(Encoding.UTF8.GetBytes(body), out var answer) ? answer.Notes.Text : "unread";

    private static ChatStreamObserver Chat(params string[] events)
    {
        var observer = new ChatStreamObserver();
        observer.Observe(Encoding.UTF8.GetBytes(string.Concat(events.Select(data => $"data: {data}\n\n"))), isFinal: false);
        return observer;
    }

    private static MessagesStreamObserver Messages(string data, string reason)
    {
        var observer = new MessagesStreamObserver();
        observer.Observe(
            Encoding.UTF8.GetBytes($"data: {data}\n\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\"}}}}\n\ndata: {{\"type\":\"message_stop\"}}\n\n"), isFinal: true);
        return observer;
    }
}

using System.Buffers;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>Writes the stream's events, one after another into one buffer.</summary>
internal sealed class ChatEvents(ChatAnswer answer, AnswerShape shape, bool isUsageAsked) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonText.WriterOptions);

    /// <summary>One token of a choice; -1 for the event that opens it.</summary>
    public ReadOnlyMemory<byte> Delta(int choice, int token)
    {
        Begin();
        if (BeginChoice(choice))
        {
            _json.WriteStartObject("delta");
            if (token < 0) WriteRole();
            else if (answer.IsCall) WriteCall(choice, answer.CallToken(token));
            else _json.WriteText("content", answer.Token(token));
            _json.WriteEndObject();
            EndChoice(null);
        }

        return End(isUsage: false);
    }

    public ReadOnlyMemory<byte> Finish(int choice)
    {
        Begin();
        if (BeginChoice(choice))
        {
            _json.WriteStartObject("delta");
            _json.WriteEndObject();
            EndChoice(answer.FinishReason);
        }

        return End(isUsage: false);
    }

    public ReadOnlyMemory<byte> Usage()
    {
        Begin();
        return End(isUsage: true);
    }

    public void Dispose() => _json.Dispose();

    private void WriteRole()
    {
        _json.WriteString("role", "assistant");
        if (answer.IsCall) _json.WriteNull("content");
        else _json.WriteString("content", "");
        _json.WriteNull("refusal");
    }

    private void WriteCall(int choice, CallToken token)
    {
        _json.WriteStartArray("tool_calls");
        _json.WriteStartObject();
        _json.WriteNumber("index", token.Call);
        if (token.Name is not null)
        {
            _json.WriteString("id", answer.CallId(choice, token.Call));
            _json.WriteString("type", "function");
        }

        _json.WriteStartObject("function");
        if (token.Name is not null) _json.WriteString("name", token.Name);
        _json.WriteText("arguments", token.Piece);
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void Begin()
    {
        _buffer.ResetWrittenCount();
        _buffer.Write("data: "u8);
        _json.Reset(_buffer);
        _json.WriteStartObject();
        answer.WriteHead(_json, "chat.completion.chunk");
        _json.WriteStartArray("choices");
    }

    private bool BeginChoice(int choice)
    {
        if (!shape.HasChoices) return false;
        _json.WriteStartObject();
        _json.WriteNumber("index", choice);
        return true;
    }

    private void EndChoice(string? finishReason)
    {
        _json.WriteNull("logprobs");
        _json.WriteString("finish_reason", finishReason);
        _json.WriteEndObject();
    }

    private ReadOnlyMemory<byte> End(bool isUsage)
    {
        _json.WriteEndArray();
        if (isUsage) answer.WriteUsage(_json);
        else if (isUsageAsked) _json.WriteNull("usage");
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n\n"u8);
        return _buffer.WrittenMemory;
    }
}

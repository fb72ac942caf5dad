using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>What is read of one chunk of a stream.</summary>
internal struct ChatChunk
{
    private const int MostChoices = 128;
    private const int MostTextBytes = 256;

    public string? Id;
    public string? Model;
    public UpstreamFailure? Error;
    public TokenUsage? Usage;

    /// <summary>The usage stands beside the dialect's own place for it.</summary>
    public bool UsageIsSecondary;
    public bool HasUsage;
    public bool HasAbsurdUsage;
    public UInt128 SeenChoices;
    public UInt128 FinishedChoices;

    /// <summary>What it tells of the answer's end.</summary>
    public AnswerEnd End;

    /// <summary>Bytes of meaningful content, quotes not counted.</summary>
    public long ContentBytes;

    /// <summary>One choice with one piece of text and nothing else that matters: the usual chunk.</summary>
    public readonly bool IsPlainDelta => _texts == 1 && _others == 0 && !HasUsage && !HasAbsurdUsage && FinishedChoices == 0 && Error is null;

    /// <summary>Where the one text of a plain delta starts, behind its quote.</summary>
    public int TextStart;

    /// <summary>Its length as it is spelled.</summary>
    public int TextLength;

    private int _texts;
    private int _others;

    /// <summary>Reads a chunk; throws <see cref="JsonException"/> when it is not JSON.</summary>
    public void Read(Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            if (json.Read()) throw new JsonException();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("choices"u8)) ReadChoices(ref json);
            else if (json.ValueTextEquals("id"u8)) Id = Text(ref json);
            else if (json.ValueTextEquals("model"u8)) Model = Text(ref json);
            else if (json.ValueTextEquals("usage"u8)) ReadUsage(ref json, isSecondary: false);
            else if (json.ValueTextEquals("x_groq"u8)) ReadGroq(ref json);
            else if (json.ValueTextEquals("prompt_filter_results"u8)) ReadFilter(ref json);
            else if (json.ValueTextEquals("error"u8)) Error = VendorErrors.ReadMember(ref json) ?? Error;
            else json.Skip();
        }

        if (json.TokenType != JsonTokenType.EndObject || json.Read()) throw new JsonException();
    }

    private static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= MostTextBytes) return json.GetString() is { Length: > 0 } text ? text : null;
        json.Skip();
        return null;
    }

    private void ReadUsage(ref Utf8JsonReader json, bool isSecondary)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        if (isSecondary && Usage is not null)
        {
            json.Skip();
            return;
        }

        HasUsage |= !isSecondary;
        if (ChatUsage.TryRead(ref json, out var usage))
        {
            Usage = usage;
            UsageIsSecondary = isSecondary;
        }
        else
        {
            HasAbsurdUsage |= !isSecondary;
        }
    }

    /// <summary>Groq repeats the usage in a member of its own, and tells errors there.</summary>
    private void ReadGroq(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        _others++;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("usage"u8)) ReadUsage(ref json, isSecondary: true);
            else if (json.ValueTextEquals("error"u8)) Error ??= VendorErrors.ReadMember(ref json);
            else json.Skip();
        }
    }

    private void ReadChoices(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject) ReadChoice(ref json);
            else json.Skip();
        }
    }

    private void ReadChoice(ref Utf8JsonReader json)
    {
        var index = 0;
        var isFinished = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("index"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out index) || index is < 0 or >= MostChoices) index = MostChoices - 1;
                if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) json.Skip();
            }
            else if (json.ValueTextEquals("delta"u8))
            {
                ReadDelta(ref json);
            }
            else if (json.ValueTextEquals("finish_reason"u8))
            {
                json.Read();
                isFinished = json.TokenType == JsonTokenType.String && json.ValueSpan.Length > 0;
                if (isFinished)
                {
                    End.IsFiltered |= json.ValueTextEquals("content_filter"u8);
                    End.IsCut |= json.ValueTextEquals("length"u8) || json.ValueTextEquals("max_tokens"u8);
                }

                json.Skip();
            }
            else if (json.ValueTextEquals("error"u8))
            {
                Error ??= VendorErrors.ReadMember(ref json);
            }
            else if (json.ValueTextEquals("content_filter_results"u8))
            {
                ReadFilter(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        SeenChoices |= UInt128.One << index;
        if (isFinished) FinishedChoices |= UInt128.One << index;
    }

    /// <summary>Azure goes on without its filter when that fails, and says so in the filter's results.</summary>
    private void ReadFilter(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return;
        var depth = json.CurrentDepth;
        while (json.Read() && json.CurrentDepth > depth) End.IsUnfiltered |= json.TokenType == JsonTokenType.String && json.ValueTextEquals("content_filter_error"u8);
    }

    /// <summary>Content is text, thinking, a refusal or a tool call; a role, a channel or an empty text is none.</summary>
    private void ReadDelta(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isRefusal = json.ValueTextEquals("refusal"u8);
            var isThought = json.ValueTextEquals("reasoning_content"u8) || json.ValueTextEquals("reasoning"u8) || json.ValueTextEquals("thinking"u8) || json.ValueTextEquals("reasoning_details"u8);
            var isText = json.ValueTextEquals("content"u8) || json.ValueTextEquals("reasoning_content"u8) || json.ValueTextEquals("reasoning"u8)
                || json.ValueTextEquals("thinking"u8) || json.ValueTextEquals("refusal"u8);
            var isPart = !isText && (json.ValueTextEquals("tool_calls"u8) || json.ValueTextEquals("reasoning_details"u8) || json.ValueTextEquals("function_call"u8)
                || json.ValueTextEquals("executed_tools"u8) || json.ValueTextEquals("images"u8) || json.ValueTextEquals("audio"u8));
            json.Read();
            var start = json.TokenStartIndex;
            var isString = json.TokenType == JsonTokenType.String;
            var isContainer = json.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
            json.Skip();
            var length = json.TokenStartIndex - start - 1; // what stands between the brackets of an array or object
            if (isString && isText)
            {
                if (json.ValueSpan.Length == 0) continue;
                _texts++;
                TextStart = (int)start + 1;
                TextLength = json.ValueSpan.Length;
                ContentBytes += json.ValueSpan.Length;
                End.HasOutput |= !isThought;
                End.IsRefused |= isRefusal;
            }
            else if (isContainer && (isText || isPart) && length > 0)
            {
                _others++;
                ContentBytes += length;
                End.HasOutput |= !isThought;
            }
        }
    }
}

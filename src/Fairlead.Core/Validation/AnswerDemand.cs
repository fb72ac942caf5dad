using Fairlead.Core.Messages;

namespace Fairlead.Core.Validation;

/// <summary>
/// What one request asks of the form of its answer: a schema of its text, tools with schemas of their input. Holds nothing of the request's
/// body. Immutable; safe for any number of threads.
/// </summary>
public sealed class AnswerDemand
{
    private static readonly ReadOnlyMemory<byte> Nothing = "{}"u8.ToArray();

    private static readonly JsonSchema AnyObject = JsonSchema.TryCompile("""{"type":"object"}"""u8.ToArray(), out var any, out var reason) ? any : throw new InvalidOperationException(reason);

    private readonly Dictionary<string, JsonSchema?> _tools = new(StringComparer.Ordinal); // null: a schema that nothing can be held against
    private readonly bool _mayCallOthers;
    private readonly bool _hasLimit;
    private readonly JsonSchema? _schema;

    private AnswerDemand(Conversation conversation, SchemaCache schemas)
    {
        _hasLimit = conversation.MaxOutputTokens is not null;
        if (conversation.OutputFormat is OutputFormat.JsonSchema format && schemas.TryGet(format.Schema.Raw, out var schema, out _)) _schema = schema;
        foreach (var tool in conversation.Tools)
        {
            if (tool is not FunctionTool function) _mayCallOthers = true;
            else if (function.Schema is not { } input) _tools.TryAdd(function.Name, AnyObject);
            else _tools.TryAdd(function.Name, schemas.TryGet(input.Raw, out var compiled, out _) ? compiled : null);
        }
    }

    /// <summary>What a request asks for.</summary>
    /// <param name="conversation">The request.</param>
    /// <param name="schemas">Keeps what is compiled.</param>
    public static AnswerDemand Of(Conversation conversation, SchemaCache schemas) => new(conversation, schemas);

    /// <summary>Holds an answer against it.</summary>
    /// <param name="answer">The whole of it.</param>
    public AnswerValidity Judge(HeardAnswer answer)
    {
        if (answer.IsIncomplete || answer.IsRefused || answer.Finish is FinishReason.Refusal or FinishReason.Paused) return default;
        if (answer.Finish == FinishReason.Length && _hasLimit) return default;
        return new AnswerValidity(JudgeText(answer), JudgeCalls(answer));
    }

    private bool? JudgeText(HeardAnswer answer)
    {
        if (_schema is null || answer.Calls.Count > 0 || answer.HasBrokenCall) return null;
        var text = answer.Said();
        if (text is { IsEmpty: true } && answer.HasOthers) return null;
        return text is { } json ? Judge(_schema, json) : false;
    }

    /// <summary>One wrong call is a failure; one that cannot be told leaves the others' success unknown.</summary>
    private bool? JudgeCalls(HeardAnswer answer)
    {
        if (answer.HasBrokenCall) return false;
        if (answer.Calls.Count == 0) return null;
        bool? all = true;
        foreach (var call in answer.Calls)
        {
            var one = JudgeCall(call);
            if (one == false) return false;
            all &= one;
        }

        return all;
    }

    private bool? JudgeCall(HeardCall call)
    {
        if (HeardAnswer.InputOf(call) is not { } input) return false;
        if (IsBlank(input.Span)) input = Nothing; // no input is an empty one, in every dialect
        if (Judge(AnyObject, input) is not true and var broken) return broken;
        if (_tools.TryGetValue(call.Name, out var schema)) return schema is null ? null : Judge(schema, input);
        return _mayCallOthers ? null : false;
    }

    private static bool? Judge(JsonSchema schema, ReadOnlyMemory<byte> json) => schema.Validate(json).Outcome switch
    {
        SchemaOutcome.Valid => true,
        SchemaOutcome.Invalid => false,
        _ => null,
    };

    private static bool IsBlank(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(" \t\r\n"u8) < 0;
}

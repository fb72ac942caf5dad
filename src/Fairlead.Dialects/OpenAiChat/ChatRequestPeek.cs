using System.Diagnostics.CodeAnalysis;
using Fairlead.Dialects.Peeking;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>
/// What policy needs of an OpenAI chat request, found in one forward pass over its bytes, with the ranges where it may have to be
/// spliced. Members that policy does not read are not looked at. Immutable.
/// </summary>
public sealed class ChatRequestPeek : RequestPeek
{
    private const int MostChoices = 128;

    private const int ModelMember = FirstModel;
    private const int MessagesMember = SecondMessages;
    private const int StreamMember = 2;
    private const int StreamOptionsMember = 3;
    private const int MaxTokensMember = 4;
    private const int MaxCompletionTokensMember = 5;
    private const int ChoicesMember = 6;
    private const int ToolsMember = 7;
    private const int FunctionsMember = 8;
    private const int ResponseFormatMember = 9;
    private const int MetadataMember = 10;
    private const int StoreMember = 11;

    private static readonly PolicyMembers Members = new(
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "tools", "functions", "response_format", "metadata", "store");

    private static readonly PolicyMembers StreamOptions = new("include_usage");

    private ChatRequestPeek(ReadOnlyMemory<byte> body)
        : base(body)
    {
    }

    /// <summary><c>stream_options.include_usage</c>; null when the client does not say.</summary>
    public bool? IncludeUsage { get; private set; }

    /// <summary>Behind the value of <c>stream</c>.</summary>
    internal int StreamEnd { get; private set; }

    /// <summary>The value of <c>stream_options</c>; null when there is none.</summary>
    internal BodyMember? StreamOptionsValue { get; private set; }

    /// <summary>The value of <c>include_usage</c>; null when there is none.</summary>
    internal BodyMember? IncludeUsageValue { get; private set; }

    /// <summary><c>max_tokens</c>, where it is there and null.</summary>
    internal BodyMember? NullMaxTokens { get; private set; }

    /// <summary><c>max_completion_tokens</c>, where it is there and null.</summary>
    internal BodyMember? NullMaxCompletionTokens { get; private set; }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body; must stay valid as long as splices are made of it.</param>
    /// <param name="peek">What was found; null when it is refused.</param>
    /// <param name="defect">Why it is refused.</param>
    public static bool TryRead(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out ChatRequestPeek? peek, out BodyDefect defect)
    {
        var reading = new ChatRequestPeek(body);
        peek = null;
        defect = default;
        if (reading.Read(body.Span, Members) is { } found)
        {
            defect = found;
            return false;
        }

        peek = reading;
        return true;
    }

    /// <inheritdoc />
    private protected override BodyDefect? Take(int which, in BodyMember member, ReadOnlySpan<byte> body, int previousEnd)
    {
        var name = Members.NameOf(which);
        var isNull = member.Kind == ValueKind.Null;
        switch (which)
        {
            case ModelMember:
                return TakeModel(member, body);
            case MessagesMember:
                MessagesRange = RangeOf(member);
                PromptBytes += member.ValueEnd - member.ValueStart;
                return member.Kind == ValueKind.Array ? null : WrongType(name, "an array");
            case StreamMember:
                StreamEnd = member.ValueEnd;
                Stream = member.Kind == ValueKind.Boolean && body[member.ValueStart] == 't';
                return member.Kind == ValueKind.Boolean || isNull ? null : WrongType(name, "true or false");
            case StreamOptionsMember:
                StreamOptionsValue = member;
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeStreamOptions(member, body) : WrongType(name, "an object");
            case MaxTokensMember:
            case MaxCompletionTokensMember:
                if (isNull)
                {
                    if (which == MaxTokensMember) NullMaxTokens = member;
                    else NullMaxCompletionTokens = member;
                    return null;
                }

                if (!TryNumber(member, body, out var tokens)) return WrongType(name, "a whole number that is not negative");
                MaxOutputTokens = Math.Max(MaxOutputTokens ?? 0, tokens);
                return null;
            case ChoicesMember:
                if (isNull) return null;
                if (!TryNumber(member, body, out var choices) || choices is < 1 or > MostChoices) return WrongType(name, $"a whole number from 1 to {MostChoices}");
                Choices = (int)choices;
                return null;
            case ToolsMember:
            case FunctionsMember:
                if (which == ToolsMember) ToolsRange = RangeOf(member);
                else FunctionsRange = RangeOf(member);
                PromptBytes += member.ValueEnd - member.ValueStart;
                HasTools |= member.Kind == ValueKind.Array && body[(member.ValueStart + 1)..(member.ValueEnd - 1)].ContainsAnyExcept(" \t\r\n"u8);
                return member.Kind == ValueKind.Array || isNull ? null : WrongType(name, "an array");
            case ResponseFormatMember:
                PromptBytes += member.ValueEnd - member.ValueStart;
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeSchemaType(member, body, name) : WrongType(name, "an object");
            case MetadataMember:
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeMetadata(member, body, previousEnd) : WrongType(name, "an object");
            case StoreMember:
                HasEffects = member.Kind == ValueKind.Boolean && body[member.ValueStart] == 't';
                return member.Kind == ValueKind.Boolean || isNull ? null : WrongType(name, "true or false");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private BodyDefect? TakeStreamOptions(in BodyMember member, ReadOnlySpan<byte> body)
    {
        if (FindOne(member, body, StreamOptions, "stream_options", out var option) is { } defect) return defect;
        IncludeUsageValue = option;
        if (option is not { } found) return null;
        if (found.Kind == ValueKind.Boolean) IncludeUsage = body[found.ValueStart] == 't';
        return found.Kind is ValueKind.Boolean or ValueKind.Null ? null : WrongType("stream_options.include_usage", "true or false");
    }
}

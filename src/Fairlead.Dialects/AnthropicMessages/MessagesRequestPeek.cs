using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>
/// What policy needs of a Messages request, found in one forward pass over its bytes. Members that policy does not read are not looked
/// at. Immutable.
/// </summary>
public sealed class MessagesRequestPeek : RequestPeek
{
    private const int ModelMember = FirstModel;
    private const int MessagesMember = SecondMessages;
    private const int SystemMember = 2;
    private const int StreamMember = 3;
    private const int MaxTokensMember = 4;
    private const int ToolsMember = 5;
    private const int OutputConfigMember = 6;
    private const int OutputFormatMember = 7;
    private const int MetadataMember = 8;
    private const int ServersMember = 9;

    private static readonly PolicyMembers Members = new(
        "model", "messages", "system", "stream", "max_tokens", "tools", "output_config", "output_format", "metadata", "mcp_servers");

    private static readonly PolicyMembers OutputConfig = new("format");

    private MessagesRequestPeek(ReadOnlyMemory<byte> body)
        : base(body)
    {
    }

    /// <summary>Ranges of thoughts that other vendors thought, in order.</summary>
    internal IReadOnlyList<Splice> ForeignThoughts { get; private set; } = [];

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body; must stay valid as long as splices are made of it.</param>
    /// <param name="peek">What was found; null when it is refused.</param>
    /// <param name="defect">Why it is refused.</param>
    public static bool TryRead(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out MessagesRequestPeek? peek, out BodyDefect defect)
    {
        var reading = new MessagesRequestPeek(body);
        peek = null;
        defect = default;
        if (reading.Read(body.Span, Members) is { } found)
        {
            defect = found;
            return false;
        }

        reading.ForeignThoughts = ForeignThoughtSplices.Find(body);
        if (reading.ForeignThoughts.Count > 0) reading.Lost = [MessagesNames.Members.Thoughts];
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
            case SystemMember:
                SystemRange = RangeOf(member);
                PromptBytes += member.ValueEnd - member.ValueStart;
                return member.Kind is ValueKind.Array or ValueKind.String || isNull ? null : WrongType(name, "a text or an array");
            case StreamMember:
                Stream = member.Kind == ValueKind.Boolean && body[member.ValueStart] == 't';
                return member.Kind == ValueKind.Boolean || isNull ? null : WrongType(name, "true or false");
            case MaxTokensMember:
                if (isNull) return null;
                if (!TryNumber(member, body, out var tokens)) return WrongType(name, "a whole number that is not negative");
                MaxOutputTokens = tokens;
                return null;
            case ToolsMember:
                ToolsRange = RangeOf(member);
                PromptBytes += member.ValueEnd - member.ValueStart;
                HasTools |= member.Kind == ValueKind.Array && body[(member.ValueStart + 1)..(member.ValueEnd - 1)].ContainsAnyExcept(" \t\r\n"u8);
                return member.Kind == ValueKind.Array || isNull ? null : WrongType(name, "an array");
            case OutputConfigMember:
                PromptBytes += member.ValueEnd - member.ValueStart;
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeOutputConfig(member, body) : WrongType(name, "an object");
            case OutputFormatMember:
                PromptBytes += member.ValueEnd - member.ValueStart;
                return TakeOutputFormat(member, body, name);
            case MetadataMember:
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeMetadata(member, body, previousEnd) : WrongType(name, "an object");
            case ServersMember:
                HasEffects = member.Kind == ValueKind.Array && body[(member.ValueStart + 1)..(member.ValueEnd - 1)].ContainsAnyExcept(" \t\r\n"u8);
                return member.Kind == ValueKind.Array || isNull ? null : WrongType(name, "an array");
            default:
                throw new UnreachableException();
        }
    }

    private BodyDefect? TakeOutputConfig(in BodyMember member, ReadOnlySpan<byte> body) =>
        FindOne(member, body, OutputConfig, "output_config", out var format) ?? (format is { } found ? TakeOutputFormat(found, body, "output_config.format") : null);

    private BodyDefect? TakeOutputFormat(in BodyMember member, ReadOnlySpan<byte> body, string name)
    {
        if (member.Kind == ValueKind.Null) return null;
        return member.Kind == ValueKind.Object ? TakeSchemaType(member, body, name) : WrongType(name, "an object");
    }
}

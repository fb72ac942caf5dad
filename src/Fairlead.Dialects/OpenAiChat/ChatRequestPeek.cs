using System.Text.Json;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>A claim that stands in the body's <c>metadata</c>: <c>fairlead.feature</c> and its like. Never travels upstream.</summary>
/// <param name="Name">The member's name, with its prefix.</param>
/// <param name="Value">Its text.</param>
public readonly record struct MetadataClaim(string Name, string Value);

/// <summary>
/// What policy needs of an OpenAI chat request, found in one forward pass over its bytes, with the ranges where it may have to be
/// spliced. Members that policy does not read are not looked at. Immutable.
/// </summary>
public sealed class ChatRequestPeek
{
    private const string ClaimPrefix = "fairlead.";
    private const int MostModelBytes = 256;
    private const int MostNestedBytes = 64 * 1024;
    private const int MostClaimBytes = 1024;
    private const int MostTypeBytes = 128; // "json_schema" with every letter escaped has 66
    private const int MostChoices = 128;

    private const int ModelMember = 0;
    private const int MessagesMember = 1;
    private const int StreamMember = 2;
    private const int StreamOptionsMember = 3;
    private const int MaxTokensMember = 4;
    private const int MaxCompletionTokensMember = 5;
    private const int ChoicesMember = 6;
    private const int ToolsMember = 7;
    private const int FunctionsMember = 8;
    private const int ResponseFormatMember = 9;
    private const int MetadataMember = 10;

    private static readonly PolicyMembers Members = new(
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "tools", "functions", "response_format", "metadata");

    private static readonly PolicyMembers StreamOptions = new("include_usage");

    private static readonly PolicyMembers ResponseFormat = new("type");

    private ChatRequestPeek()
    {
    }

    /// <summary>What the client asks for as <c>model</c>; 1 to 256 bytes.</summary>
    public string Model { get; private set; } = "";

    /// <summary>Whether a stream is asked for.</summary>
    public bool Stream { get; private set; }

    /// <summary><c>stream_options.include_usage</c>; null when the client does not say.</summary>
    public bool? IncludeUsage { get; private set; }

    /// <summary>The larger of <c>max_tokens</c> and <c>max_completion_tokens</c>; null when neither is given.</summary>
    public long? MaxOutputTokens { get; private set; }

    /// <summary>How many answers are asked for (<c>n</c>).</summary>
    public int Choices { get; private set; } = 1;

    /// <summary>Whether tools or functions are offered.</summary>
    public bool HasTools { get; private set; }

    /// <summary>Whether the answer must meet a JSON Schema.</summary>
    public bool HasSchema { get; private set; }

    /// <summary>Bytes of messages, tools and schema: an upper bound of their text's tokens, for no tokenizer makes more tokens than bytes.</summary>
    public long PromptBytes { get; private set; }

    /// <summary>Claims in <c>metadata</c>, in the order of the body.</summary>
    public IReadOnlyList<MetadataClaim> MetadataClaims { get; private set; } = [];

    /// <summary>The bytes between the quotes of the model's value, as they are spelled.</summary>
    internal Range ModelText { get; private set; }

    /// <summary>Behind the value of <c>stream</c>.</summary>
    internal int StreamEnd { get; private set; }

    /// <summary>The value of <c>stream_options</c>; null when there is none.</summary>
    internal BodyMember? StreamOptionsValue { get; private set; }

    /// <summary>The value of <c>include_usage</c>; null when there is none.</summary>
    internal BodyMember? IncludeUsageValue { get; private set; }

    /// <summary>Ranges of the body that claims take up, commas included; in order.</summary>
    internal IReadOnlyList<Splice> ClaimSplices { get; private set; } = [];

    /// <summary>The body's own bytes.</summary>
    internal ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body; must stay valid as long as splices are made of it.</param>
    /// <param name="peek">What was found; null when it is refused.</param>
    /// <param name="defect">Why it is refused.</param>
    public static bool TryRead(ReadOnlyMemory<byte> body, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ChatRequestPeek? peek, out BodyDefect defect)
    {
        var reading = new ChatRequestPeek { Body = body };
        peek = null;
        defect = default;
        if (reading.Read(body.Span) is { } found)
        {
            defect = found;
            return false;
        }

        peek = reading;
        return true;
    }

    private BodyDefect? Read(ReadOnlySpan<byte> body)
    {
        var scanner = new BodyScanner(body);
        uint seen = 0;
        var previousEnd = 0;
        while (scanner.TryNext(out var member))
        {
            var which = Members.Find(body.Slice(member.NameStart, member.NameLength), member.NameHasEscape, out var defect);
            if (defect is not null) return defect;
            if (which >= 0)
            {
                if ((seen & (1u << which)) != 0) return Duplicate(Members.NameOf(which));
                seen |= 1u << which;
                if (Take(which, member, body, previousEnd) is { } wrong) return wrong;
            }

            previousEnd = member.ValueEnd;
        }

        if (scanner.Defect is { } broken) return broken;
        if ((seen & (1u << ModelMember)) == 0) return Missing("model", "name the model, route, target or alias that should answer");
        return (seen & (1u << MessagesMember)) == 0 ? Missing("messages", "send the conversation as an array") : null;
    }

    private BodyDefect? Take(int which, in BodyMember member, ReadOnlySpan<byte> body, int previousEnd)
    {
        var name = Members.NameOf(which);
        var isNull = member.Kind == ValueKind.Null;
        switch (which)
        {
            case ModelMember:
                return TakeModel(member, body);
            case MessagesMember:
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
                if (isNull) return null;
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
                PromptBytes += member.ValueEnd - member.ValueStart;
                HasTools |= member.Kind == ValueKind.Array && body[(member.ValueStart + 1)..(member.ValueEnd - 1)].ContainsAnyExcept(" \t\r\n"u8);
                return member.Kind == ValueKind.Array || isNull ? null : WrongType(name, "an array");
            case ResponseFormatMember:
                PromptBytes += member.ValueEnd - member.ValueStart;
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeResponseFormat(member, body) : WrongType(name, "an object");
            case MetadataMember:
                if (isNull) return null;
                return member.Kind == ValueKind.Object ? TakeMetadata(member, body, previousEnd) : WrongType(name, "an object");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private BodyDefect? TakeModel(in BodyMember member, ReadOnlySpan<byte> body)
    {
        if (member.Kind != ValueKind.String) return WrongType("model", "a string");
        ModelText = (member.ValueStart + 1)..(member.ValueEnd - 1);
        if (!TryText(member, body, MostModelBytes, out var model) || model.Length == 0 || model.AsSpan().ContainsAnyInRange('\0', '\u001F'))
        {
            return new BodyDefect("invalid_value", $"'model' must be a text of 1 to {MostModelBytes} bytes without control characters.", "model");
        }

        Model = model;
        return null;
    }

    private BodyDefect? TakeStreamOptions(in BodyMember member, ReadOnlySpan<byte> body)
    {
        var scanner = new BodyScanner(body[member.ValueStart..member.ValueEnd]);
        while (scanner.TryNext(out var option))
        {
            option = At(option, member.ValueStart);
            var which = StreamOptions.Find(body.Slice(option.NameStart, option.NameLength), option.NameHasEscape, out var defect);
            if (defect is { } ambiguous) return ambiguous with { Member = "stream_options." + ambiguous.Member };
            if (which < 0) continue;
            if (IncludeUsageValue is not null) return Duplicate("stream_options.include_usage");
            IncludeUsageValue = option;
            if (option.Kind == ValueKind.Boolean) IncludeUsage = body[option.ValueStart] == 't';
            else if (option.Kind != ValueKind.Null) return WrongType("stream_options.include_usage", "true or false");
        }

        return scanner.Defect;
    }

    private BodyDefect? TakeResponseFormat(in BodyMember member, ReadOnlySpan<byte> body)
    {
        var scanner = new BodyScanner(body[member.ValueStart..member.ValueEnd]);
        var isSeen = false;
        while (scanner.TryNext(out var part))
        {
            part = At(part, member.ValueStart);
            var which = ResponseFormat.Find(body.Slice(part.NameStart, part.NameLength), part.NameHasEscape, out var defect);
            if (defect is { } ambiguous) return ambiguous with { Member = "response_format." + ambiguous.Member };
            if (which < 0) continue;
            if (isSeen) return Duplicate("response_format.type");
            isSeen = true;
            if (part.Kind != ValueKind.String) return WrongType("response_format.type", "a string");
            HasSchema = TryText(part, body, MostTypeBytes, out var type) && type == "json_schema";
        }

        return scanner.Defect;
    }

    /// <summary>Finds claims, and the ranges that leave the body with them.</summary>
    private BodyDefect? TakeMetadata(in BodyMember member, ReadOnlySpan<byte> body, int previousEnd)
    {
        if (member.ValueEnd - member.ValueStart > MostNestedBytes) return new BodyDefect("invalid_value", $"'metadata' may hold {MostNestedBytes} bytes at most.", "metadata");
        var scanner = new BodyScanner(body[member.ValueStart..member.ValueEnd]);
        List<MetadataClaim>? claims = null;
        List<Splice>? splices = null;
        var keptEnd = 0;      // behind the last member that stays; 0 while none does
        var runStart = 0;     // where a run of claims starts; 0 while in none
        var runEnd = 0;
        while (scanner.TryNext(out var entry))
        {
            entry = At(entry, member.ValueStart);
            if (!TryName(entry, body, out var name) || !name.StartsWith(ClaimPrefix, StringComparison.OrdinalIgnoreCase))
            {
                // A run behind a member that stays takes the comma before it along, one at the front the comma behind it.
                if (runStart > 0) (splices ??= []).Add(Removal(runStart, keptEnd > 0 ? runEnd : entry.NameStart - 1));
                runStart = 0;
                keptEnd = entry.ValueEnd;
                continue;
            }

            if (entry.Kind != ValueKind.String || !TryText(entry, body, MostClaimBytes, out var value)) return WrongType("metadata." + name, $"a text of at most {MostClaimBytes} bytes");
            claims ??= [];
            if (claims.Exists(claim => claim.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) return Duplicate("metadata." + name);
            claims.Add(new MetadataClaim(name.ToLowerInvariant(), value));
            if (runStart == 0) runStart = keptEnd > 0 ? keptEnd : entry.NameStart - 1;
            runEnd = entry.ValueEnd;
        }

        if (scanner.Defect is { } defect) return defect;
        if (claims is null) return null;
        MetadataClaims = claims;
        if (runStart > 0 && keptEnd > 0) (splices ??= []).Add(Removal(runStart, runEnd));
        // Some vendors refuse metadata where nothing is to be stored: what was ours alone goes as a whole.
        ClaimSplices = keptEnd > 0 ? splices! : [WholeMember(member, body, previousEnd)];
        return null;
    }

    private static Splice Removal(int start, int end) => new(start, end - start, default);

    /// <summary>The whole member with the comma before it, or behind it when it is the first.</summary>
    private static Splice WholeMember(in BodyMember member, ReadOnlySpan<byte> body, int previousEnd)
    {
        if (previousEnd > 0) return Removal(previousEnd, member.ValueEnd);
        var start = member.NameStart - 1;
        var end = member.ValueEnd;
        var comma = body[end..].IndexOfAny((byte)',', (byte)'}');
        return Removal(start, body[end + comma] == ',' ? end + comma + 1 : end);
    }

    private static BodyMember At(in BodyMember member, int offset) => member with
    {
        NameStart = member.NameStart + offset,
        ValueStart = member.ValueStart + offset,
        ValueEnd = member.ValueEnd + offset,
    };

    private static bool TryNumber(in BodyMember member, ReadOnlySpan<byte> body, out long number)
    {
        number = 0;
        var digits = body[member.ValueStart..member.ValueEnd];
        return member.Kind == ValueKind.Number
            && !(digits.Length > 1 && digits[0] == '0') // not JSON; octal to some parsers
            && System.Buffers.Text.Utf8Parser.TryParse(digits, out number, out var consumed)
            && consumed == digits.Length
            && number >= 0;
    }

    private static bool TryName(in BodyMember member, ReadOnlySpan<byte> body, out string name) =>
        TryUnescape(body[(member.NameStart - 1)..(member.NameStart + member.NameLength + 1)], out name);

    private static bool TryText(in BodyMember member, ReadOnlySpan<byte> body, int mostBytes, out string text)
    {
        text = "";
        return member.ValueEnd - member.ValueStart - 2 <= mostBytes && TryUnescape(body[member.ValueStart..member.ValueEnd], out text);
    }

    private static bool TryUnescape(ReadOnlySpan<byte> quoted, out string text)
    {
        text = "";
        try
        {
            var reader = new Utf8JsonReader(quoted);
            if (!reader.Read()) return false;
            text = reader.GetString()!;
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // not UTF-8, or a broken escape
        }
    }

    private static BodyDefect Duplicate(string member) =>
        new("duplicate_member", $"'{member}' stands in the body more than once; vendors differ in which one they take.", member);

    private static BodyDefect Missing(string member, string advice) => new("missing_member", $"'{member}' is missing: {advice}.", member);

    private static BodyDefect WrongType(string member, string type) => new("invalid_type", $"'{member}' must be {type}.", member);
}

using System.Text.Json;
using Fairlead.Core.Requests;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.Peeking;

/// <summary>
/// What policy needs of a request, in whatever dialect: found in one forward pass over its bytes, with the ranges where it may have to
/// be spliced. Immutable once it is read.
/// </summary>
public abstract class RequestPeek
{
    /// <summary>How the name of a claim in <c>metadata</c> begins, in any case.</summary>
    internal const string ClaimPrefix = "fairlead.";

    private const int MostModelBytes = 256;
    private const int MostNestedBytes = 64 * 1024;
    private const int MostClaimBytes = 1024;
    private const int MostTypeBytes = 128; // "json_schema" with every letter escaped has 66

    /// <summary>Where <c>model</c> stands among the members of every dialect.</summary>
    private protected const int FirstModel = 0;

    /// <summary>Where <c>messages</c> stands.</summary>
    private protected const int SecondMessages = 1;

    private static readonly PolicyMembers TypeMember = new("type");

    private protected RequestPeek(ReadOnlyMemory<byte> body) => Body = body;

    /// <summary>What the client asks for as <c>model</c>; 1 to 256 bytes.</summary>
    public string Model { get; private protected set; } = "";

    /// <summary>Whether a stream is asked for.</summary>
    public bool Stream { get; private protected set; }

    /// <summary>How many tokens the answer may have at most, by the request; null when it does not say.</summary>
    public long? MaxOutputTokens { get; private protected set; }

    /// <summary>How many answers are asked for.</summary>
    public int Choices { get; private protected set; } = 1;

    /// <summary>Whether tools or functions are offered.</summary>
    public bool HasTools { get; private protected set; }

    /// <summary>Whether the answer must meet a JSON Schema.</summary>
    public bool HasSchema { get; private protected set; }

    /// <summary>
    /// Whether answering it does something at the vendor that is there afterwards: stores the answer, or calls servers of the Model Context
    /// Protocol. Such a request is not sent twice where the first may have been processed.
    /// </summary>
    public bool HasEffects { get; private protected set; }

    /// <summary>Bytes of messages, tools and schema: an upper bound of their text's tokens, for no tokenizer makes more tokens than bytes.</summary>
    public long PromptBytes { get; private protected set; }

    /// <summary>What a target of the dialect itself does not get of the body, for the list of what is lost.</summary>
    public IReadOnlyList<string> Lost { get; private protected set; } = [];

    /// <summary>Claims in <c>metadata</c>, in the order of the body.</summary>
    public IReadOnlyList<MetadataClaim> MetadataClaims { get; private protected set; } = [];

    /// <summary>The value of <c>messages</c>.</summary>
    internal Range MessagesRange { get; private protected set; }

    /// <summary>The value of a system text beside the messages; empty when there is none.</summary>
    internal Range SystemRange { get; private protected set; }

    /// <summary>The value of <c>tools</c>; empty when there is none.</summary>
    internal Range ToolsRange { get; private protected set; }

    /// <summary>The value of <c>functions</c>; empty when there is none.</summary>
    internal Range FunctionsRange { get; private protected set; }

    /// <summary>The value of <c>metadata</c>; empty when there is none.</summary>
    internal Range MetadataRange { get; private set; }

    /// <summary>The bytes between the quotes of the model's value, as they are spelled.</summary>
    internal Range ModelText { get; private set; }

    /// <summary>Behind the model's value.</summary>
    internal int ModelEnd => ModelText.End.GetOffset(Body.Length) + 1;

    /// <summary>Ranges of the body that claims take up, commas included; in order.</summary>
    internal IReadOnlyList<Splice> ClaimSplices { get; private set; } = [];

    /// <summary>Bytes of the body.</summary>
    public int BodyBytes => Body.Length;

    /// <summary>The body's own bytes.</summary>
    internal ReadOnlyMemory<byte> Body { get; }

    /// <summary>The splice that gives the model the name it has at a target; null where it has that name already.</summary>
    internal Splice? ModelSplice(string model)
    {
        if (Model == model) return null;
        var (start, length) = ModelText.GetOffsetAndLength(Body.Length);
        return new Splice(start, length, JsonEncodedText.Encode(model).EncodedUtf8Bytes.ToArray());
    }

    /// <summary>Takes a member that policy reads.</summary>
    /// <param name="which">Its number among the dialect's.</param>
    /// <param name="member">Where it stands.</param>
    /// <param name="body">The body.</param>
    /// <param name="previousEnd">Behind the member before it; 0 for none.</param>
    private protected abstract BodyDefect? Take(int which, in BodyMember member, ReadOnlySpan<byte> body, int previousEnd);

    /// <summary>Reads the body: each member that policy reads once, a model and messages at least.</summary>
    private protected BodyDefect? Read(ReadOnlySpan<byte> body, PolicyMembers members)
    {
        var scanner = new BodyScanner(body);
        uint seen = 0;
        var previousEnd = 0;
        while (scanner.TryNext(out var member))
        {
            var which = members.Find(body.Slice(member.NameStart, member.NameLength), member.NameHasEscape, out var defect);
            if (defect is not null) return defect;
            if (which >= 0)
            {
                if ((seen & (1u << which)) != 0) return Duplicate(members.NameOf(which));
                seen |= 1u << which;
                if (Take(which, member, body, previousEnd) is { } wrong) return wrong;
            }

            previousEnd = member.ValueEnd;
        }

        if (scanner.Defect is { } broken) return broken;
        if ((seen & (1u << FirstModel)) == 0) return Missing("model", "name the model, route, target or alias that should answer");
        return (seen & (1u << SecondMessages)) == 0 ? Missing("messages", "send the conversation as an array") : null;
    }

    /// <summary>Finds the one member of an object that policy reads, as a range of the body; null when it is not there.</summary>
    private protected static BodyDefect? FindOne(in BodyMember within, ReadOnlySpan<byte> body, PolicyMembers one, string name, out BodyMember? found)
    {
        found = null;
        var scanner = new BodyScanner(body[within.ValueStart..within.ValueEnd]);
        while (scanner.TryNext(out var part))
        {
            part = At(part, within.ValueStart);
            var which = one.Find(body.Slice(part.NameStart, part.NameLength), part.NameHasEscape, out var defect);
            if (defect is { } ambiguous) return ambiguous with { Member = $"{name}.{ambiguous.Member}" };
            if (which < 0) continue;
            if (found is not null) return Duplicate($"{name}.{one.NameOf(which)}");
            found = part;
        }

        return scanner.Defect;
    }

    /// <summary>Takes the <c>type</c> of an output's format: whether it asks for a schema.</summary>
    private protected BodyDefect? TakeSchemaType(in BodyMember format, ReadOnlySpan<byte> body, string name)
    {
        if (FindOne(format, body, TypeMember, name, out var type) is { } defect) return defect;
        if (type is not { } found) return null;
        if (found.Kind != ValueKind.String) return WrongType(name + ".type", "a string");
        HasSchema |= TryText(found, body, MostTypeBytes, out var text) && text == "json_schema";
        return null;
    }

    /// <summary>Takes the value of <c>model</c>.</summary>
    private protected BodyDefect? TakeModel(in BodyMember member, ReadOnlySpan<byte> body)
    {
        if (member.Kind != ValueKind.String) return WrongType("model", "a string");
        ModelText = (member.ValueStart + 1)..(member.ValueEnd - 1);
        if (!TryText(member, body, MostModelBytes, out var model) || model.Length == 0 || model.AsSpan().ContainsAnyInRange('\0', '\u001F'))
        {
            return new BodyDefect(RefusalTable.InvalidValue, $"'model' must be a text of 1 to {MostModelBytes} bytes without control characters.", "model");
        }

        Model = model;
        return null;
    }

    /// <summary>Finds claims, and the ranges that leave the body with them.</summary>
    private protected BodyDefect? TakeMetadata(in BodyMember member, ReadOnlySpan<byte> body, int previousEnd)
    {
        MetadataRange = RangeOf(member);
        if (member.ValueEnd - member.ValueStart > MostNestedBytes) return new BodyDefect(RefusalTable.InvalidValue, $"'metadata' may hold {MostNestedBytes} bytes at most.", "metadata");
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

    private protected static Range RangeOf(in BodyMember member) => member.ValueStart..member.ValueEnd;

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

    private protected static BodyMember At(in BodyMember member, int offset) => member with
    {
        NameStart = member.NameStart + offset,
        ValueStart = member.ValueStart + offset,
        ValueEnd = member.ValueEnd + offset,
    };

    private protected static bool TryNumber(in BodyMember member, ReadOnlySpan<byte> body, out long number)
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

    private protected static bool TryText(in BodyMember member, ReadOnlySpan<byte> body, int mostBytes, out string text)
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

    private protected static BodyDefect Duplicate(string member) =>
        new(RefusalTable.DuplicateMember, $"'{member}' stands in the body more than once; vendors differ in which one they take.", member);

    private protected static BodyDefect Missing(string member, string advice) => new(RefusalTable.MissingMember, $"'{member}' is missing: {advice}.", member);

    private protected static BodyDefect WrongType(string member, string type) => new(RefusalTable.InvalidType, $"'{member}' must be {type}.", member);
}

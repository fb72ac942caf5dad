using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Fairlead.Core.Classification;
using Fairlead.Core.Requests;
using Fairlead.Dialects.Json;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Content;

/// <summary>
/// What rules may read of a body, in whatever dialect. Nothing is read before it is asked for; then the messages are walked once, and
/// their text is decoded once, into a pooled buffer of at most as many characters as the body has bytes. Takes time in proportion to the
/// body. What is broken within the body ends its reading and never throws: what stands before the break is there.
/// </summary>
public sealed class BodyContent : IRequestContent, IDisposable
{
    private const int MostTools = 128;
    private const int MostToolCharacters = 128;
    private const int MostMetadata = 16;           // these three as OpenAI has them
    private const int MostMetadataNameCharacters = 64;
    private const int MostMetadataCharacters = 512;
    private const int BytesPerToken = 4;
    private const int MostObjects = 64 * 1024;     // each becomes some in canonical form, and takes 5 µs: a third of a second at most

    private readonly RequestPeek _peek;
    private readonly IDialectCodec _codec;
    private PromptParts? _parts;
    private PromptText? _text;
    private long? _promptTokens;
    private bool? _hasCodeFence;
    private IReadOnlyList<string>? _toolNames;
    private IReadOnlyDictionary<string, string>? _metadata;
    private bool _isDisposed;

    internal BodyContent(RequestPeek peek, IDialectCodec codec)
    {
        _peek = peek;
        _codec = codec;
    }

    /// <inheritdoc />
    public long TextLength => Text.Length;

    /// <inheritdoc />
    /// <remarks>
    /// The estimate by arithmetic that leans upwards (docs/token-counting.md), at the rates of the model that the client named, else of an
    /// unknown one: the target is not known yet. For a request that has no canonical form, or one of too many pieces, bytes of the prompt / 4,
    /// rounded up.
    /// </remarks>
    public long PromptTokens => _promptTokens ??= Estimate();

    /// <inheritdoc />
    public bool HasImages => Parts.HasImages;

    /// <inheritdoc />
    public bool HasCodeFence => _hasCodeFence ??= Text.HasCodeFence();

    /// <inheritdoc />
    /// <remarks>At most 128 names of 1 to 128 characters; further ones and longer ones are left out.</remarks>
    public IReadOnlyList<string> ToolNames => _toolNames ??= ReadToolNames();

    /// <inheritdoc />
    /// <remarks>At most 16 texts of up to 512 characters under names of up to 64; others are left out. Of a name that stands twice, the last.</remarks>
    public IReadOnlyDictionary<string, string> Metadata => _metadata ??= ReadMetadata();

    /// <summary>The first tool that is offered and that a list does not have: its name, or an empty text for one without; null when there is none.</summary>
    /// <param name="allowed">The names of the tools that may be offered.</param>
    public string? ForbiddenTool(FrozenSet<string> allowed) => OfferedTools.FirstOutside(Body, allowed);

    /// <inheritdoc />
    public bool Mentions(PhraseSet phrases) => Text.Mentions(phrases);

    /// <inheritdoc />
    public bool Matches(Regex pattern) => Text.Matches(pattern);

    /// <summary>
    /// Gives the buffer back. To be called before the body's memory is used again: from then on what has not been read throws
    /// <see cref="ObjectDisposedException"/>, for it would be read of another request. May be called twice.
    /// </summary>
    public void Dispose()
    {
        _isDisposed = true;
        _text?.Return();
        _text = null;
        _parts = null;
    }

    private PromptParts Parts
    {
        get
        {
            if (_parts is { } read) return read;
            var parts = new PromptParts();
            var body = Body;
            ReadSystem(body[_peek.SystemRange], _peek.SystemRange.Start.Value, parts);
            ReadMessages(body[_peek.MessagesRange], _peek.MessagesRange.Start.Value, parts);
            return _parts = parts;
        }
    }

    private PromptText Text => _text ??= new PromptText(Body, Parts.Texts);

    private ReadOnlySpan<byte> Body
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _peek.Body.Span;
        }
    }

    private static void ReadSystem(ReadOnlySpan<byte> system, int offset, PromptParts parts)
    {
        var cursor = new JsonCursor(system, PromptParts.MostDepth);
        parts.BeginMessage();
        parts.ReadContent(ref cursor, offset);
    }

    private static void ReadMessages(ReadOnlySpan<byte> messages, int offset, PromptParts parts)
    {
        var cursor = new JsonCursor(messages, PromptParts.MostDepth);
        if (!cursor.TryEnterArray()) return;
        while (cursor.TryNextElement())
        {
            if (cursor.TryEnterObject()) ReadMessage(ref cursor, offset, parts);
            else cursor.TrySkip();
        }
    }

    /// <summary>Reads one message; its role may stand behind its content.</summary>
    private static void ReadMessage(ref JsonCursor cursor, int offset, PromptParts parts)
    {
        var isAnswer = false;
        var isPrompt = false;
        parts.BeginMessage();
        while (cursor.TryNextSpelledMember(out var name))
        {
            if (SpelledChars.Is(name, "content"u8))
            {
                parts.ReadContent(ref cursor, offset);
            }
            else if (SpelledChars.Is(name, "role"u8))
            {
                var role = cursor.Take();
                if (role.Length > 2 && role[0] == '"' && IsAnswerRole(role[1..^1])) isAnswer = true;
                else isPrompt = true;
            }
            else
            {
                cursor.TrySkip();
            }
        }

        if (isAnswer && !isPrompt) parts.DropMessage();
    }

    /// <summary>Whether messages of a role, as it is spelled, are no text for rules: the model's own, or a tool's.</summary>
    private static bool IsAnswerRole(ReadOnlySpan<byte> role) =>
        SpelledChars.Is(role, "assistant"u8) || SpelledChars.Is(role, "tool"u8) || SpelledChars.Is(role, "function"u8);

    private long Estimate()
    {
        return Body.Count((byte)'{') <= MostObjects && _codec.ReadRequest(_peek.Body, new TranslationLosses()) is { } conversation
            ? Core.Tokens.PromptTokens.Estimate(conversation, null, _peek.Model).Tokens
            : (_peek.PromptBytes + BytesPerToken - 1) / BytesPerToken;
    }

    private IReadOnlyList<string> ReadToolNames()
    {
        if (!_peek.HasTools) return [];
        var names = new ToolNameList(MostTools, MostToolCharacters);
        var body = Body;
        names.Read(body[_peek.ToolsRange]);
        names.Read(body[_peek.FunctionsRange]);
        return names.Names;
    }

    private IReadOnlyDictionary<string, string> ReadMetadata()
    {
        var cursor = new JsonCursor(Body[_peek.MetadataRange], PromptParts.MostDepth);
        if (!cursor.TryEnterObject()) return FrozenDictionary<string, string>.Empty;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        while (cursor.TryNextSpelledMember(out var spelled))
        {
            var name = SpelledChars.Text(spelled, MostMetadataNameCharacters);
            var value = SpelledChars.TextOf(cursor.Take(), MostMetadataCharacters);
            if (name is null || value is null || name.StartsWith(RequestPeek.ClaimPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            if (metadata.Count < MostMetadata || metadata.ContainsKey(name)) metadata[name] = value;
        }

        return metadata;
    }
}

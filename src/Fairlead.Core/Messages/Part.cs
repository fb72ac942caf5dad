namespace Fairlead.Core.Messages;

/// <summary>A piece of a turn or of an answer.</summary>
public abstract record Part
{
    private protected Part()
    {
    }

    /// <summary>Where it stands in the client's body.</summary>
    public Place Place { get; init; }

    /// <summary>A mark that asks to cache the prompt up to here; null for none.</summary>
    public JsonSlice? CacheMark { get; init; }

    /// <summary>
    /// What its vendor needs back on this very part; null for none. Anthropic signs thoughts, Gemini any part: a text, the first of
    /// several calls, an empty text at a stream's end.
    /// </summary>
    public Signature? Signature { get; init; }

    /// <summary>Members that only its dialect has.</summary>
    public IReadOnlyList<Parameter> Extras { get; init; } = [];
}

/// <summary>Opaque to all but its vendor.</summary>
/// <param name="Origin">Whose it is, as a dialect's name.</param>
/// <param name="Value">The signature.</param>
public sealed record Signature(string Origin, JsonText Value);

/// <summary>Text.</summary>
/// <param name="Text">The text; may be empty.</param>
public sealed record TextPart(JsonText Text) : Part;

/// <summary>An image.</summary>
/// <param name="Source">Where its bytes are.</param>
/// <param name="Detail">How closely to look, in OpenAI's words; null when not said.</param>
public sealed record ImagePart(MediaSource Source, string? Detail = null) : Part;

/// <summary>A document, such as a PDF file.</summary>
/// <param name="Source">Where its bytes are.</param>
/// <param name="Title">Its title or file name; null for none.</param>
public sealed record DocumentPart(MediaSource Source, JsonText? Title = null) : Part;

/// <summary>A value that is no text: what a tool gave as JSON, where its dialect tells that from a text (SEMANTICS 33).</summary>
/// <param name="Value">The value.</param>
public sealed record JsonPart(JsonSlice Value) : Part;

/// <summary>The model calls a tool.</summary>
/// <param name="Id">The call's id as the client knows it.</param>
/// <param name="Name">The tool.</param>
/// <param name="Input">Its input: a JSON object.</param>
public sealed record ToolCallPart(string Id, string Name, JsonSlice Input) : Part;

/// <summary>What a tool gave.</summary>
/// <param name="CallId">The call that it answers.</param>
/// <param name="Content">Texts, images, documents; empty for nothing.</param>
/// <param name="IsError">Whether the tool failed.</param>
public sealed record ToolResultPart(string CallId, IReadOnlyList<Part> Content, bool IsError) : Part;

/// <summary>What the model thought, signed where its vendor signs.</summary>
/// <param name="Text">The thought; empty where the vendor shows none.</param>
public sealed record ThinkingPart(JsonText Text) : Part;

/// <summary>A thought that only its vendor can read.</summary>
/// <param name="Data">The encrypted thought.</param>
/// <param name="Origin">Whose it is, as a dialect's name.</param>
public sealed record RedactedThinkingPart(JsonText Data, string Origin) : Part;

/// <summary>The model says that it will not answer.</summary>
/// <param name="Text">Its words.</param>
public sealed record RefusalPart(JsonText Text) : Part;

/// <summary>A part that only its dialect knows.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Raw">The whole part.</param>
public sealed record VendorPart(string Type, JsonSlice Raw) : Part;

/// <summary>Where the bytes of an image or a document are.</summary>
public abstract record MediaSource
{
    private MediaSource()
    {
    }

    /// <summary>In the request, in base64.</summary>
    /// <param name="MediaType">Such as <c>image/png</c>.</param>
    /// <param name="Data">The base64 text, no quotes, as it is spelled: escapes do not occur in it.</param>
    public sealed record Base64(string MediaType, ReadOnlyMemory<byte> Data) : MediaSource;

    /// <summary>At an address that the vendor fetches.</summary>
    /// <param name="Address">The address.</param>
    public sealed record Url(JsonText Address) : MediaSource
    {
        /// <summary>What it is, such as <c>image/png</c>, where the client says so; else null.</summary>
        public string? MediaType { get; init; }
    }

    /// <summary>Plain text in the request.</summary>
    /// <param name="Value">The text.</param>
    public sealed record Text(JsonText Value) : MediaSource;

    /// <summary>In a form that only the client's dialect has, such as a file that its vendor keeps.</summary>
    /// <param name="Type">Its type.</param>
    /// <param name="Raw">The whole source.</param>
    public sealed record Vendor(string Type, JsonSlice Raw) : MediaSource;
}

using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.Core.Ledger;

/// <summary>
/// Names and values that a caller gives a request for its accounting, such as <c>cost_center=42</c>. Immutable; compares by content,
/// because there is one text for one content.
/// </summary>
public sealed record RequestTags
{
    /// <summary>How many tags a request may have.</summary>
    public const int Most = 8;

    /// <summary>The longest name.</summary>
    public const int LongestName = 32;

    /// <summary>The longest value.</summary>
    public const int LongestValue = 64;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    // Values are printable ASCII; the text goes into a database and reports, never into a page.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SortedList<string, string> _values;

    private RequestTags(SortedList<string, string> values)
    {
        _values = values;
        Json = ToJson(values);
    }

    /// <summary>A JSON object, its names sorted, without white space: the same text for the same tags.</summary>
    public string Json { get; }

    /// <summary>Names and values, sorted by name; at least one.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values => _values;

    /// <summary>Whether a text is a name of a tag: 1 to 32 of <c>a-z</c>, <c>0-9</c> and <c>_</c>.</summary>
    public static bool IsName(ReadOnlySpan<char> text) => text.Length is >= 1 and <= LongestName && !text.ContainsAnyExcept(NameCharacters);

    /// <summary>Whether a text is a value of a tag: 1 to 64 printable ASCII characters, no comma, no space at an end.</summary>
    public static bool IsValue(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= LongestValue && !text.ContainsAnyExceptInRange(' ', '~') && !text.Contains(',') && text[0] != ' ' && text[^1] != ' ';

    /// <summary>Reads <c>name=value, name=value</c>. No tag at all is no error: the result is then null.</summary>
    /// <param name="text">As a header carries it.</param>
    /// <param name="tags">The tags; null where there is none.</param>
    /// <param name="error">What is wrong, a sentence that repeats nothing of the text; null when nothing is.</param>
    public static bool TryParse(string text, out RequestTags? tags, [NotNullWhen(false)] out string? error)
    {
        tags = null;
        error = null;
        if (text.AsSpan().Trim(' ').IsEmpty) return true;
        var values = new SortedList<string, string>(StringComparer.Ordinal);
        foreach (var range in text.AsSpan().Split(','))
        {
            var pair = text.AsSpan(range).Trim(' ');
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals].TrimEnd(' ');
            var value = equals < 0 ? default : pair[(equals + 1)..].TrimStart(' ');
            if (equals < 0) error = "Tags are written name=value, separated by commas.";
            else if (!IsName(name)) error = $"The name of a tag has 1 to {LongestName} characters of a-z, 0-9 and _.";
            else if (!IsValue(value)) error = $"The value of a tag has 1 to {LongestValue} printable ASCII characters and no comma.";
            else if (!values.TryAdd(name.ToString(), value.ToString())) error = "A tag is given twice.";
            else if (values.Count > Most) error = $"A request may have {Most} tags.";
            if (error is not null) return false;
        }

        tags = new RequestTags(values);
        return true;
    }

    /// <summary>Tags of names and values that were checked before; null where there is none.</summary>
    /// <exception cref="ArgumentException">A name or value has not the right form, a name comes twice, or there are too many.</exception>
    public static RequestTags? Of(IEnumerable<KeyValuePair<string, string>> tags)
    {
        var values = new SortedList<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags)
        {
            if (!IsName(name) || !IsValue(value)) throw new ArgumentException("A tag has not the form of one.", nameof(tags));
            values.Add(name, value);
        }

        if (values.Count > Most) throw new ArgumentException($"There are more than {Most} tags.", nameof(tags));
        return values.Count == 0 ? null : new RequestTags(values);
    }

    /// <summary>These tags and others.</summary>
    /// <param name="others">The others.</param>
    /// <param name="all">Both together, which may be more than <see cref="Most"/>.</param>
    /// <returns>The name of a tag that both have with different values; null where there is none.</returns>
    public string? With(RequestTags others, out RequestTags all)
    {
        all = this;
        var values = new SortedList<string, string>(_values, StringComparer.Ordinal);
        foreach (var (name, value) in others._values)
        {
            if (values.TryAdd(name, value) || values[name] == value) continue;
            return name;
        }

        all = new RequestTags(values);
        return null;
    }

    /// <summary>How many there are.</summary>
    public int Count => _values.Count;

    /// <summary>The value of a tag; null where there is none of this name.</summary>
    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <inheritdoc />
    public bool Equals(RequestTags? other) => other is not null && Json == other.Json;

    /// <inheritdoc />
    public override int GetHashCode() => Json.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => string.Join(", ", _values.Select(tag => $"{tag.Key}={tag.Value}"));

    private static string ToJson(SortedList<string, string> values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            foreach (var (name, value) in values) json.WriteString(name, value);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

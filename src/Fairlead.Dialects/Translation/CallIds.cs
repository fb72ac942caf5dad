using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// Ids of calls across dialects. They stay what they are; only one that Anthropic's grammar (letters, digits, <c>_</c> and <c>-</c>) has
/// no letters for is spelled otherwise there, reversibly, so that call and result agree in every turn.
/// </summary>
public static class CallIds
{
    private const string Prefix = "fl_";

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>An id as Anthropic's dialect can spell it.</summary>
    public static string ToMessages(string id) =>
        id.Length > 0 && !id.AsSpan().ContainsAnyExcept(Plain) ? id : Prefix + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    /// <summary>The id that <see cref="ToMessages"/> spelled; any other is itself.</summary>
    public static string FromMessages(string id)
    {
        if (!id.StartsWith(Prefix, StringComparison.Ordinal) || !Base64Url.IsValid(id.AsSpan(Prefix.Length))) return id;
        var original = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(id.AsSpan(Prefix.Length)));
        return ToMessages(original) == id ? original : id;
    }

    /// <summary>A call's own id, or, where its vendor gives none, one made of the request's and the call's number in it (SEMANTICS 13, 26).</summary>
    public static string OrMade(string? id, string requestId, int number) => id is { Length: > 0 } ? id : $"call_{requestId}_{number}";
}

using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>Who changes something through the administration API, and why, as the request says: in headers, whose percent-encoded UTF-8 is read as what it stands for.</summary>
/// <param name="Author">The name in <c>x-fairlead-author</c>; <c>admin</c> when there is none.</param>
/// <param name="Reason">Null when none is given.</param>
internal sealed record ChangeOrigin(string Author, string? Reason)
{
    private const string AuthorHeader = "x-fairlead-author";
    private const string ReasonHeader = "x-fairlead-reason";
    private const string DefaultAuthor = "admin";
    private const int MostAuthorCharacters = 128;
    private const int MostReasonCharacters = 1000;

    /// <summary>The most that a character takes when it is percent-encoded: three bytes, three characters each.</summary>
    private const int MostPerCharacter = 9;

    /// <summary>Author and reason from the headers, or why they are not taken.</summary>
    public static Refusal? Read(HttpRequest request, out ChangeOrigin origin)
    {
        origin = new ChangeOrigin(DefaultAuthor, null);
        if (Header(request, AuthorHeader, MostAuthorCharacters, out var author) is { } wrongAuthor) return wrongAuthor;
        if (Header(request, ReasonHeader, MostReasonCharacters, out var reason) is { } wrongReason) return wrongReason;
        if (author is AppliedConfiguration.ByFile or AppliedConfiguration.ByStart) return new Refusal(RefusalTable.InvalidHeader, "This name is kept for changes that nobody sent.", AuthorHeader);
        origin = new ChangeOrigin(author ?? DefaultAuthor, reason);
        return null;
    }

    /// <summary>The same, with the reason of a body <c>{"reason": "…"}</c>, where it has one; an empty body has none.</summary>
    public static Refusal? Read(HttpRequest request, string body, out ChangeOrigin origin)
    {
        if (Read(request, out origin) is { } refusal) return refusal;
        if (body.Length == 0) return null;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return new Refusal(RefusalTable.InvalidType, "Must be an object {reason}.");
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Name != "reason") return new Refusal(RefusalTable.UnknownMember, "Takes reason only.");
                if (member.Value.ValueKind == JsonValueKind.Null) continue;
                if (member.Value.ValueKind != JsonValueKind.String) return new Refusal(RefusalTable.InvalidType, "Must be a text.", "reason");
                var reason = member.Value.GetString()!;
                if (reason.Length is 0 or > MostReasonCharacters || reason.Any(char.IsControl)) return new Refusal(RefusalTable.InvalidValue, $"Must be 1 to {MostReasonCharacters} characters without control characters.", "reason");
                origin = origin with { Reason = reason };
            }

            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter: half a character
        {
            return new Refusal(RefusalTable.InvalidJson, "The body is not valid JSON without duplicate members.");
        }
    }

    private static Refusal? Header(HttpRequest request, string name, int most, out string? value)
    {
        value = null;
        if (!request.Headers.TryGetValue(name, out var values) || values.Count == 0) return null;
        value = values[0] ?? "";
        if (values.Count == 1 && value.Length > 0 && value.Length <= most * MostPerCharacter && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            value = Uri.UnescapeDataString(value); // what is no encoding of UTF-8 stays as it stands
            if (value.Length <= most && !value.Any(char.IsControl)) return null;
        }

        return new Refusal(RefusalTable.InvalidHeader, $"Must be 1 to {most} characters without control characters, once: those of ASCII as they are, others as UTF-8 with percent signs.", name);
    }
}

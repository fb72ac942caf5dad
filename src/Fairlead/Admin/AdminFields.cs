using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>The members of a body that is a small JSON object of texts and truth values. Names that nobody knows are refused.</summary>
internal sealed class AdminFields
{
    private const int MostCharacters = 256;

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    /// <summary>The members of a request's body, or why it is not taken.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">The members that there may be.</param>
    public static async Task<(AdminFields Fields, Refusal? Refusal)> ReadAsync(HttpContext context, ImmutableArray<string> known)
    {
        var fields = new AdminFields();
        if (ContentTypes.Check(context.Request) is { } wrongType) return (fields, wrongType);
        var (body, refusal) = await AdminBody.ReadAsync(context);
        return (fields, refusal ?? fields.Read(body, known));
    }

    /// <summary>A text of 1 to 256 characters without control characters; null where there is none.</summary>
    public Refusal? Text(string name, bool isRequired, out string? text)
    {
        text = null;
        if (!_members.TryGetValue(name, out var value)) return isRequired ? new Refusal(RefusalTable.InvalidValue, "Is missing.", name) : null;
        if (value.ValueKind != JsonValueKind.String) return new Refusal(RefusalTable.InvalidType, "Must be a text.", name);
        text = value.GetString()!;
        return text.Length is >= 1 and <= MostCharacters && !text.Any(char.IsControl)
            ? null
            : new Refusal(RefusalTable.InvalidValue, $"Must be 1 to {MostCharacters} characters without control characters.", name);
    }

    /// <summary>A truth value; false where there is none.</summary>
    public Refusal? Flag(string name, out bool value)
    {
        value = false;
        if (!_members.TryGetValue(name, out var given)) return null;
        value = given.ValueKind == JsonValueKind.True;
        return given.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : new Refusal(RefusalTable.InvalidType, "Must be true or false.", name);
    }

    private Refusal? Read(string body, ImmutableArray<string> known)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return new Refusal(RefusalTable.InvalidType, $"Must be an object of {string.Join(", ", known)}.");
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (!known.Contains(member.Name)) return new Refusal(RefusalTable.UnknownMember, $"No such member; known are {string.Join(", ", known)}.", member.Name.Length <= 64 ? member.Name : null);
                if (member.Value.ValueKind != JsonValueKind.Null) _members.Add(member.Name, member.Value.Clone());
            }

            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter: half a character
        {
            return new Refusal(RefusalTable.InvalidJson, "The body is not valid JSON without duplicate members.");
        }
    }
}

using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Peeking;

/// <summary>The peek against the platform's JSON document: what it reads is what a vendor reads, or it reads nothing.</summary>
public sealed class PeekPropertyTests
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 200, AllowDuplicateProperties = false };

    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = 200 };

    private static readonly string[] PolicyMembers =
        ["model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "tools", "functions", "response_format", "metadata"];

    [Fact]
    public void TryRead_AnyRequest_SaysWhatAJsonDocumentSays() => Property.Check(JsonGen.Requests, 4000, request =>
    {
        using var document = JsonDocument.Parse(request.Body, Strict);
        Assert.True(ChatRequestPeek.TryRead(request.Body, out var peek, out var defect), defect.Message);
        Agrees(document.RootElement, peek);
    });

    /// <summary>No smuggling: whatever is let through, a vendor that takes it reads the same members, whichever of twins it prefers.</summary>
    [Fact]
    public void TryRead_BrokenBytes_NeverThrowAndNeverReadAnotherRequest()
    {
        int accepted = 0, compared = 0;
        Property.Check(JsonGen.Broken, 20_000, body =>
        {
            if (!ChatRequestPeek.TryRead(body, out var peek, out var defect))
            {
                Assert.NotNull(defect.Code);
                return;
            }

            accepted++;
            ChatRequestSplices.For(peek, "other", askForUsage: true);
            if (Document(body) is not { } document) return;
            using (document)
            {
                compared++;
                var names = Names(document.RootElement);
                foreach (var member in PolicyMembers) Assert.True(names.Count(name => name.Equals(member, StringComparison.OrdinalIgnoreCase)) <= 1, $"'{member}' stands there twice");
                Agrees(document.RootElement, peek);
            }
        }, body => Encoding.UTF8.GetString(body));

        Assert.InRange(accepted, 2000, 20_000_000); // the property says something only about what is let through
        Assert.InRange(compared, 1000, 20_000_000);
    }

    /// <summary>The body as the platform reads it; null when it does not, be it for a name that is not UTF-8.</summary>
    private static JsonDocument? Document(byte[] body)
    {
        try
        {
            var document = JsonDocument.Parse(body, Lenient);
            Names(document.RootElement);
            if (Member(document.RootElement, "metadata") is { ValueKind: JsonValueKind.Object } metadata) Names(metadata);
            return document;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static List<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(member => member.Name)];

    private static void Agrees(JsonElement root, ChatRequestPeek peek)
    {
        Assert.Equal(root.GetProperty("model").GetString(), peek.Model);
        Assert.Equal(Member(root, "stream") is { ValueKind: JsonValueKind.True }, peek.Stream);
        Assert.Equal(IncludeUsage(root), peek.IncludeUsage);
        Assert.Equal(Larger(Number(root, "max_tokens"), Number(root, "max_completion_tokens")), peek.MaxOutputTokens);
        Assert.Equal(Number(root, "n") ?? 1, peek.Choices);
        Assert.Equal(Length(root, "tools") > 0 || Length(root, "functions") > 0, peek.HasTools);
        Assert.Equal(Member(root, "response_format") is { ValueKind: JsonValueKind.Object } format && format.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("json_schema"), peek.HasSchema);
        Assert.Equal(new[] { "messages", "tools", "functions", "response_format" }.Sum(name => Member(root, name) is { } value ? JsonMarshal.GetRawUtf8Value(value).Length : 0), peek.PromptBytes);
        Assert.Equal(Claims(root), peek.MetadataClaims.Select(claim => (claim.Name, claim.Value)));
    }

    private static JsonElement? Member(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value : null;

    private static long? Number(JsonElement root, string name) => Member(root, name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt64() : null;

    private static int Length(JsonElement root, string name) => Member(root, name) is { ValueKind: JsonValueKind.Array } value ? value.GetArrayLength() : 0;

    private static long? Larger(long? one, long? other) => one is null ? other : other is null ? one : Math.Max(one.Value, other.Value);

    private static bool? IncludeUsage(JsonElement root) => Member(root, "stream_options") is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty("include_usage", out var value)
        ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
        : null;

    private static IEnumerable<(string, string)> Claims(JsonElement root) => Member(root, "metadata") is { ValueKind: JsonValueKind.Object } metadata
        ? metadata.EnumerateObject().Where(member => member.Name.StartsWith("fairlead.", StringComparison.OrdinalIgnoreCase)).Select(member => (member.Name.ToLowerInvariant(), member.Value.GetString()!))
        : [];
}

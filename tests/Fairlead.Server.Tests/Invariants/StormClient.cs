using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>How a request ended for its client.</summary>
internal enum ClientEnding
{
    /// <summary>A whole answer.</summary>
    Answered = 0,

    /// <summary>An error before any answer.</summary>
    Refused,

    /// <summary>An error event within a stream, and a connection that broke behind it.</summary>
    Broken,

    /// <summary>The client itself went away.</summary>
    Left,

    /// <summary>Something that may not happen.</summary>
    Wrong,
}

/// <summary>What a client knows of one of its requests.</summary>
internal sealed record ClientEntry(ClientEnding Ending, string? Id, int Status, string Text, string? Defect);

/// <summary>
/// One client's request against the gateway, judged by what came over the wire alone: the tokens' stamps, the dialect's end, the
/// errors' shape.
/// </summary>
internal static partial class StormClient
{
    public static async Task<ClientEntry> AskAsync(HttpClient client, bool isStream, string model, int? leaveAfterBytes)
    {
        var body = new JsonObject { ["model"] = model, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "A question of no importance." }) };
        if (isStream) body["stream"] = true;
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        using var leaving = new CancellationTokenSource();
        if (leaveAfterBytes == 0) leaving.CancelAfter(TimeSpan.FromMilliseconds(5));
        string? id = null;
        var status = 0;
        var received = new MemoryStream();
        var isBroken = false;
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            status = (int)response.StatusCode;
            id = response.Headers.GetValues("x-fairlead-request-id").Single();
            var stream = await response.Content.ReadAsStreamAsync(leaving.Token);
            var buffer = new byte[4096];
            int read;
            while ((read = await stream.ReadAsync(buffer, leaving.Token)) > 0)
            {
                received.Write(buffer, 0, read);
                if (received.Length >= leaveAfterBytes) await leaving.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            return new ClientEntry(ClientEnding.Left, id, status, "", null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            if (id is null) return new ClientEntry(ClientEnding.Wrong, null, 0, "", "the gateway broke the connection before an answer: " + exception.Message);
            isBroken = true;
        }

        return Judge(isStream, id!, status, Encoding.UTF8.GetString(received.ToArray()), isBroken);
    }

    /// <summary>The attempts whose tokens are in a text, and whether each token follows the one before.</summary>
    public static string? Stamps(string text, out IReadOnlyCollection<string> attempts)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        attempts = found;
        var expected = 1;
        foreach (Match stamp in Stamp().Matches(text))
        {
            found.Add(stamp.Groups[1].Value);
            if (stamp.Groups[2].Value != expected.ToString(System.Globalization.CultureInfo.InvariantCulture)) return $"token {stamp.Value} where {expected} was due";
            expected++;
        }

        return null;
    }

    /// <summary>What a whole exchange is, by what came over the wire.</summary>
    public static ClientEntry Judge(bool isStream, string id, int status, string text, bool isBroken)
    {
        ClientEntry Wrong(string defect) => new(ClientEnding.Wrong, id, status, text, defect);
        if (status != (int)HttpStatusCode.OK)
        {
            if (isBroken) return Wrong("an error answer that broke");
            return JsonNode.Parse(text)?["error"]?["code"] is null ? Wrong("an error without a code") : new ClientEntry(ClientEnding.Refused, id, status, text, null);
        }

        if (!isStream)
        {
            if (isBroken) return Wrong("a JSON answer that broke");
            var content = JsonNode.Parse(text)!["choices"]![0]!["message"]!["content"]!.GetValue<string>();
            return Answered(content);
        }

        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var data = events.Where(item => item.StartsWith("data: {", StringComparison.Ordinal)).Select(item => JsonNode.Parse(item["data: ".Length..])!).ToList();
        var words = string.Concat(data.Select(item => item["choices"]?.AsArray().FirstOrDefault()?["delta"]?["content"]?.GetValue<string>()));
        var isFinished = data.Any(item => item["choices"]?.AsArray().FirstOrDefault()?["finish_reason"] is not null) || text.Contains("[DONE]", StringComparison.Ordinal);
        var hasError = data.Any(item => item["error"] is not null);
        if (!isBroken)
        {
            if (hasError) return Wrong("a clean end behind an error event");
            return isFinished ? Answered(words) : Wrong("a clean end without the dialect's end");
        }

        if (isFinished) return Wrong("a broken stream that shows its end");
        if (!hasError) return Wrong("a stream that broke without an error event");
        return Stamps(words, out var attempts) is { } mixed ? Wrong(mixed) : attempts.Count > 1 ? Wrong("tokens of " + string.Join(", ", attempts)) : new ClientEntry(ClientEnding.Broken, id, status, words, null);

        ClientEntry Answered(string content) => Stamps(content, out var attempts) is { } defect
            ? Wrong(defect)
            : attempts.Count != 1 ? Wrong("tokens of " + string.Join(", ", attempts)) : new ClientEntry(ClientEnding.Answered, id, status, content, null);
    }

    [GeneratedRegex(@"\b([a-z]+#[0-9]+):([0-9]+) ")]
    private static partial Regex Stamp();
}

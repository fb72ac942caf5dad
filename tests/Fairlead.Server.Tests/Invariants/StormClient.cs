using System.Globalization;
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
internal sealed record ClientEntry(ClientEnding Ending, string? Id, int Status, string Text, string? Defect)
{
    /// <summary>The upstream sends whose tokens the text has, in order; more than one only where a stream went on elsewhere.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>What its error says: of the answer, or of the event within the stream. Null where there is none.</summary>
    public ClientError? Error { get; init; }

    /// <summary>Everything that came, as it came.</summary>
    public string Received { get; init; } = "";

    /// <summary>The headers of the answer, by name without regard to case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public string Header(string name) => Headers.GetValueOrDefault(name, "");
}

/// <summary>An error as a client of either dialect reads it, in the places where its SDK looks.</summary>
internal sealed record ClientError(string Type, string Code, bool IsRetryable, string RequestId);

/// <summary>What a client asks.</summary>
internal sealed record ClientQuestion(bool IsStream, string Model = "m")
{
    /// <summary>The dialect that the client speaks.</summary>
    public string Dialect { get; init; } = StormClient.Chat;

    public string Prompt { get; init; } = "A question of no importance.";

    /// <summary>Its <c>max_tokens</c>; null: none in OpenAI's dialect, 200 in Anthropic's.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>After how many bytes the client leaves; 0: before any.</summary>
    public int? LeaveAfterBytes { get; init; }

    /// <summary>When the client leaves otherwise.</summary>
    public CancellationToken Leaves { get; init; }

    /// <summary>Whether an answer is made of stamped tokens; false where the vendor answers with a body that the test has written.</summary>
    public bool IsStamped { get; init; } = true;
}

/// <summary>
/// One client's request against the gateway, judged by what came over the wire alone: the tokens' stamps, the dialect's end, the
/// errors' shape.
/// </summary>
internal static partial class StormClient
{
    public const string Chat = "openai-chat";
    public const string Messages = "anthropic-messages";

    public static Task<ClientEntry> AskAsync(HttpClient client, bool isStream, string model, int? leaveAfterBytes) =>
        AskAsync(client, new ClientQuestion(isStream, model) { LeaveAfterBytes = leaveAfterBytes });

    public static async Task<ClientEntry> AskAsync(HttpClient client, ClientQuestion question)
    {
        var body = new JsonObject { ["model"] = question.Model, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = question.Prompt }) };
        if (question.IsStream) body["stream"] = true;
        if ((question.MaxTokens ?? (question.Dialect == Messages ? 200 : null)) is { } most) body["max_tokens"] = most;
        using var request = new HttpRequestMessage(HttpMethod.Post, question.Dialect == Messages ? "v1/messages" : "v1/chat/completions") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(question.Leaves);
        if (question.LeaveAfterBytes == 0) leaving.CancelAfter(TimeSpan.FromMilliseconds(5));
        string? id = null;
        var status = 0;
        var received = new MemoryStream();
        var isBroken = false;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            status = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers) headers[name] = string.Join(", ", values);
            id = headers["x-fairlead-request-id"];
            var stream = await response.Content.ReadAsStreamAsync(leaving.Token);
            var buffer = new byte[4096];
            int read;
            while ((read = await stream.ReadAsync(buffer, leaving.Token)) > 0)
            {
                received.Write(buffer, 0, read);
                if (received.Length >= question.LeaveAfterBytes) await leaving.CancelAsync();
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

        var text = Encoding.UTF8.GetString(received.ToArray());
        return Judge(question, id!, status, text, isBroken) with { Headers = headers, Received = text };
    }

    /// <summary>The sends whose tokens are in a text, in order, and whether each token follows the one before.</summary>
    public static string? Stamps(string text, out IReadOnlyList<string> sources)
    {
        var found = new List<string>();
        sources = found;
        var expected = 1;
        foreach (Match stamp in Stamp().Matches(text))
        {
            var source = stamp.Groups[1].Value;
            if (found.Count == 0 || found[^1] != source)
            {
                if (found.Contains(source)) return $"tokens of {source} on both sides of those of {found[^1]}";
                found.Add(source);
                expected = 1;
            }

            if (stamp.Groups[2].Value != expected.ToString(CultureInfo.InvariantCulture)) return $"token {stamp.Value} where {expected} was due";
            expected++;
        }

        return null;
    }

    /// <summary>What a whole exchange of OpenAI's dialect is, by what came over the wire.</summary>
    public static ClientEntry Judge(bool isStream, string id, int status, string text, bool isBroken) => Judge(new ClientQuestion(isStream), id, status, text, isBroken);

    /// <summary>What a whole exchange is, by what came over the wire.</summary>
    public static ClientEntry Judge(ClientQuestion question, string id, int status, string text, bool isBroken)
    {
        var isChat = question.Dialect == Chat;
        ClientEntry Wrong(string defect) => new(ClientEnding.Wrong, id, status, text, defect);
        if (status != (int)HttpStatusCode.OK)
        {
            if (isBroken) return Wrong("an error answer that broke");
            if (ErrorOf(question.Dialect, JsonNode.Parse(text)) is not { } refusal) return Wrong("an error that is not of the dialect's shape: " + text);
            return new ClientEntry(ClientEnding.Refused, id, status, text, null) { Error = refusal };
        }

        if (!question.IsStream)
        {
            if (isBroken) return Wrong("a JSON answer that broke");
            var answer = JsonNode.Parse(text)!;
            return Answered(isChat ? answer["choices"]![0]!["message"]!["content"]?.GetValue<string>() ?? "" : string.Concat(answer["content"]!.AsArray().Select(block => block!["text"]?.GetValue<string>())));
        }

        var data = text.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line["data: ".Length..])!).ToList();
        var words = string.Concat(data.Select(item => isChat ? ChoiceOf(item)?["delta"]?["content"]?.GetValue<string>() : item["delta"]?["text"]?.GetValue<string>()));
        var isFinished = isChat
            ? data.Any(item => ChoiceOf(item)?["finish_reason"] is not null) || text.Contains("[DONE]", StringComparison.Ordinal)
            : data.Any(item => item["type"]?.GetValue<string>() == "message_stop" || item["delta"]?["stop_reason"] is not null);
        var error = data.Where(item => item["error"] is not null).Select(item => ErrorOf(question.Dialect, item)).LastOrDefault();
        if (!isBroken)
        {
            if (data.Any(item => item["error"] is not null)) return Wrong("a clean end behind an error event");
            return isFinished ? Answered(words) : Wrong("a clean end without the dialect's end");
        }

        if (isFinished) return Wrong("a broken stream that shows its end");
        if (error is null) return Wrong("a stream that broke without an error event of the dialect's shape: " + text);
        // Of several the record has to say that it went on, as nothing behind an error event could.
        return Stamps(words, out var sources) is { } mixed ? Wrong(mixed) : new ClientEntry(ClientEnding.Broken, id, status, words, null) { Sources = sources, Error = error };

        ClientEntry Answered(string content)
        {
            if (Stamps(content, out var sources) is { } defect) return Wrong(defect);
            if (sources.Count != 1 && question.IsStamped && !(sources.Count == 2 && text.Contains("\"continued_at\":", StringComparison.Ordinal))) return Wrong("tokens of " + string.Join(", ", sources));
            return new ClientEntry(ClientEnding.Answered, id, status, content, null) { Sources = sources };
        }
    }

    private static ClientError? ErrorOf(string dialect, JsonNode? body)
    {
        if (body?["error"] is not JsonObject error) return null;
        var (code, isRetryable, id) = dialect == Chat
            ? (error["code"], error["retryable"], error["request_id"])
            : (error["details"]?["error_code"], error["details"]?["retryable"], body["type"]?.GetValue<string>() == "error" ? body["request_id"] : null);
        if (error["type"] is null || error["message"] is null || code is null || isRetryable is null || id is null) return null;
        return new ClientError(error["type"]!.GetValue<string>(), code.GetValue<string>(), isRetryable.GetValue<bool>(), id.GetValue<string>());
    }

    private static JsonNode? ChoiceOf(JsonNode item) => item["choices"]?.AsArray().FirstOrDefault();

    [GeneratedRegex(@"\b([a-z]+#[0-9]+):([0-9]+) ")]
    private static partial Regex Stamp();
}

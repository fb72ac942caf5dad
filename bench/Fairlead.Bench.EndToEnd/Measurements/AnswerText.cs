using System.Text;
using System.Text.Json;
using Fairlead.Bench.EndToEnd.Load;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>The text of an answer in either dialect, whole or as a stream.</summary>
internal static class AnswerText
{
    /// <summary>What the mock says to a translated request, whatever it is asked in.</summary>
    public static string Expected(PreparedRequest request) => request.IsStream
        ? OfStream([.. Payloads.StreamEvents(includeUsage: false).SelectMany(text => text)], isMessages: false)
        : OfWhole(Payloads.ChatAnswer(), isMessages: false);

    /// <summary>What a client got.</summary>
    public static string Of(ReadOnlySpan<byte> body, PreparedRequest request) =>
        request.IsStream ? OfStream(body, request.IsMessages) : OfWhole(body, request.IsMessages);

    private static string OfWhole(ReadOnlySpan<byte> body, bool isMessages)
    {
        using var answer = JsonDocument.Parse(body.ToArray());
        return isMessages
            ? answer.RootElement.GetProperty("content")[0].GetProperty("text").GetString()!
            : answer.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    private static string OfStream(ReadOnlySpan<byte> body, bool isMessages)
    {
        var text = new StringBuilder();
        foreach (var line in Encoding.UTF8.GetString(body).Split('\n'))
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal)) continue;
            using var data = JsonDocument.Parse(line["data: ".Length..]);
            var root = data.RootElement;
            if (!isMessages) root = root.GetProperty("choices") is { } choices && choices.GetArrayLength() > 0 ? choices[0] : default;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("delta", out var delta) && delta.TryGetProperty(isMessages ? "text" : "content", out var piece)) text.Append(piece.GetString());
        }

        return text.ToString();
    }
}

using System.Globalization;
using System.Text;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>What has to change in a chat request before it goes to a target: nothing, most of the time.</summary>
public static class ChatRequestSplices
{
    /// <summary>
    /// The splices of one send: the model's name where the target is called otherwise, <c>include_usage</c> where only we want
    /// the usage, a limit of the answer where a budget needs one, and our own claims, which never travel.
    /// </summary>
    /// <param name="peek">What was found in the body.</param>
    /// <param name="model">The model's name at the target.</param>
    /// <param name="askForUsage">Ask for a stream's usage, though the client did not.</param>
    /// <param name="cap">A limit of the answer, where the client gives none; null to write none.</param>
    public static IReadOnlyList<Splice> For(ChatRequestPeek peek, string model, bool askForUsage, OutputCap? cap = null)
    {
        var renamed = peek.ModelSplice(model);
        if (renamed is null && !askForUsage && cap is null && peek.ClaimSplices.Count == 0) return [];

        var splices = new List<Splice>(3);
        if (renamed is { } name) splices.Add(name);
        if (askForUsage && Usage(peek) is { } usage) splices.Add(usage);
        if (cap is { } limit && peek.MaxOutputTokens is null) splices.Add(Cap(peek, limit));
        splices.AddRange(peek.ClaimSplices);
        splices.Sort(static (left, right) => (left.Start, left.Length).CompareTo((right.Start, right.Length))); // at one place, first what is inserted
        return splices;
    }

    /// <summary>In place of a null that says the same; else behind the model's name.</summary>
    private static Splice Cap(ChatRequestPeek peek, OutputCap cap)
    {
        var tokens = cap.Tokens.ToString(CultureInfo.InvariantCulture);
        var empty = cap.Member == "max_tokens" ? peek.NullMaxTokens : peek.NullMaxCompletionTokens;
        return empty is { } value
            ? new Splice(value.ValueStart, value.ValueEnd - value.ValueStart, Encoding.ASCII.GetBytes(tokens))
            : new Splice(peek.ModelEnd, 0, Encoding.ASCII.GetBytes($",\"{cap.Member}\":{tokens}"));
    }

    private static Splice? Usage(ChatRequestPeek peek)
    {
        if (!peek.Stream || peek.IncludeUsage == true) return null;
        if (peek.IncludeUsageValue is { } value) return new Splice(value.ValueStart, value.ValueEnd - value.ValueStart, "true"u8.ToArray());
        if (peek.StreamOptionsValue is not { } options)
        {
            return new Splice(peek.StreamEnd, 0, ",\"stream_options\":{\"include_usage\":true}"u8.ToArray());
        }

        if (options.Kind != Peeking.ValueKind.Object)
        {
            return new Splice(options.ValueStart, options.ValueEnd - options.ValueStart, "{\"include_usage\":true}"u8.ToArray());
        }

        var isEmpty = !peek.Body.Span[(options.ValueStart + 1)..(options.ValueEnd - 1)].ContainsAnyExcept(" \t\r\n"u8);
        return new Splice(options.ValueStart + 1, 0, isEmpty ? "\"include_usage\":true"u8.ToArray() : "\"include_usage\":true,"u8.ToArray());
    }
}

using System.Text.Json;
using Fairlead.Core.Execution;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>
/// Reads the <c>usage</c> object of OpenAI's dialect and its relatives into canonical counts: cached tokens within input, reasoning
/// within output.
/// </summary>
internal static class ChatUsage
{
    /// <summary>No model reads or writes more in one request.</summary>
    private const long MostTokens = 100_000_000;

    /// <summary>Reads the object that the reader stands on, to its end.</summary>
    /// <returns>False when the counts are missing or cannot be true.</returns>
    public static bool TryRead(ref Utf8JsonReader json, out TokenUsage usage)
    {
        long? prompt = null, completion = null, total = null, cached = null, cacheWrite = null, reasoning = null;
        var isCredible = true;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("prompt_tokens"u8)) Count(ref json, ref prompt, ref isCredible);
            else if (json.ValueTextEquals("completion_tokens"u8)) Count(ref json, ref completion, ref isCredible);
            else if (json.ValueTextEquals("total_tokens"u8)) Count(ref json, ref total, ref isCredible);
            else if (json.ValueTextEquals("prompt_cache_hit_tokens"u8) || json.ValueTextEquals("cache_read_input_tokens"u8) || json.ValueTextEquals("cached_tokens"u8)) Larger(ref json, ref cached, ref isCredible);
            else if (json.ValueTextEquals("cache_creation_input_tokens"u8)) Larger(ref json, ref cacheWrite, ref isCredible);
            else if (json.ValueTextEquals("prompt_tokens_details"u8)) Details(ref json, "cached_tokens"u8, ref cached, "cache_write_tokens"u8, ref cacheWrite, ref isCredible);
            else if (json.ValueTextEquals("completion_tokens_details"u8)) Details(ref json, "reasoning_tokens"u8, ref reasoning, default, ref cacheWrite, ref isCredible);
            else json.Skip();
        }

        usage = default;
        if (!isCredible || prompt is not { } input || completion is not { } output || input + output == 0) return false;

        // Some vendors count thinking beside their output, the others within it, and some do not name it at all: the total tells.
        var beside = total - input - output;
        if (beside > 0 && (reasoning is null or 0 || reasoning == beside))
        {
            output += beside.Value;
            reasoning = beside;
        }

        var read = Math.Min(cached ?? 0, input);
        usage = new TokenUsage(input, read, Math.Min(cacheWrite ?? 0, input - read), output, Math.Min(reasoning ?? 0, output));
        return true;
    }

    private static void Details(
        ref Utf8JsonReader json, ReadOnlySpan<byte> first, ref long? firstCount, ReadOnlySpan<byte> second, ref long? secondCount, ref bool isCredible)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(first)) Larger(ref json, ref firstCount, ref isCredible);
            else if (!second.IsEmpty && json.ValueTextEquals(second)) Larger(ref json, ref secondCount, ref isCredible);
            else json.Skip();
        }
    }

    /// <summary>The same count may stand under two names: the larger one is it.</summary>
    private static void Larger(ref Utf8JsonReader json, ref long? count, ref bool isCredible)
    {
        long? found = null;
        Count(ref json, ref found, ref isCredible);
        if (found is { } value) count = Math.Max(count ?? 0, value);
    }

    private static void Count(ref Utf8JsonReader json, ref long? count, ref bool isCredible)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null) return;
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var tokens) && tokens is >= 0 and <= MostTokens)
        {
            count = tokens;
            return;
        }

        // Some write whole numbers with a point.
        if (json.TokenType != JsonTokenType.Number || !json.TryGetDecimal(out var value) || value != decimal.Truncate(value) || value is < 0 or > MostTokens)
        {
            isCredible = false;
            json.Skip();
            return;
        }

        count = (long)value;
    }
}

using System.Globalization;
using System.Text;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>
/// The counts of the dialect's <c>usage</c>. A stream reports them twice: a start value of the output at its beginning, the true ones at
/// its end. The last value of each count holds, field by field; nothing is summed (SEMANTICS 76, 78).
/// </summary>
internal struct MessagesUsage
{
    /// <summary>No model reads or writes more in one request.</summary>
    private const long MostTokens = 100_000_000;

    private long? _input;
    private long? _cacheRead;
    private long? _cacheWrite;
    private long? _cacheWriteMinutes;
    private long? _cacheWriteHour;
    private long? _output;
    private long? _thinking;

    /// <summary>A count was there that cannot be true.</summary>
    public bool IsAbsurd { get; private set; }

    /// <summary>
    /// Canonical counts: the dialect counts input without what the cache gave or took (SEMANTICS 74), thinking within output. What the
    /// cache took is told as a sum and by how long it is kept (SEMANTICS 77); the sum is the truth where the two differ. Null when input
    /// or output is missing, or all is zero: missing is never zero.
    /// </summary>
    public readonly TokenUsage? Canonical
    {
        get
        {
            if (IsAbsurd || _input is not { } fresh || _output is not { } output) return null;
            var hour = _cacheWriteHour ?? 0;
            var (read, write) = (_cacheRead ?? 0, _cacheWrite ?? (_cacheWriteMinutes ?? 0) + hour);
            var input = fresh + read + write;
            return input + output == 0 ? null : new TokenUsage(input, read, write, output, Math.Min(_thinking ?? 0, output)) { CacheWriteOneHour = Math.Min(hour, write) };
        }
    }

    /// <summary>Takes the object that comes next in.</summary>
    public void Read(ref JsonCursor json)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return;
        }

        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("input_tokens"u8)) Count(ref json, ref _input);
            else if (name.SequenceEqual("output_tokens"u8)) Count(ref json, ref _output);
            else if (name.SequenceEqual("cache_read_input_tokens"u8)) Count(ref json, ref _cacheRead);
            else if (name.SequenceEqual("cache_creation_input_tokens"u8)) Count(ref json, ref _cacheWrite);
            else if (name.SequenceEqual("cache_creation"u8)) ReadCacheCreation(ref json);
            else if (name.SequenceEqual("output_tokens_details"u8)) ReadDetails(ref json);
            else json.TrySkip();
        }
    }

    private void ReadCacheCreation(ref JsonCursor json)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return;
        }

        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("ephemeral_5m_input_tokens"u8)) Count(ref json, ref _cacheWriteMinutes);
            else if (name.SequenceEqual("ephemeral_1h_input_tokens"u8)) Count(ref json, ref _cacheWriteHour);
            else json.TrySkip();
        }
    }

    private void ReadDetails(ref JsonCursor json)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return;
        }

        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("thinking_tokens"u8)) Count(ref json, ref _thinking);
            else json.TrySkip();
        }
    }

    private void Count(ref JsonCursor json, ref long? count)
    {
        var value = json.Take();
        if (value.IsEmpty || value.SequenceEqual("null"u8)) return;
        if (decimal.TryParse(Encoding.UTF8.GetString(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number == decimal.Truncate(number) && number is >= 0 and <= MostTokens)
        {
            count = (long)number;
        }
        else
        {
            IsAbsurd = true;
        }
    }
}

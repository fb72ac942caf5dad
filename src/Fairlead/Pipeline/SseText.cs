using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Execution;

namespace Fairlead.Pipeline;

/// <summary>Our own bytes within a client's event stream.</summary>
internal static class SseText
{
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _scratch;

    /// <summary>
    /// What a stream knows only at its end, in one comment after the dialect's own end: clients skip it, people can read it.
    /// </summary>
    /// <param name="before">The last bytes of the stream: an end without its blank line must not swallow the comment.</param>
    public static void WriteClosingComment(IBufferWriter<byte> client, ReadOnlySpan<byte> before, GatewayRequest request, Attempt attempt)
    {
        var (buffer, json) = _scratch ??= (new ArrayBufferWriter<byte>(256), new Utf8JsonWriter(Stream.Null));
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("request_id", request.Id);
        if (!request.IsMinimal) WriteDetail(json, request, attempt);
        json.WriteEndObject();
        json.Flush();

        WriteBoundary(client, before);
        client.Write(": fairlead "u8);
        client.Write(buffer.WrittenSpan);
        client.Write("\n\n"u8);
    }

    private static void WriteDetail(Utf8JsonWriter json, GatewayRequest request, Attempt attempt)
    {
        var first = request.BrokenOff ?? attempt;
        var isContinued = !ReferenceEquals(first, attempt);
        var usage = isContinued ? first.Charge.Usage + attempt.Charge.Usage : attempt.Charge.Usage;
        json.WriteString("target", first.Choice.Target.Name);
        if (isContinued) json.WriteString("continued_at", attempt.Choice.Target.Name);
        json.WriteNumber("input_tokens", usage.Input);
        json.WriteNumber("output_tokens", usage.Output);
        json.WriteString("usage", attempt.Charge.Source == UsageSource.Reported && first.Charge.Source == UsageSource.Reported ? "reported" : "estimated");
        if (request.Cost is { } cost) json.WriteString("cost_usd", cost.ToString());
        if (attempt.Losses.Count > 0) json.WriteString("translation_loss", string.Join(", ", attempt.Losses));
    }

    private static void WriteBoundary(IBufferWriter<byte> client, ReadOnlySpan<byte> before)
    {
        if (before.EndsWith("\n\n"u8) || before.EndsWith("\n\r\n"u8) || before.EndsWith("\r\r"u8) || before.EndsWith("\n\r"u8)) return;
        client.Write(before.EndsWith("\n"u8) || before.EndsWith("\r"u8) ? "\n"u8 : "\n\n"u8);
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Tests.Recorded;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// The tokens of every recorded answer, in canonical counts and as clients of either dialect are told them, add up to what the vendor
/// reported, as the platform's JSON reads it.
/// </summary>
[Trait("Category", "SharedData")]
public sealed class UsageArithmeticTests
{
    [Fact]
    public void ChatUsage_Recorded_AddsUpInBothDialects() =>
        Tally.Run("openai.chat usage adds up, canonical and in both dialects", With(Exchange.AllOf("openai.chat"), OfChat), exchange => AddsUp(Codecs.Chat, exchange, OfChat(exchange)!));

    [Fact]
    public void MessagesUsage_Recorded_AddsUpInBothDialects() =>
        Tally.Run("anthropic.messages usage adds up, canonical and in both dialects", With(Exchange.AllOf("anthropic.messages"), OfMessages), exchange => AddsUp(Codecs.Messages, exchange, OfMessages(exchange)!));

    private static void AddsUp(IDialect dialect, Exchange exchange, SaidUsage due)
    {
        var isStream = exchange.Kind is "sse" or "events";
        var bytes = isStream ? Framed(exchange) : exchange.Body();
        foreach (var client in Codecs.All)
        {
            TokenUsage? usage;
            JsonNode? told = null;
            if (isStream)
            {
                var output = new System.Buffers.ArrayBufferWriter<byte>();
                var writer = client.Codec.OpenStream(Codecs.Setting());
                writer.Output = output;
                var observer = dialect.Codec.Observe(writer);
                observer.Observe(bytes, isFinal: true);
                usage = observer.Usage;
                if (observer.IsComplete)
                {
                    writer.End(observer.Finish, usage, Codecs.Estimate);
                    var stream = Encoding.UTF8.GetString(output.WrittenSpan);
                    told = (client == Codecs.Chat ? AnswerView.AssembleChat(stream) : AnswerView.AssembleMessages(stream))["usage"];
                }
            }
            else
            {
                Assert.True(dialect.TryReadAnswer(bytes, out var facts));
                usage = facts.Usage;
                var answer = dialect.Codec.ReadAnswer(bytes, facts, new TranslationLosses());
                Assert.NotNull(answer);
                var output = new System.Buffers.ArrayBufferWriter<byte>();
                client.Codec.WriteAnswer(output, answer, Codecs.Setting());
                told = Draw.Read(output.WrittenSpan)["usage"];
            }

            Assert.NotNull(usage);
            Assert.Equal(due, new SaidUsage(usage.Value.Input, usage.Value.CachedInput, usage.Value.CacheWrite, usage.Value.Output, usage.Value.Reasoning));
            if (told is not null) Assert.Equal(due, client == Codecs.Chat ? Told(told) : Counts([told.AsObject()]));
        }
    }

    /// <summary>What a client of OpenAI's dialect is told.</summary>
    private static SaidUsage Told(JsonNode usage)
    {
        Assert.Equal(Number(usage["total_tokens"]), Number(usage["prompt_tokens"]) + Number(usage["completion_tokens"]));
        var (prompt, completion) = (usage["prompt_tokens_details"]!, usage["completion_tokens_details"]!);
        return new SaidUsage(Number(usage["prompt_tokens"]), Number(prompt["cached_tokens"]), Number(prompt["cache_write_tokens"]), Number(usage["completion_tokens"]), Number(completion["reasoning_tokens"]));
    }

    /// <summary>The last usage that was reported; what the total holds beyond input and output is thinking that is counted beside it.</summary>
    private static SaidUsage? OfChat(Exchange exchange)
    {
        var items = Items(exchange);
        var usage = items.Select(item => item["usage"] as JsonObject).LastOrDefault(one => one is not null) ?? items.Select(item => item["x_groq"]?["usage"] as JsonObject).LastOrDefault(one => one is not null);
        if (usage?["prompt_tokens"] is null || usage["completion_tokens"] is null) return null;
        var (input, output) = (Number(usage["prompt_tokens"]), Number(usage["completion_tokens"]));
        if (input + output == 0) return null;
        var thinking = Number(usage["completion_tokens_details"]?["reasoning_tokens"]);
        var beside = usage["total_tokens"] is { } total ? Number(total) - input - output : 0;
        if (beside > 0 && (thinking == 0 || thinking == beside)) (output, thinking) = (output + beside, beside);
        var details = usage["prompt_tokens_details"];
        var cached = new[] { details?["cached_tokens"], usage["prompt_cache_hit_tokens"], usage["cached_tokens"], usage["cache_read_input_tokens"] }.Max(Number);
        var written = Math.Max(Number(details?["cache_write_tokens"]), Number(usage["cache_creation_input_tokens"]));
        // A part that is told larger than its whole, as a few vendors do, is the whole: the sums that are paid for are the vendor's.
        return new SaidUsage(input, Math.Min(cached, input), Math.Min(written, input - Math.Min(cached, input)), output, Math.Min(thinking, output));
    }

    /// <summary>The last value of each count; none before the end of a stream tells the output.</summary>
    private static SaidUsage? OfMessages(Exchange exchange)
    {
        var items = Items(exchange);
        if (exchange.Kind is "sse" or "events" && items.TrueForAll(item => item["type"]?.GetValue<string>() != "message_delta")) return null;
        var usages = items.Select(item => (item["usage"] ?? item["message"]?["usage"]) as JsonObject).OfType<JsonObject>().ToList();
        return usages.Count == 0 ? null : Counts(usages);
    }

    private static SaidUsage Counts(List<JsonObject> usages)
    {
        long Last(Func<JsonObject, JsonNode?> count) => Number(usages.Select(count).LastOrDefault(value => value is not null));
        var (read, written) = (Last(usage => usage["cache_read_input_tokens"]), Last(usage => usage["cache_creation_input_tokens"]));
        return new SaidUsage(Last(usage => usage["input_tokens"]) + read + written, read, written, Last(usage => usage["output_tokens"]), Last(usage => usage["output_tokens_details"]?["thinking_tokens"]));
    }

    private static List<Exchange> With(IReadOnlyList<Exchange> exchanges, Func<Exchange, SaidUsage?> usage) => [.. exchanges.Where(exchange => exchange is { Status: 200, Kind: "json" or "sse" or "events" } && usage(exchange) is not null)];

    private static List<JsonObject> Items(Exchange exchange) => exchange.Kind switch
    {
        "json" => [JsonNode.Parse(exchange.Body())!.AsObject()],
        "events" => [.. JsonNode.Parse(exchange.Body())!.AsArray().OfType<JsonObject>()],
        _ => [.. AnswerView.Events(Encoding.UTF8.GetString(exchange.Body())).Where(data => data.StartsWith('{')).Select(data => JsonNode.Parse(data)!.AsObject())],
    };

    /// <summary>A stream as it came; events whose framing was not kept, as the dialect frames them.</summary>
    private static byte[] Framed(Exchange exchange) =>
        exchange.Kind == "sse" ? exchange.Body() : Encoding.UTF8.GetBytes(string.Concat(Items(exchange).Select(item => $"data: {item.ToJsonString()}\n\n")));

    private static long Number(JsonNode? value) => value is null ? 0 : (long)value.GetValue<decimal>();
}

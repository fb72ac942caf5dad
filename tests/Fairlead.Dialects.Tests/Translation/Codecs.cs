using System.Buffers;
using System.Text;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Calls codecs as the gateway does.</summary>
internal static class Codecs
{
    public static IDialect Chat => ChatDialect.Instance;

    public static IDialect Messages => MessagesDialect.Instance;

    public static IReadOnlyList<IDialect> All { get; } = [Chat, Messages];

    /// <summary>What a dialect that must have counts is told where the vendor tells none.</summary>
    public static TokenUsage Estimate { get; } = new(11, 0, 0, 7, 0);

    /// <summary>What the client asked for: what Anthropic's clients are answered by.</summary>
    public const string RequestedModel = "model-that-was-asked-for";

    /// <summary>What every answer needs beside what the vendor said.</summary>
    public static AnswerSetting Setting(bool includesUsage = true, bool usesFunctions = false) => new()
    {
        RequestId = "req_1",
        Model = "model-of-the-target",
        RequestedModel = RequestedModel,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Estimate = Estimate,
        IncludesUsage = includesUsage,
        UsesFunctions = usesFunctions,
    };

    /// <summary>A target that can all that a dialect has words for.</summary>
    public static Target TargetOf(IDialect dialect, ThoughtReplay thoughts = ThoughtReplay.Details) => Semantics.Translating.Target(
        dialect,
        new ModelFacts { Reasoning = true, JsonSchema = true, Temperature = true, Efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] },
        thoughts: thoughts);

    /// <summary>Reads a request that must be read.</summary>
    public static Conversation Read(IDialect dialect, byte[] body)
    {
        Assert.True(dialect.TryPeek(body, out _, out var defect), defect.Message);
        var losses = new TranslationLosses();
        var conversation = dialect.Codec.ReadRequest(body, losses);
        Assert.True(conversation is not null, $"refused: {losses.Refusal}");
        return conversation;
    }

    /// <summary>Writes a request that must be written.</summary>
    public static byte[] Write(IDialect dialect, Conversation conversation, out IReadOnlyList<string> lost, ThoughtReplay thoughts = ThoughtReplay.Details)
    {
        var losses = new TranslationLosses();
        var body = new ArrayBufferWriter<byte>();
        dialect.Codec.WriteRequest(body, conversation, TargetOf(dialect, thoughts), losses);
        Assert.True(losses.Refusal is null, $"refused: {losses.Refusal}");
        lost = losses.Listed;
        return body.WrittenSpan.ToArray();
    }

    /// <summary>A vendor's whole JSON answer in another dialect.</summary>
    public static byte[] Answer(IDialect from, IDialect to, byte[] body, in AnswerSetting setting)
    {
        Assert.True(from.TryReadAnswer(body, out var facts), "no answer");
        Assert.Null(facts.Error);
        var answer = from.Codec.ReadAnswer(body, facts, new TranslationLosses());
        Assert.NotNull(answer);
        var written = new ArrayBufferWriter<byte>();
        to.Codec.WriteAnswer(written, answer, setting);
        return written.WrittenSpan.ToArray();
    }

    /// <summary>A vendor's stream in another dialect, its bytes coming in pieces that end at some offsets.</summary>
    public static string Stream(IDialect from, IDialect to, byte[] bytes, in AnswerSetting setting, IEnumerable<int> cuts)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = to.Codec.OpenStream(setting);
        writer.Output = output;
        var observer = from.Codec.Observe(writer);
        var consumed = 0;
        foreach (var cut in cuts) consumed += observer.Observe(bytes.AsSpan(consumed..Math.Max(consumed, cut)), isFinal: false).Consumed;
        observer.Observe(bytes.AsSpan(consumed), isFinal: true);
        Assert.True(observer.Error is null, $"error: {observer.Error?.Class} {observer.Error?.Detail}");
        Assert.True(observer.IsComplete, "not complete");
        Assert.False(writer.IsMalformed);
        writer.End(observer.Finish, observer.Usage, Estimate);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

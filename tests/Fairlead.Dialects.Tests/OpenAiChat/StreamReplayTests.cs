using System.Text.Json;
using Fairlead.Dialects.Tests.Recorded;
using Fairlead.Tests;

namespace Fairlead.Dialects.Tests.OpenAiChat;

/// <summary>
/// Every recorded stream, cut every which way, says the same as when a JSON document parser reads it event by event, and goes out
/// byte for byte.
/// </summary>
[Trait("Category", "SharedData")]
public sealed class StreamReplayTests
{
    private const int SmallBytes = 8 * 1024;

    /// <summary>Up to this size every two-piece cut is tried on non-ASCII streams in the default run; larger ones by the flag.</summary>
    private static readonly int NonAsciiBytes = SharedFolder.IsLarge ? int.MaxValue : 24 * 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Observe_WholeStream_SaysWhatAJsonDocumentSays(bool withholds) =>
        Tally.Run($"streams whole, usage {(withholds ? "withheld" : "passed")}", Exchange.Streams(), exchange =>
        {
            var bytes = exchange.Body();
            StreamCheck.Pieces(new StreamRun(bytes), bytes, new StreamOracle(bytes, withholds), withholds, []);
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Observe_OneByteAtATime_SaysTheSame(bool withholds) =>
        Tally.Run($"streams by single bytes, usage {(withholds ? "withheld" : "passed")}", Exchange.Streams(), exchange =>
        {
            var bytes = exchange.Body();
            StreamCheck.Pieces(new StreamRun(bytes), bytes, new StreamOracle(bytes, withholds, splitsLineFeeds: true), withholds, Enumerable.Range(0, bytes.Length));
        });

    [Fact]
    public void Observe_CutInTwoAtEveryOffset_SaysTheSame()
    {
        var streams = Exchange.Streams().Where(exchange => exchange.Body() is var body && body.Length <= (body.All(one => one < 0x80) ? SmallBytes : NonAsciiBytes)).ToList();
        Tally.Run("streams cut in two at every offset", streams, exchange =>
        {
            var bytes = exchange.Body();
            var oracle = new StreamOracle(bytes, withholds: false);
            var run = new StreamRun(bytes);
            for (var cut = 0; cut <= bytes.Length; cut++) StreamCheck.TwoPieces(run, bytes, oracle, withholds: false, cut);
        });
    }

    [Fact]
    public void Observe_CutAroundEveryLineEnd_SaysTheSame() =>
        Tally.Run("streams cut around line ends", Exchange.Streams(), exchange =>
        {
            var bytes = exchange.Body();
            var oracle = new StreamOracle(bytes, withholds: true);
            var run = new StreamRun(bytes);
            foreach (var cut in LineEnds(bytes)) StreamCheck.TwoPieces(run, bytes, oracle, withholds: true, cut);
        });

    /// <summary>Every offset is a cut in one of the runs, in the longest streams too: run k cuts every event at its k-th byte.</summary>
    [Fact]
    public void Observe_EveryEventCutAtTheSamePlace_SaysTheSame() =>
        Tally.Run("streams with every event cut at every offset", Exchange.Streams(), exchange =>
        {
            var bytes = exchange.Body();
            var oracle = new StreamOracle(bytes, withholds: true);
            var run = new StreamRun(bytes);
            var longest = oracle.Blocks.Max(block => block.End - block.Start);
            for (var place = 1; place < longest; place++)
            {
                if (place > 1024 && !SharedFolder.IsLarge) break;
                StreamCheck.Pieces(run, bytes, oracle, withholds: true, oracle.Blocks.Where(block => block.Start + place < block.End && !SplitsLineEnd(bytes, block.Start + place)).Select(block => block.Start + place));
            }
        });

    public static TheoryData<string> Variants => [.. StreamVariants.Names];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Observe_FramedOtherwise_SaysTheSame(string variant) =>
        Tally.Run("streams framed otherwise, " + variant, Exchange.Streams(), exchange =>
        {
            var bytes = StreamVariants.Of(variant, exchange.Body());
            var plain = new StreamOracle(exchange.Body(), withholds: true).Final;
            var oracle = new StreamOracle(bytes, withholds: true);
            Assert.Equal((plain.Id, plain.Model, plain.Usage, plain.ContentEvents, plain.ContentBytes, plain.IsComplete), (oracle.Final.Id, oracle.Final.Model, oracle.Final.Usage, oracle.Final.ContentEvents, oracle.Final.ContentBytes, oracle.Final.IsComplete));
            var run = new StreamRun(bytes);
            StreamCheck.Pieces(run, bytes, oracle, withholds: true, []);
            StreamCheck.Pieces(run, bytes, new StreamOracle(bytes, withholds: true, splitsLineFeeds: true), withholds: true, Enumerable.Range(0, bytes.Length));
            if (bytes.Length > SmallBytes && !SharedFolder.IsLarge) return;
            foreach (var cut in LineEnds(bytes).Where(cut => !SplitsLineEnd(bytes, cut))) StreamCheck.TwoPieces(run, bytes, oracle, withholds: true, cut);
        });

    [Fact]
    public void Observe_EndingAfterEveryEvent_IsCompleteOnlyAtItsEnd() =>
        Tally.Run("streams ending after every event", Exchange.Streams(), exchange =>
        {
            var bytes = exchange.Body();
            var oracle = new StreamOracle(bytes, withholds: true);
            var run = new StreamRun(bytes);
            foreach (var block in oracle.Blocks)
            {
                StreamCheck.Truncated(run, oracle, withholds: true, block.End);
                NeverLooksFinished(run);
            }
        });

    [Fact]
    public void Observe_EndingAfterEveryByte_IsCompleteOnlyAtItsEnd()
    {
        var streams = Exchange.Streams().Where(exchange => exchange.Body().Length <= (SharedFolder.IsLarge ? int.MaxValue : SmallBytes / 2)).ToList();
        Tally.Run("streams ending after every byte", streams, exchange =>
        {
            var bytes = exchange.Body();
            var oracle = new StreamOracle(bytes, withholds: false);
            var run = new StreamRun(bytes);
            for (var end = 0; end <= bytes.Length; end++)
            {
                StreamCheck.Truncated(run, oracle, withholds: false, end);
                NeverLooksFinished(run);
            }
        });
    }

    /// <summary>In the client's bytes of a broken stream there is no end, and no finish behind the last content.</summary>
    private static void NeverLooksFinished(StreamRun run)
    {
        if (run.Observer.IsComplete) return;
        var wire = run.Released.ToArray();
        var blocks = EventCutter.Cut(wire, out var rest);
        Assert.Equal(wire.Length, rest);
        Assert.DoesNotContain(blocks, block => block.Data == "[DONE]");
        if (blocks.LastOrDefault(block => block.Data is not null) is { } last && JsonDocument.Parse(last.Data!).RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("choices", out var choices) && choices.GetArrayLength() == 1)
        {
            var hasFinish = choices[0].TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String && reason.GetString() != "";
            Assert.False(hasFinish && run.Observer.Error is null && new StreamOracle(wire, withholds: false).Final.IsComplete, "a broken stream looks finished");
        }
    }

    private static bool SplitsLineEnd(byte[] bytes, int cut) => cut > 0 && cut < bytes.Length && bytes[cut - 1] == '\r' && bytes[cut] == '\n';

    private static IEnumerable<int> LineEnds(byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is not ((byte)'\n' or (byte)'\r')) continue;
            yield return i;
            if (i + 1 <= bytes.Length && (i + 1 == bytes.Length || bytes[i + 1] is not ((byte)'\n' or (byte)'\r'))) yield return i + 1;
        }
    }
}

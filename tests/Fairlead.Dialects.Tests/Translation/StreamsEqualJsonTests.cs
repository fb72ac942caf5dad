using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// An answer that comes as a stream says, translated, what it says translated whole, and both say what the vendor said: whatever the
/// pieces it comes in and wherever its bytes are cut.
/// </summary>
public sealed class StreamsEqualJsonTests
{
    private const int Cases = 600;

    public static TheoryData<string, string> Directions => [.. Codecs.All.SelectMany(from => Codecs.All.Select(to => (from.Name, to.Name)))];

    [Theory]
    [MemberData(nameof(Directions))]
    public void Translation_OfAnyAnswer_IsTheSameWholeAndStreamed(string from, string to)
    {
        var (vendor, client) = (Codecs.All.Single(dialect => dialect.Name == from), Codecs.All.Single(dialect => dialect.Name == to));
        Property.Check(SaidAnswer.Any, Cases, answer =>
        {
            var random = new Random(answer.Seed);
            var isChat = vendor == Codecs.Chat;
            var chat = new ChatVendor(answer);
            var usesFunctions = isChat && client == Codecs.Chat && chat.IsLegacy;
            var setting = Codecs.Setting(usesFunctions: usesFunctions);
            var json = isChat ? chat.Json() : new MessagesVendor(answer).Json();
            var stream = isChat ? chat.Stream() : new MessagesVendor(answer).Stream();

            var whole = Codecs.Answer(vendor, client, json, setting);
            var streamed = Codecs.Stream(vendor, client, stream, setting, VendorStream.Cuts(random, stream.Length));

            var due = client == Codecs.Chat ? Due.ToChat(answer, isChat ? chat : null) : Due.ToMessages(answer, isChat ? chat : null);
            Assert.Equal(due, View(client, Draw.Read(whole)));
            Assert.Equal(due, View(client, client == Codecs.Chat ? AnswerView.AssembleChat(streamed) : AnswerView.AssembleMessages(streamed)));
        });
    }

    /// <summary>What was translated for a client of OpenAI's dialect is an answer of that dialect: another gateway reads it as it was meant.</summary>
    [Theory]
    [MemberData(nameof(Directions))]
    public void Translation_OfATranslatedAnswer_IsTheSameWholeAndStreamed(string from, string to)
    {
        var (vendor, client) = (Codecs.All.Single(dialect => dialect.Name == from), Codecs.All.Single(dialect => dialect.Name == to));
        Property.Check(SaidAnswer.Any, Cases, answer =>
        {
            var random = new Random(answer.Seed);
            var (json, stream) = vendor == Codecs.Chat ? (new ChatVendor(answer).Json(), new ChatVendor(answer).Stream()) : (new MessagesVendor(answer).Json(), new MessagesVendor(answer).Stream());
            var whole = Codecs.Answer(Codecs.Chat, client, Codecs.Answer(vendor, Codecs.Chat, json, Codecs.Setting()), Codecs.Setting());
            var between = Encoding.UTF8.GetBytes(Codecs.Stream(vendor, Codecs.Chat, stream, Codecs.Setting(), []));
            var streamed = Codecs.Stream(Codecs.Chat, client, between, Codecs.Setting(), VendorStream.Cuts(random, between.Length));

            Assert.Equal(View(client, Draw.Read(whole)), View(client, client == Codecs.Chat ? AnswerView.AssembleChat(streamed) : AnswerView.AssembleMessages(streamed)));
        });
    }

    /// <summary>Where the vendor tells no usage, a client of OpenAI's dialect gets none, and one of Anthropic's the estimate.</summary>
    [Fact]
    public void Translation_WithoutUsage_TellsNoneOrTheEstimate()
    {
        var json = """{"id":"a","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}"""u8.ToArray();
        var stream = "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"u8.ToArray();

        Assert.Null(Draw.Read(Codecs.Answer(Codecs.Chat, Codecs.Chat, json, Codecs.Setting()))["usage"]);
        Assert.Null(AnswerView.AssembleChat(Codecs.Stream(Codecs.Chat, Codecs.Chat, stream, Codecs.Setting(), []))["usage"]);
        var whole = View(Codecs.Messages, Draw.Read(Codecs.Answer(Codecs.Chat, Codecs.Messages, json, Codecs.Setting())));
        Assert.Equal("input 11 read 0 write 0 output 7 thinking 0", whole.Usage);
        Assert.Equal(whole, View(Codecs.Messages, AnswerView.AssembleMessages(Codecs.Stream(Codecs.Chat, Codecs.Messages, stream, Codecs.Setting(), []))));
    }

    private static AnswerView View(IDialect dialect, JsonNode answer) => dialect == Codecs.Chat ? AnswerView.OfChat(answer) : AnswerView.OfMessages(answer);
}

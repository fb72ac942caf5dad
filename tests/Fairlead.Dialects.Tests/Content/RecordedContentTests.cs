using System.Text;
using System.Text.RegularExpressions;
using Fairlead.Core.Classification;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Content;

/// <summary>The content of every recorded request against an independent reading.</summary>
[Trait("Category", "SharedData")]
public sealed class RecordedContentTests
{
    [Fact]
    public void Content_OfRecordedChatRequests_IsWhatADocumentSays() => Check(ChatDialect.Instance, "content of recorded chat requests", Exchange.All());

    [Fact]
    public void Content_OfRecordedMessagesRequests_IsWhatADocumentSays() => Check(MessagesDialect.Instance, "content of recorded messages requests", Exchange.AllMessages());

    private static void Check(IDialect dialect, string name, IReadOnlyList<Exchange> exchanges)
    {
        var asked = exchanges.Where(exchange => exchange.Request?["messages"] is not null && exchange.Request["model"] is not null).ToList();
        var (words, images, tools) = (0, 0, 0);
        Tally.Run(name, asked, exchange =>
        {
            var expected = ContentOracle.Of(exchange.Request!);
            var body = Encoding.UTF8.GetBytes(exchange.Request!.ToJsonString());
            Assert.True(dialect.TryPeek(body, out var peek, out var defect), defect.Message);
            using var content = dialect.Content(peek);

            Assert.Equal(expected.Characters, content.TextLength);
            Assert.Equal(expected.HasImages, content.HasImages);
            Assert.Equal(expected.ToolNames, content.ToolNames);
            Assert.Equal(expected.Metadata.OrderBy(member => member.Key), content.Metadata.OrderBy(member => member.Key));
            Assert.True(content.PromptTokens > 0 && (expected.HasImages || content.PromptTokens <= Math.Max(peek.PromptBytes, 5_000)), $"{content.PromptTokens} tokens of {peek.PromptBytes} bytes");
            foreach (var message in expected.Messages) Assert.True(content.Matches(new Regex("\\A" + Regex.Escape(message) + "\\z", RegexOptions.CultureInvariant)), message);
            foreach (var word in expected.Words().Take(20))
            {
                Assert.True(content.Mentions(new PhraseSet([word.ToUpperInvariant()])), word);
                words++;
            }

            Assert.False(content.Mentions(new PhraseSet(["wordthatnobodyhaswritten"])));
            if (expected.HasImages) images++;
            if (expected.ToolNames.Count > 0) tools++;
        });
        Assert.True(words > 100 && images > 0 && tools > 0, $"{words} words, {images} with images, {tools} with tools");
    }
}

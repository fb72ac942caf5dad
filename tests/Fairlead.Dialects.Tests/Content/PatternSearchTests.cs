using System.Text.RegularExpressions;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Dialects.Tests.Content;

/// <summary>All messages of a prompt have together the time that a pattern has for one.</summary>
public sealed class PatternSearchTests
{
    [Fact]
    public void IsIn_TextsThatTakeTheTimeTogether_EndsTheSearch()
    {
        var search = new PatternSearch(Pattern("b"), new TickingClock(TimeSpan.FromMilliseconds(100)));

        Assert.False(search.IsIn("a"));
        Assert.False(search.IsIn("a"));
        var thrown = Assert.Throws<RegexMatchTimeoutException>(() => search.IsIn("a b"));
        Assert.Equal(("", TimeSpan.FromMilliseconds(250)), (thrown.Input, thrown.MatchTimeout));
    }

    [Fact]
    public void IsIn_SomeOfTheTimeIsOver_StillMeansTheSame()
    {
        for (var before = 0; before < 9; before++)
        {
            var search = new PatternSearch(Pattern("^B$", RegexOptions.IgnoreCase), new TickingClock(TimeSpan.FromMilliseconds(25)));
            for (var i = 0; i < before; i++) Assert.False(search.IsIn("a\nb"));

            Assert.True(search.IsIn("b"));
        }
    }

    [Fact]
    public void IsIn_PatternWithoutALimit_HasNone()
    {
        var search = new PatternSearch(new Regex("b", RegexOptions.NonBacktracking), new TickingClock(TimeSpan.FromDays(1)));

        Assert.False(search.IsIn("a"));
        Assert.True(search.IsIn("b"));
    }

    /// <summary>The least time that a pattern can have is over after some of many messages, whatever the machine.</summary>
    [Fact]
    public void Matches_ManyMessages_IsOneSearch()
    {
        var messages = string.Join(',', Enumerable.Repeat("{\"role\":\"user\",\"content\":\"a\"}", 1000));
        var body = System.Text.Encoding.UTF8.GetBytes($"{{\"model\":\"m\",\"messages\":[{messages}]}}");
        Assert.True(ChatDialect.Instance.TryPeek(body, out var peek, out _));
        using var content = ChatDialect.Instance.Content(peek);

        Assert.False(content.Matches(new Regex("b", RegexOptions.NonBacktracking)));
        Assert.Throws<RegexMatchTimeoutException>(() => content.Matches(new Regex("b", RegexOptions.NonBacktracking, TimeSpan.FromTicks(1))));
    }

    private static Regex Pattern(string pattern, RegexOptions options = RegexOptions.None) => new(pattern, options | RegexOptions.NonBacktracking, TimeSpan.FromMilliseconds(250));

    /// <summary>A clock that goes on by one step whenever it is looked at.</summary>
    private sealed class TickingClock(TimeSpan step) : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += step.Ticks;
    }
}

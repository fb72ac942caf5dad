using Fairlead.Core.Requests;

namespace Fairlead.Core.Tests.Requests;

/// <summary>Ids, held against values computed elsewhere.</summary>
public sealed class RequestIdTests
{
    [Theory]
    [InlineData(0, "00000000000000000000", "req_00000000000000000000000000")]
    [InlineData(0, "ffffffffffffffffffff", "req_0000000000zzzzzzzzzzzzzzzz")]
    [InlineData(1, "00000000000000000000", "req_00000000010000000000000000")]
    [InlineData(32, "00000000000000000001", "req_00000000100000000000000001")]
    [InlineData(1_790_000_000_000, "0123456789abcdef0123", "req_01m3250v0004hmasw9nf6yy093")]
    public void Create_KnownTimeAndBits_GivesTheKnownId(long milliseconds, string random, string expected)
    {
        var id = RequestId.Create(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), Convert.FromHexString(random));

        Assert.Equal(expected, id);
        Assert.Equal(30, id.Length);
        Assert.True(RequestId.IsWellFormed(id));
    }

    [Fact]
    public void Create_LaterIds_SortAfterEarlierOnes()
    {
        byte[] high = [255, 255, 255, 255, 255, 255, 255, 255, 255, 255];
        var now = new DateTimeOffset(2027, 6, 30, 12, 0, 0, TimeSpan.Zero);

        Assert.True(string.CompareOrdinal(RequestId.Create(now, high), RequestId.Create(now.AddMilliseconds(1), new byte[10])) < 0);
    }

    [Fact]
    public void Create_SameInstant_GivesDifferentIds()
    {
        var now = DateTimeOffset.UnixEpoch;

        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => RequestId.Create(now)).Distinct().Count());
    }

    [Theory]
    [InlineData("req_00000000000000000000000000", true)]
    [InlineData("req_0000000000000000000000000", false)]
    [InlineData("req_000000000000000000000000000", false)]
    [InlineData("req-00000000000000000000000000", false)]
    [InlineData("REQ_00000000000000000000000000", false)]
    [InlineData("req_0000000000000000000000000A", false)]
    [InlineData("req_0000000000000000000000000i", false)]
    [InlineData("req_0000000000000000000000000l", false)]
    [InlineData("req_0000000000000000000000000o", false)]
    [InlineData("req_0000000000000000000000000u", false)]
    [InlineData("req_0000000000000000000000000/", false)]
    [InlineData("", false)]
    public void IsWellFormed_ATextOfAnyKind_IsJudged(string text, bool expected)
    {
        Assert.Equal(expected, RequestId.IsWellFormed(text));
    }
}

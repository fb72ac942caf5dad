using System.Text;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.Tests.Splicing;

/// <summary>Segments of a spliced body.</summary>
public sealed class SplicedBodyTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("0123456789");

    [Theory]
    [InlineData("", "0123456789")]
    [InlineData("0:1:x", "x123456789")]
    [InlineData("9:1:x", "012345678x")]
    [InlineData("10:0:x", "0123456789x")]
    [InlineData("0:0:x", "x0123456789")]
    [InlineData("0:10:", "")]
    [InlineData("2:3:", "0156789")]
    [InlineData("2:3:ab|5:0:c|5:2:d", "01abcd789")]
    [InlineData("3:0:a|3:0:b", "012ab3456789")]
    public void Segments_Splices_MakeTheBody(string splices, string expected)
    {
        var spliced = new SplicedBody(Body, Splices(splices));

        Assert.Equal(expected, Encoding.UTF8.GetString(spliced.Segments.SelectMany(segment => segment.ToArray()).ToArray()));
        Assert.DoesNotContain(spliced.Segments, segment => segment.IsEmpty);
    }

    [Theory]
    [InlineData("2:3:|4:1:")]
    [InlineData("5:1:|2:1:")]
    [InlineData("9:2:")]
    [InlineData("11:0:x")]
    public void Segments_BadSplices_Throw(string splices) => Assert.Throws<ArgumentException>(() => new SplicedBody(Body, Splices(splices)));

    [Fact]
    public void Segments_NoSplice_IsTheBodyItself()
    {
        var segment = Assert.Single(new SplicedBody(Body, []).Segments);
        Assert.True(segment.Equals(Body.AsMemory()));
    }

    private static List<Splice> Splices(string text) =>
    [
        .. text.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split(':')).Select(parts =>
            new Splice(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), Encoding.UTF8.GetBytes(parts[2]))),
    ];
}

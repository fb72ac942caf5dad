using Fairlead.Core.Ledger;

namespace Fairlead.Core.Tests.Ledger;

/// <summary>Names and values for accounting, bounded and in one form.</summary>
public sealed class RequestTagsTests
{
    [Theory]
    [InlineData("cost_center=42", """{"cost_center":"42"}""")]
    [InlineData("b=2,a=1", """{"a":"1","b":"2"}""")]
    [InlineData("  b = two words ,\ta=1=1 ", null)] // a tab is no space
    [InlineData("  b = two words , a=1=1 ", """{"a":"1=1","b":"two words"}""")]
    [InlineData("a=\"quoted\\\"<'", """{"a":"\"quoted\\\"<'"}""")]
    [InlineData("a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8", """{"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7","h":"8"}""")]
    [InlineData("a", null)]
    [InlineData("=1", null)]
    [InlineData("a=", null)]
    [InlineData("A=1", null)]
    [InlineData("a-b=1", null)]
    [InlineData("a=1,", null)]
    [InlineData("a=1,a=1", null)]
    [InlineData("a=ü", null)]
    [InlineData("a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9", null)]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456=1", null)]
    [InlineData("a=0123456789012345678901234567890123456789012345678901234567890123x", null)]
    public void TryParse_AText_IsOneFormOrNone(string text, string? json)
    {
        Assert.Equal(json is not null, RequestTags.TryParse(text, out var tags, out var error));
        Assert.Equal(json, tags?.Json);
        Assert.Equal(json is null, error is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void TryParse_NoTag_IsNone(string text)
    {
        Assert.True(RequestTags.TryParse(text, out var tags, out _));
        Assert.Null(tags);
    }

    [Fact]
    public void With_OthersThatContradict_TellsTheName()
    {
        Assert.Equal("b", Tags("a=1, b=2").With(Tags("b=3, c=4"), out _));
        Assert.Null(Tags("a=1, b=2").With(Tags("b=2, c=4"), out var all));
        Assert.Equal("a=1, b=2, c=4", all.ToString());
        Assert.Equal(Tags("c=4,b=2,a=1"), all);
    }

    private static RequestTags Tags(string text) => RequestTags.TryParse(text, out var tags, out var error) ? tags! : throw new FormatException(error);
}

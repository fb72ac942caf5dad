namespace Fairlead.Simulator.Tests.Quotas;

public sealed class SimulatedQuotaTests
{
    [Theory]
    [InlineData("rpm=60")]
    [InlineData("rpm=60 rpd=1000 tpm=100000 tpd=1000000 itpm=50000 otpm=10000 credit=$5 key=sk-1 model=sim")]
    [InlineData("credit=$0.000000001")]
    [InlineData("rpm=1 key=\"a b\"")]
    public void ToString_OfAWellFormedLine_IsThatLine(string text) => Assert.Equal(text, SimulatedQuota.Parse(text).ToString());

    [Fact]
    public void Parse_OtherSpelling_HasOneCanonicalForm() => Assert.Equal("rpm=60 tpm=10 credit=$2.5 key=k", SimulatedQuota.Parse("  key=k credit=$2.50  tpm=10 rpm=60 ").ToString());

    [Theory]
    [InlineData("", "limits nothing")]
    [InlineData("key=sk-1", "limits nothing")]
    [InlineData("60", "'60' is no limit")]
    [InlineData("rpm", "'rpm' is no limit")]
    [InlineData("rpm=0", "between 1 and")]
    [InlineData("rpm=-1", "'rpm=-1'")]
    [InlineData("rpm=1.5", "'rpm=1.5'")]
    [InlineData("rpm=60 rpm=70", "'rpm' stands twice")]
    [InlineData("rpm=60 tmp=100", "does not take 'tmp=100'")]
    [InlineData("credit=5", "a sum such as $5")]
    [InlineData("credit=$0", "above zero")]
    [InlineData("credit=$0.0000000001", "above zero")]
    [InlineData("credit=$1000001", "up to $1000000")]
    [InlineData("rpm=1 key=\"open", "quote is not closed")]
    public void Parse_NotAQuota_SaysWhatIsWrong(string text, string reason)
    {
        var exception = Assert.Throws<FormatException>(() => SimulatedQuota.Parse(text));

        Assert.StartsWith($"Quota '{text}': ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}

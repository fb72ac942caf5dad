using Fairlead.Core.Classification;

namespace Fairlead.Core.Tests.Classification;

public sealed class KnownNamesTests
{
    [Theory]
    [InlineData("phi", true)]
    [InlineData("a", true)]
    [InlineData("a_1", true)]
    [InlineData("", false)]
    [InlineData("1a", false)]
    [InlineData("_a", false)]
    [InlineData("Phi", false)]
    [InlineData("a-b", false)]
    [InlineData("a b", false)]
    [InlineData("\u00E9", false)]
    public void IsName_ByItsLetters(string text, bool isName) => Assert.Equal(isName, KnownNames.IsName(text));

    [Fact]
    public void IsName_Takes64Characters_AndNoMore()
    {
        Assert.True(KnownNames.IsName(new string('a', 64)));
        Assert.False(KnownNames.IsName(new string('a', 65)));
    }

    [Theory]
    [InlineData("ph1", "'ph1' is not a sensitivity label of this gateway; did you mean 'phi'?")]
    [InlineData("PHI", "'PHI' is not a sensitivity label of this gateway; did you mean 'phi'?")]
    [InlineData("secrets", "'secrets' is not a sensitivity label of this gateway; did you mean 'secret'?")]
    [InlineData("weather", "'weather' is not a sensitivity label of this gateway; known are financial_account, legal_confidential, phi, pii, secret.")]
    public void Unknown_NamesTheNearestOrAll(string name, string message)
    {
        Assert.False(SensitivityLabels.Names.Known(name));
        Assert.Equal(message, SensitivityLabels.Names.Unknown(name));
    }

    [Fact]
    public void Unknown_LongOrStrange_IsBounded() =>
        Assert.InRange(Workloads.Names.Unknown(new string('\u0001', 5_000)).Length, 1, 400);

    [Fact]
    public void With_FurtherNames_KnowsBoth()
    {
        var names = SensitivityLabels.Names.With(["export_controlled", "phi"]);

        Assert.True(names.Known("export_controlled"));
        Assert.True(names.Known("pii"));
        Assert.Equal(6, names.Names.Length);
        Assert.False(SensitivityLabels.Names.Known("export_controlled"));
        Assert.Equal("'export_controled' is not a sensitivity label of this gateway; did you mean 'export_controlled'?", names.Unknown("export_controled"));
    }

    [Fact]
    public void BuiltIn_NamesAreWellFormed_AndMean()
    {
        Assert.Equal(9, Workloads.BuiltIn.Length);
        Assert.Equal(5, SensitivityLabels.BuiltIn.Length);
        Assert.All(Workloads.BuiltIn, workload => Assert.True(KnownNames.IsName(workload.Name) && workload.Meaning.Length > 10, workload.Name));
        Assert.All(SensitivityLabels.BuiltIn, label => Assert.True(KnownNames.IsName(label.Name) && label.Meaning.Length > 10, label.Name));
    }
}

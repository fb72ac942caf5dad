using System.Runtime.CompilerServices;
using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

public sealed class CelValueTests
{
    [Fact]
    public void Value_Fits24Bytes() => Assert.True(Unsafe.SizeOf<CelValue>() <= 24);

    [Fact]
    public void Of_Scalars_AllocatesNothing()
    {
        const string Text = "text";
        var moment = DateTimeOffset.UnixEpoch;
        _ = CelValue.Of(Text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = CelValue.Of(true);
            _ = CelValue.Of(i);
            _ = CelValue.OfUint(1);
            _ = CelValue.Of(0.5);
            _ = CelValue.Of(Text);
            _ = CelValue.Of(moment);
            _ = CelValue.Of(TimeSpan.FromTicks(i));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Default_IsUnknown() => Assert.Equal(CelKind.Unknown, default(CelValue).Kind);

    [Fact]
    public void As_OtherKind_IsTheEmptyOne()
    {
        var text = CelValue.Of("5");

        Assert.Equal((false, 0L, 0UL, "", 0), (text.IsTrue, text.AsInt, text.AsUint, CelValue.Of(5).AsString, text.Count));
        Assert.True(double.IsNaN(text.AsDouble));
        Assert.Equal(DateTimeOffset.UnixEpoch, text.AsTimestamp);
        Assert.Equal(TimeSpan.Zero, text.AsDuration);
        Assert.True(text.AsBytes.IsEmpty);
    }

    [Fact]
    public void Of_Times_ComeBack()
    {
        var early = new DateTimeOffset(1, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(1);
        var late = DateTimeOffset.MaxValue;
        var local = new DateTimeOffset(1969, 12, 31, 23, 59, 59, TimeSpan.FromHours(2)).AddTicks(7);

        Assert.Equal((early, late, local), (CelValue.Of(early).AsTimestamp, CelValue.Of(late).AsTimestamp, CelValue.Of(local).AsTimestamp));
        Assert.Equal(TimeSpan.FromTicks(-7), CelValue.Of(TimeSpan.FromTicks(-7)).AsDuration);
        Assert.Equal(CelKind.Error, CelValue.Of(TimeSpan.MaxValue).Kind);
        Assert.Equal("timestamp(\"1969-12-31T21:59:59.0000007Z\")", CelValue.Of(local).ToString());
    }

    [Fact]
    public void Maps_OfAnyForm_AreEqualByWhatTheyHold()
    {
        var texts = CelValue.Of(new Dictionary<string, string> { ["a"] = "b" });
        var numbers = CelValue.Of(new Dictionary<string, double> { ["a"] = 1 });

        Assert.Equal(texts, CelValue.OfMap([KeyValuePair.Create(CelValue.Of("a"), CelValue.Of("b"))]));
        Assert.Equal(numbers, CelValue.OfMap([KeyValuePair.Create(CelValue.Of("a"), CelValue.Of(1L))]));
        Assert.NotEqual(texts, numbers);
        Assert.Equal(texts.GetHashCode(), CelValue.OfMap([KeyValuePair.Create(CelValue.Of("a"), CelValue.Of("b"))]).GetHashCode());
    }

    [Fact]
    public void OfMap_KeyTwice_IsAnError() =>
        Assert.Equal("a key of the map stands twice", CelValue.OfMap([KeyValuePair.Create(CelValue.Of(1L), CelValue.Null), KeyValuePair.Create(CelValue.OfUint(1), CelValue.Null)]).AsString);

    [Fact]
    public void Equal_NumbersOfAnyType_HaveTheSameHash()
    {
        Assert.Equal(CelValue.Of(3L).GetHashCode(), CelValue.OfUint(3).GetHashCode());
        Assert.Equal(CelValue.Of(3L).GetHashCode(), CelValue.Of(3.0).GetHashCode());
        Assert.Equal(CelValue.Of(0.0).GetHashCode(), CelValue.Of(-0.0).GetHashCode());
        Assert.NotEqual(CelValue.Of(double.NaN), CelValue.Of(double.NaN));
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("2u", "2u")]
    [InlineData("0.5", "0.5")]
    [InlineData("3.0", "3.0")]
    [InlineData("'a\\n\"\\u0001'", "\"a\\n\\\"\\u0001\"")]
    [InlineData("b'a\\xff'", "b\"a\\xff\"")]
    [InlineData("[1, 'a', null]", "[1, \"a\", null]")]
    [InlineData("{'a': true}", "{\"a\": true}")]
    [InlineData("duration('90s')", "duration(\"90s\")")]
    [InlineData("int", "int")]
    [InlineData("double('nothing')", "error(a text does not fit a double)")]
    public void ToString_Value_IsALiteral(string source, string due) => Assert.Equal(due, Rule.Evaluate(source).ToString());
}

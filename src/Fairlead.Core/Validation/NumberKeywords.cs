using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary><c>minimum</c>, <c>maximum</c> and their exclusive kin.</summary>
internal sealed class BoundKeyword(string name, DecimalNumber bound) : Keyword(name)
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Number) return true;
        var compared = DecimalNumber.Of(value).CompareTo(bound);
        return Name switch
        {
            "minimum" => compared >= 0 || run.Fail(Name, "is too small"),
            "exclusiveMinimum" => compared > 0 || run.Fail(Name, "is too small"),
            "maximum" => compared <= 0 || run.Fail(Name, "is too large"),
            _ => compared < 0 || run.Fail(Name, "is too large"),
        };
    }
}

/// <summary><c>multipleOf</c>, exactly.</summary>
internal sealed class MultipleKeyword(DecimalNumber divisor) : Keyword("multipleOf")
{
    private const int DigitsOfAStep = 8;

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Number) return true;
        var number = DecimalNumber.Of(value);
        if (!run.Spend((number.Digits + divisor.Digits) / DigitsOfAStep)) return false;
        if (number.IsMultipleOf(divisor) is { } isMultiple) return isMultiple || run.Fail(Name, "is not a multiple of what it must be");
        run.Spend(long.MaxValue / 2);
        return false;
    }
}

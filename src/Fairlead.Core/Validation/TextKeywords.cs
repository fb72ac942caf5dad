using System.Text.Json;
using System.Text.RegularExpressions;

namespace Fairlead.Core.Validation;

/// <summary><c>minLength</c> and <c>maxLength</c>, in characters as Unicode counts them.</summary>
internal sealed class LengthKeyword(string name, long limit) : Keyword(name)
{
    private const int CharactersOfAStep = 64;

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.String) return true;
        var text = value.GetString()!;
        if (!run.Spend(text.Length / CharactersOfAStep)) return false;
        var length = 0L;
        foreach (var unit in text)
        {
            if (!char.IsLowSurrogate(unit)) length++;
        }

        return Name == "minLength" ? length >= limit || run.Fail(Name, "is too short") : length <= limit || run.Fail(Name, "is too long");
    }
}

/// <summary>A regular expression that a schema brought, run in linear time.</summary>
internal sealed class SchemaPattern(Regex expression)
{
    private const int CharactersOfAStep = 8;

    /// <summary>Whether it is found in a text; false also when the run is given up over it.</summary>
    public bool IsFoundIn(ValidationRun run, string text)
    {
        if (!run.Spend(1 + (text.Length / CharactersOfAStep))) return false;
        try
        {
            return expression.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            run.Spend(long.MaxValue / 2);
            return false;
        }
    }
}

/// <summary><c>pattern</c>.</summary>
internal sealed class PatternKeyword(SchemaPattern pattern) : Keyword("pattern")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen) =>
        value.ValueKind != JsonValueKind.String || pattern.IsFoundIn(run, value.GetString()!) || run.Fail(Name, "does not match the pattern");
}

/// <summary><c>format</c>, of the formats that are known.</summary>
internal sealed class FormatKeyword(string format, Func<string, bool> isMet) : Keyword("format")
{
    private const int CharactersOfAStep = 32;

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.String) return true;
        var text = value.GetString()!;
        if (!run.Spend(1 + (text.Length / CharactersOfAStep))) return false;
        return isMet(text) || run.Fail(Name, "is not of the format " + format);
    }
}

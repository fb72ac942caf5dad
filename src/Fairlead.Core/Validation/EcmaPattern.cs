using System.Globalization;
using System.Text;

namespace Fairlead.Core.Validation;

/// <summary>
/// Spells a regular expression of ECMAScript (with its flag <c>u</c>, as JSON Schema has it) for .NET, where the two differ: what
/// <c>\d</c>, <c>\w</c>, <c>\s</c> and <c>$</c> mean, the names of Unicode's categories, and characters beyond U+FFFF, which are one character there and
/// two here. Bounds how often a counted part repeats: that is what an automaton grows with.
/// </summary>
/// <remarks>Not carried over: word boundaries beside letters that are not ASCII, scripts, and characters beyond U+FFFF in a set; the last two are refused.</remarks>
internal ref struct EcmaPattern
{
    /// <summary>The most parts that a pattern may stand for once its counts are written out.</summary>
    private const int MostSize = 4096;

    private const string Digits = "0-9";
    private const string NotDigits = @"\0-/:-\uFFFF";
    private const string Words = "a-zA-Z0-9_";
    private const string NotWords = @"\0-/:-@\[-\^`{-\uFFFF";
    private const string Spaces = @"\t-\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";
    private const string NotSpaces = @"\0-\x08\x0E-\x1F!-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\uFEFE\uFF00-\uFFFF";
    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";
    private const string Surrogates = @"\uD800-\uDFFF";

    private readonly ReadOnlySpan<char> _pattern;
    private readonly StringBuilder _written;
    private readonly Stack<long> _sizes; // of the groups that are open
    private int _at;
    private long _size;     // of the innermost open group so far
    private long _lastSize; // of the part that a count would repeat
    private string? _reason;

    private EcmaPattern(string pattern)
    {
        _pattern = pattern;
        _written = new StringBuilder(pattern.Length + 16);
        _sizes = new Stack<long>();
    }

    /// <summary>The pattern for .NET; null when it cannot be carried over, with the rest of a sentence that says why.</summary>
    public static string? Translate(string pattern, out string? reason)
    {
        var translation = new EcmaPattern(pattern);
        while (translation._reason is null && translation._at < pattern.Length) translation.Step();
        reason = translation._reason;
        return reason is null ? translation._written.ToString() : null;
    }

    private void Step()
    {
        var next = _pattern[_at++];
        switch (next)
        {
            case '\\':
                StepEscape();
                break;
            case '[':
                StepSet();
                break;
            case '(':
                _sizes.Push(_size);
                _size = 0;
                _written.Append('(');
                break;
            case ')':
                if (_sizes.Count == 0)
                {
                    _reason = "is no regular expression";
                    break;
                }

                _lastSize = Math.Max(1, _size);
                _size = _sizes.Pop();
                Grow(_lastSize);
                _written.Append(')');
                break;
            case '{':
                StepCount();
                break;
            case '$':
                _written.Append(@"\z");
                break;
            case '.':
                Part($@"(?:{Pair}|[^\n\r\u2028\u2029{Surrogates}])");
                break;
            default:
                if (char.IsHighSurrogate(next) && _at < _pattern.Length) Part($"(?:{next}{_pattern[_at++]})");
                else if (next is '*' or '+' or '?' or '|' or '^') _written.Append(next);
                else Part(next.ToString());
                break;
        }
    }

    /// <summary>One part that stands for one character.</summary>
    private void Part(string written)
    {
        _written.Append(written);
        _lastSize = 1;
        Grow(1);
    }

    private void Grow(long by)
    {
        _size += by;
        if (_size > MostSize) _reason = $"is a pattern that stands for more than {MostSize} parts";
    }

    /// <summary>A count repeats the part before it.</summary>
    private void StepCount()
    {
        var end = _pattern[_at..].IndexOf('}');
        var inner = end < 0 ? default : _pattern.Slice(_at, end);
        var comma = inner.IndexOf(',');
        var least = comma < 0 ? inner : inner[..comma];
        var most = comma < 0 || comma == inner.Length - 1 ? least : inner[(comma + 1)..];
        if (!TryNumber(least, out var first) || !TryNumber(most, out var last))
        {
            _reason = "is no regular expression";
            return;
        }

        Grow(Math.Max(0, Math.Max(first, last) - 1) * _lastSize);
        _written.Append('{').Append(inner).Append('}');
        _at += end + 1;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out int number) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= MostSize;

    private void StepEscape()
    {
        if (_at == _pattern.Length)
        {
            _reason = "is no regular expression";
            return;
        }

        var next = _pattern[_at];
        if (next is 'b' or 'B')
        {
            _at++;
            _written.Append('\\').Append(next);
            return;
        }

        if (next is 'D' or 'W' or 'S')
        {
            _at++;
            Part($"(?:{Pair}|[^{(next == 'D' ? Digits : next == 'W' ? Words : Spaces)}{Surrogates}])");
            return;
        }

        if (next is 'd' or 'w' or 's')
        {
            _at++;
            Part($"[{(next == 'd' ? Digits : next == 'w' ? Words : Spaces)}]");
            return;
        }

        if (ReadCharacter(isInSet: false) is { } written) Part(written);
    }

    private void StepSet()
    {
        var isNegated = _at < _pattern.Length && _pattern[_at] == '^';
        if (isNegated) _at++;
        var set = new StringBuilder();
        var isBehindClass = true; // a hyphen stands for itself at either end, and behind a class
        while (true)
        {
            if (_at >= _pattern.Length)
            {
                _reason = "is no regular expression";
                return;
            }

            var next = _pattern[_at++];
            if (next == ']') break;
            if (char.IsSurrogate(next)) _reason = "is a pattern with a character beyond U+FFFF in a set";
            else if (next == '[') set.Append(@"\[");
            else if (next == '-' && (isBehindClass || (_at < _pattern.Length && _pattern[_at] == ']'))) set.Append(@"\-");
            else if (next != '\\') set.Append(next);
            if (_reason is not null) return;
            isBehindClass = next == '\\' && StepSetEscape(set);
            if (_reason is not null) return;
        }

        if (set.Length == 0) Part(isNegated ? $"(?:{Pair}|[^{Surrogates}])" : @"[^\0-\uFFFF]");
        else Part(isNegated ? $"(?:{Pair}|[^{set}{Surrogates}])" : $"[{set}]");
    }

    /// <summary>True for a class, such as all digits; false for one character.</summary>
    private bool StepSetEscape(StringBuilder set)
    {
        var next = _at < _pattern.Length ? _pattern[_at] : ' ';
        var known = next switch
        {
            'd' => Digits,
            'D' => NotDigits,
            'w' => Words,
            'W' => NotWords,
            's' => Spaces,
            'S' => NotSpaces,
            'b' => @"\x08",
            '-' => @"\-",
            _ => null,
        };
        if (known is not null) _at++;
        set.Append(known ?? ReadCharacter(isInSet: true));
        return next is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'p' or 'P';
    }

    /// <summary>What stands behind a backslash and means one character, spelled for .NET.</summary>
    private string? ReadCharacter(bool isInSet)
    {
        var next = _at < _pattern.Length ? _pattern[_at++] : '\0';
        switch (next)
        {
            case 'n' or 'r' or 't' or 'v' or 'f' or '0':
                return "\\" + next;
            case 'c' when _at < _pattern.Length && char.IsAsciiLetter(_pattern[_at]):
                return Spell(_pattern[_at++] % 32, isInSet);
            case 'x' when TryHex(2, out var small):
                return Spell(small, isInSet);
            case 'u' when _at < _pattern.Length && _pattern[_at] == '{' && TryBraced(out var braced) && int.TryParse(braced, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point):
                return Spell(point, isInSet);
            case 'u' when TryHex(4, out var unit):
                if (char.IsHighSurrogate((char)unit) && _pattern[_at..].StartsWith(@"\u"))
                {
                    _at += 2;
                    if (TryHex(4, out var low) && char.IsLowSurrogate((char)low)) return Spell(char.ConvertToUtf32((char)unit, (char)low), isInSet);
                }

                return Spell(unit, isInSet);
            case 'p' or 'P' when TryBraced(out var name) && CategoryOf(name) is { } category:
                return $@"\{next}{{{category}}}";
            case 'k' or (>= '1' and <= '9'):
                _reason = "is a pattern that looks ahead, behind or back";
                return null;
            case var sign when !char.IsAsciiLetterOrDigit(sign) && sign != '\0':
                return Spell(sign, isInSet);
            default:
                _reason = "is no regular expression";
                return null;
        }
    }

    private string? Spell(int point, bool isInSet)
    {
        if (point is > 0x10FFFF or (>= 0xD800 and <= 0xDFFF) || (isInSet && point > 0xFFFF))
        {
            _reason = "is a pattern with a character beyond U+FFFF in a set";
            return null;
        }

        return point > 0xFFFF ? $"(?:{char.ConvertFromUtf32(point)})" : string.Create(CultureInfo.InvariantCulture, $@"\u{point:X4}");
    }

    private bool TryHex(int digits, out int value)
    {
        value = 0;
        if (_pattern.Length - _at < digits || !int.TryParse(_pattern.Slice(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)) return false;
        _at += digits;
        return true;
    }

    private bool TryBraced(out ReadOnlySpan<char> inner)
    {
        inner = default;
        var end = _pattern[_at..].IndexOf('}');
        if (end < 1 || _pattern[_at] != '{') return false;
        inner = _pattern.Slice(_at + 1, end - 1);
        _at += end + 1;
        return true;
    }

    /// <summary>Unicode's short name of a category.</summary>
    private static string? CategoryOf(ReadOnlySpan<char> name)
    {
        if (name.StartsWith("General_Category=")) name = name["General_Category=".Length..];
        if (name.StartsWith("gc=")) name = name["gc=".Length..];
        return name switch
        {
            "L" or "Letter" => "L",
            "Lu" or "Uppercase_Letter" => "Lu",
            "Ll" or "Lowercase_Letter" => "Ll",
            "Lt" or "Titlecase_Letter" => "Lt",
            "Lm" or "Modifier_Letter" => "Lm",
            "Lo" or "Other_Letter" => "Lo",
            "M" or "Mark" or "Combining_Mark" => "M",
            "Mn" or "Nonspacing_Mark" => "Mn",
            "Mc" or "Spacing_Mark" => "Mc",
            "Me" or "Enclosing_Mark" => "Me",
            "N" or "Number" => "N",
            "Nd" or "Decimal_Number" or "digit" => "Nd",
            "Nl" or "Letter_Number" => "Nl",
            "No" or "Other_Number" => "No",
            "P" or "Punctuation" or "punct" => "P",
            "S" or "Symbol" => "S",
            "Sc" or "Currency_Symbol" => "Sc",
            "Sm" or "Math_Symbol" => "Sm",
            "Z" or "Separator" => "Z",
            "Zs" or "Space_Separator" => "Zs",
            "C" or "Other" => "C",
            "Cc" or "Control" or "cntrl" => "Cc",
            _ => null,
        };
    }
}

using System.Globalization;

namespace Fairlead.Core.Expressions.Syntax;

/// <summary>Cuts an expression into tokens. What is no token is reported, and the rest is read all the same.</summary>
internal sealed class CelLexer
{
    private static readonly string[] Signs = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ",", ".", "(", ")", "[", "]", "{", "}"];

    private readonly string _source;
    private readonly List<CelError> _errors;
    private int _at;

    private CelLexer(string source, List<CelError> errors)
    {
        _source = source;
        _errors = errors;
    }

    /// <summary>All tokens, the end included.</summary>
    public static List<CelToken> Read(string source, List<CelError> errors)
    {
        var lexer = new CelLexer(source, errors);
        var tokens = new List<CelToken>();
        do
        {
            tokens.Add(lexer.Next());
        }
        while (tokens[^1].Kind != CelTokenKind.End);
        return tokens;
    }

    private char Here => _at < _source.Length ? _source[_at] : '\0';

    private char Ahead(int by) => _at + by < _source.Length ? _source[_at + by] : '\0';

    private CelToken Next()
    {
        SkipSpace();
        var start = _at;
        if (start == _source.Length) return new CelToken(CelTokenKind.End, start, 0, "", default);
        if (char.IsAsciiDigit(Here) || (Here == '.' && char.IsAsciiDigit(Ahead(1)))) return Number(start);
        if (IsText(out var isRaw, out var isBytes, out var prefix))
        {
            _at += prefix;
            return Text(start, isRaw, isBytes);
        }

        if (IsNameStart(Here)) return Name(start);
        if (Here == '`') return QuotedName(start);
        foreach (var sign in Signs)
        {
            if (string.CompareOrdinal(_source, _at, sign, 0, sign.Length) != 0) continue;
            _at += sign.Length;
            return new CelToken(CelTokenKind.Sign, start, sign.Length, sign, default);
        }

        _at += char.IsSurrogatePair(_source, start) ? 2 : 1;
        var what = _source[start.._at];
        return Bad(start, what switch
        {
            "=" => "'=' is no operator; equality is '=='",
            "&" or "|" => $"'{what}' is no operator; write it twice",
            "#" => "comments start with '//'",
            _ => $"{Configuration.Words.Quote(what)} is not expected here",
        });
    }

    private CelToken Bad(int start, string message)
    {
        _errors.Add(new CelError(start, Math.Max(1, _at - start), message, null));
        return new CelToken(CelTokenKind.Bad, start, _at - start, "", default);
    }

    private void SkipSpace()
    {
        while (_at < _source.Length)
        {
            if (Here is ' ' or '\t' or '\n' or '\r' or '\f') _at++;
            else if (Here == '/' && Ahead(1) == '/')
            {
                while (_at < _source.Length && Here != '\n') _at++;
            }
            else return;
        }
    }

    private static bool IsNameStart(char character) => char.IsAsciiLetter(character) || character == '_';

    private CelToken Name(int start)
    {
        while (IsNameStart(Here) || char.IsAsciiDigit(Here)) _at++;
        var text = _source[start.._at];
        return text switch
        {
            "true" => new CelToken(CelTokenKind.Literal, start, 4, text, CelValue.Of(true)),
            "false" => new CelToken(CelTokenKind.Literal, start, 5, text, CelValue.Of(false)),
            "null" => new CelToken(CelTokenKind.Literal, start, 4, text, CelValue.Null),
            "in" => new CelToken(CelTokenKind.Sign, start, 2, text, default),
            _ => new CelToken(CelTokenKind.Name, start, _at - start, text, default),
        };
    }

    private CelToken QuotedName(int start)
    {
        _at++;
        while (char.IsAsciiLetterOrDigit(Here) || Here is '_' or '.' or '-' or '/' or ' ') _at++;
        if (Here != '`' || _at == start + 1) return Bad(start, "a name between back quotes has letters, digits and '_.-/ ' and ends with '`'");
        _at++;
        return new CelToken(CelTokenKind.QuotedName, start, _at - start, _source[(start + 1)..(_at - 1)], default);
    }

    private CelToken Number(int start)
    {
        var isHex = Here == '0' && Ahead(1) is 'x' && char.IsAsciiHexDigit(Ahead(2));
        var isDouble = false;
        if (isHex)
        {
            _at += 2;
            while (char.IsAsciiHexDigit(Here)) _at++;
        }
        else
        {
            while (char.IsAsciiDigit(Here)) _at++;
            if (Here == '.' && char.IsAsciiDigit(Ahead(1)))
            {
                isDouble = true;
                _at++;
                while (char.IsAsciiDigit(Here)) _at++;
            }

            if (Here is 'e' or 'E' && (char.IsAsciiDigit(Ahead(1)) || (Ahead(1) is '+' or '-' && char.IsAsciiDigit(Ahead(2)))))
            {
                isDouble = true;
                _at += 2;
                while (char.IsAsciiDigit(Here)) _at++;
            }
        }

        var digits = _source.AsSpan(isHex ? start + 2 : start, _at - (isHex ? start + 2 : start));
        var isUint = !isDouble && Here is 'u' or 'U';
        if (isUint) _at++;
        if (IsNameStart(Here) || char.IsAsciiDigit(Here))
        {
            while (IsNameStart(Here) || char.IsAsciiDigit(Here)) _at++;
            return Bad(start, $"{Configuration.Words.Quote(_source[start.._at])} is no number");
        }

        return new CelToken(CelTokenKind.Literal, start, _at - start, _source[start.._at], Value(start, digits, isHex, isDouble, isUint));
    }

    /// <summary>The number. 9223372036854775808 is read as a uint that is held as such: only a minus before it makes it an int.</summary>
    private CelValue Value(int start, ReadOnlySpan<char> digits, bool isHex, bool isDouble, bool isUint)
    {
        if (isDouble)
        {
            var number = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (double.IsFinite(number)) return CelValue.Of(number);
        }
        else if (ulong.TryParse(digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
        {
            if (isUint) return CelValue.OfUint(whole);
            if (whole <= long.MaxValue) return CelValue.Of((long)whole);
            if (whole == 1UL << 63) return CelParser.SmallestWithoutSign;
        }

        _errors.Add(new CelError(start, _at - start, $"{Configuration.Words.Quote(_source[start.._at])} does not fit {(isDouble ? "a double" : isUint ? "a uint" : "an int")}", null));
        return CelValue.Of(0L);
    }

    private bool IsText(out bool isRaw, out bool isBytes, out int prefix)
    {
        isRaw = isBytes = false;
        prefix = 0;
        while (prefix < 2)
        {
            var character = Ahead(prefix);
            if (character is 'r' or 'R' && !isRaw) isRaw = true;
            else if (character is 'b' or 'B' && !isBytes) isBytes = true;
            else break;
            prefix++;
        }

        return Ahead(prefix) is '"' or '\'';
    }

    private CelToken Text(int start, bool isRaw, bool isBytes)
    {
        var quote = Here;
        var isTriple = Ahead(1) == quote && Ahead(2) == quote;
        _at += isTriple ? 3 : 1;
        var text = new CelQuoted(isBytes);
        while (true)
        {
            if (_at == _source.Length) return Bad(start, "the text has no end");
            var character = Here;
            if (character == quote && (!isTriple || (Ahead(1) == quote && Ahead(2) == quote))) break;
            if (character is '\n' or '\r' && !isTriple) return Bad(start, "the text has no end on its line");
            if (character == '\\' && !isRaw) Escape(text);
            else
            {
                text.Add(character);
                _at++;
            }
        }

        _at += isTriple ? 3 : 1;
        return new CelToken(CelTokenKind.Literal, start, _at - start, "", text.Value());
    }

    private void Escape(CelQuoted text)
    {
        var start = _at++;
        var letter = Here;
        _at++;
        var simple = letter switch
        {
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            '\\' or '?' or '"' or '\'' or '`' => letter,
            _ => '\0',
        };
        if (simple != '\0')
        {
            text.Add(simple);
            return;
        }

        var code = letter switch
        {
            'x' or 'X' => Digits(2, 16),
            'u' when !text.IsBytes => Digits(4, 16),
            'U' when !text.IsBytes => Digits(8, 16),
            >= '0' and <= '3' => Octal(),
            _ => -1,
        };
        if (code >= 0 && text.TryAddCode(code)) return;
        _at = Math.Min(_at, _source.Length);
        _errors.Add(new CelError(start, Math.Max(1, _at - start), $"{Configuration.Words.Quote(_source[start.._at])} is no escape of {(text.IsBytes ? "bytes" : "a text")}", null));
    }

    private int Octal()
    {
        _at--;
        return Digits(3, 8);
    }

    private int Digits(int count, int radix)
    {
        if (_at + count > _source.Length) return -1;
        long code = 0;
        for (var i = 0; i < count; i++)
        {
            var digit = char.IsAsciiHexDigit(_source[_at + i]) ? Convert.ToInt32(_source[_at + i].ToString(), 16) : radix;
            if (digit >= radix) return -1;
            code = (code * radix) + digit;
        }

        _at += count;
        return code > 0x10FFFF ? -1 : (int)code;
    }
}

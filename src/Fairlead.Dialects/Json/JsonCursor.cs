using System.Buffers;
using System.Text.Json;

namespace Fairlead.Dialects.Json;

/// <summary>
/// Walks forward through a JSON text that a vendor sent, by the whole grammar of RFC 8259, without allocating. It takes and refuses
/// what <see cref="Utf8JsonReader"/> takes and refuses; where that goes byte by byte through a text behind its first escape, this
/// looks for the next byte that matters.
/// </summary>
/// <remarks>
/// <para>
/// Enter an object or array, ask for its next member or element, and enter, take or skip each value before asking for the next. What
/// is not JSON ends every loop: each method then returns false, and <see cref="IsBroken"/> says so.
/// </para>
/// <para>
/// Bytes beyond ASCII are let through unexamined, and so are escapes that are half of a character: only asking for such a text, or for
/// a name that is spelled so, throws <see cref="InvalidOperationException"/>. Used by one thread.
/// </para>
/// </remarks>
public ref struct JsonCursor
{
    /// <summary>What can end a text or may not stand in it.</summary>
    private static readonly SearchValues<byte> Special = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(value => (byte)value)]);

    private readonly ReadOnlySpan<byte> _json;
    private readonly int _mostDepth;
    private int _at;
    private int _depth;
    private bool _isFirst;

    /// <summary>A cursor before the outermost value.</summary>
    /// <param name="json">The text, in UTF-8.</param>
    /// <param name="mostDepth">How many objects and arrays may stand within each other.</param>
    public JsonCursor(ReadOnlySpan<byte> json, int mostDepth)
    {
        _json = json;
        _mostDepth = mostDepth;
    }

    /// <summary>The text is not JSON, or too deep.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Where it stands in the text: behind what was taken or skipped last.</summary>
    public readonly int Position => _at;

    /// <summary>Whether nothing but white space is left. Asked behind the outermost value.</summary>
    public bool IsAtEnd
    {
        get
        {
            SkipSpace();
            return !IsBroken && _at == _json.Length;
        }
    }

    /// <summary>Whether the next value is an object. It is not entered.</summary>
    public bool IsObject => Peek() == '{';

    /// <summary>Goes into the next value if it is an object; does not move otherwise.</summary>
    public bool TryEnterObject() => TryEnter('{');

    /// <summary>Goes into the next value if it is an array; does not move otherwise.</summary>
    public bool TryEnterArray() => TryEnter('[');

    /// <summary>The name of the next member of the entered object; false at its end, which it leaves.</summary>
    public bool TryNextMember(out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!TryNext('}')) return false;
        var start = _at;
        if (!TrySkipText(out var hasEscape)) return false;
        name = hasEscape ? Unescaped(_json[start.._at]) : _json[(start + 1)..(_at - 1)];
        if (Peek() != ':') return Break();
        _at++;
        return !IsBroken;
    }

    /// <summary>The same with the name as it is spelled, escapes included: never throws.</summary>
    public bool TryNextSpelledMember(out ReadOnlySpan<byte> spelled)
    {
        spelled = default;
        if (!TryNext('}')) return false;
        var start = _at;
        if (!TrySkipText(out _)) return false;
        spelled = _json[(start + 1)..(_at - 1)];
        if (Peek() != ':') return Break();
        _at++;
        return !IsBroken;
    }

    /// <summary>Whether the entered array has another element; false at its end, which it leaves.</summary>
    public bool TryNextElement() => TryNext(']');

    /// <summary>Skips the next value.</summary>
    public bool TrySkip()
    {
        switch (Peek())
        {
            case '"':
                return TrySkipText(out _);
            case '{':
                TryEnterObject();
                while (TryNextName()) TrySkip();
                return !IsBroken;
            case '[':
                TryEnterArray();
                while (TryNextElement()) TrySkip();
                return !IsBroken;
            case 't':
                return TrySkipLiteral("true"u8);
            case 'f':
                return TrySkipLiteral("false"u8);
            case 'n':
                return TrySkipLiteral("null"u8);
            default:
                return TrySkipNumber();
        }
    }

    /// <summary>The next value as it stands in the text; empty when it is broken.</summary>
    public ReadOnlySpan<byte> Take()
    {
        SkipSpace();
        var start = _at;
        return TrySkip() ? _json[start.._at] : default;
    }

    /// <summary>The next value if it is a text of some length, unescaped; null for any other value, which is skipped.</summary>
    /// <param name="mostBytes">The longest text that is taken, as it is spelled.</param>
    public string? TakeText(int mostBytes)
    {
        var value = Take();
        if (value.Length <= 2 || value[0] != '"' || value.Length - 2 > mostBytes) return null;
        var reader = new Utf8JsonReader(value);
        reader.Read();
        return reader.GetString();
    }

    private static ReadOnlySpan<byte> Unescaped(ReadOnlySpan<byte> quoted)
    {
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        var name = new byte[quoted.Length];
        return name.AsSpan(0, reader.CopyString(name));
    }

    private bool TryEnter(char bracket)
    {
        if (Peek() != bracket) return false;
        if (++_depth > _mostDepth) return Break();
        _at++;
        _isFirst = true;
        return true;
    }

    /// <summary>Goes to the next member or element; false behind the closing bracket, or when there is neither.</summary>
    private bool TryNext(char end)
    {
        var next = Peek();
        if (IsBroken) return false;
        if (next == end)
        {
            _at++;
            _depth--;
            _isFirst = false;
            return false;
        }

        if (_isFirst)
        {
            _isFirst = false;
            return true;
        }

        if (next != ',') return Break();
        _at++;
        SkipSpace();
        return true;
    }

    private bool TryNextName()
    {
        if (!TryNext('}') || !TrySkipText(out _)) return false;
        if (Peek() != ':') return Break();
        _at++;
        return true;
    }

    /// <summary>The next byte that is no white space; -1 at the end.</summary>
    private int Peek()
    {
        SkipSpace();
        return _at < _json.Length ? _json[_at] : -1;
    }

    private void SkipSpace()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') _at++;
    }

    private bool TrySkipText(out bool hasEscape)
    {
        hasEscape = false;
        if (_at == _json.Length || _json[_at] != '"') return Break();
        _at++;
        while (true)
        {
            var found = _json[_at..].IndexOfAny(Special);
            if (found < 0) return Break();
            _at += found + 1;
            switch (_json[_at - 1])
            {
                case (byte)'"':
                    return true;
                case (byte)'\\':
                    hasEscape = true;
                    if (!TrySkipEscaped()) return Break();
                    continue;
                default:
                    return Break();
            }
        }
    }

    /// <summary>Skips what stands behind a backslash.</summary>
    private bool TrySkipEscaped()
    {
        if (_at == _json.Length) return false;
        var escaped = _json[_at++];
        if (escaped != 'u') return "\"\\/bfnrt"u8.Contains(escaped);
        if (_json.Length - _at < 4) return false;
        foreach (var digit in _json.Slice(_at, 4))
        {
            if (!char.IsAsciiHexDigit((char)digit)) return false;
        }

        _at += 4;
        return true;
    }

    private bool TrySkipLiteral(ReadOnlySpan<byte> literal)
    {
        if (!_json[_at..].StartsWith(literal)) return Break();
        _at += literal.Length;
        return true;
    }

    private bool TrySkipNumber()
    {
        if (_at < _json.Length && _json[_at] == '-') _at++;
        if (_at < _json.Length && _json[_at] == '0') _at++;
        else if (!TrySkipDigits()) return Break();
        if (_at < _json.Length && _json[_at] == '.')
        {
            _at++;
            if (!TrySkipDigits()) return Break();
        }

        if (_at < _json.Length && _json[_at] is (byte)'e' or (byte)'E')
        {
            _at++;
            if (_at < _json.Length && _json[_at] is (byte)'+' or (byte)'-') _at++;
            if (!TrySkipDigits()) return Break();
        }

        return true;
    }

    private bool TrySkipDigits()
    {
        var start = _at;
        while (_at < _json.Length && char.IsAsciiDigit((char)_json[_at])) _at++;
        return _at > start;
    }

    private bool Break()
    {
        IsBroken = true;
        _at = _json.Length;
        return false;
    }
}

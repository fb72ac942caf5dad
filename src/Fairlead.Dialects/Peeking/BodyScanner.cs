using System.Buffers;
using Fairlead.Core.Requests;

namespace Fairlead.Dialects.Peeking;

/// <summary>The kind of a member's value, from its first byte.</summary>
public enum ValueKind
{
    /// <summary>A string.</summary>
    String = 0,

    /// <summary>An object.</summary>
    Object,

    /// <summary>An array.</summary>
    Array,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary><c>null</c>.</summary>
    Null,
}

/// <summary>One member of a body's outermost object, as ranges of the body.</summary>
/// <param name="NameStart">Where the name starts, behind its quote.</param>
/// <param name="NameLength">The length of the name as it is spelled, escapes included.</param>
/// <param name="NameHasEscape">Whether the name is spelled with an escape.</param>
/// <param name="Kind">The kind of the value.</param>
/// <param name="ValueStart">Where the value starts, its quote or bracket included.</param>
/// <param name="ValueEnd">Behind the value.</param>
public readonly record struct BodyMember(int NameStart, int NameLength, bool NameHasEscape, ValueKind Kind, int ValueStart, int ValueEnd);

/// <summary>
/// One forward pass over a JSON body: the outermost object's members by strict grammar, what stands within their values by
/// structure alone (strings, brackets, depth). It skips text by vectorised search, so that a long prompt costs little more than
/// a copy; the finer grammar inside values is the vendor's to refuse.
/// </summary>
/// <remarks>
/// Between strings only the bytes of JSON's own grammar are let through: a body that some lenient parser would read in another
/// way – comments, single quotes, bare words – is refused, so that vendor and gateway never read two different requests.
/// </remarks>
public ref struct BodyScanner
{
    /// <summary>The deepest nesting that is taken, the outermost object included.</summary>
    public const int MostDepth = 128;

    /// <summary>What may stand between strings and brackets: white space, numbers, literals, commas and colons.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create(" \t\r\n0123456789+-.eEtrufalsn,:"u8);

    private static readonly SearchValues<byte> Scalar = SearchValues.Create("0123456789+-.eEtrufalsn"u8);

    private readonly ReadOnlySpan<byte> _body;
    private int _at;
    private bool _isStarted;

    /// <summary>A scanner over a whole body.</summary>
    public BodyScanner(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>Why the body was refused; null while it has not been.</summary>
    public BodyDefect? Defect { get; private set; }

    /// <summary>The next member; false at the end of the body, or when <see cref="Defect"/> says why not.</summary>
    public bool TryNext(out BodyMember member)
    {
        member = default;
        SkipSpace();
        if (!_isStarted)
        {
            _isStarted = true;
            if (Peek() != '{') return Refuse(_at == _body.Length ? "The body is empty." : "The body must be a JSON object.");
            _at++;
            SkipSpace();
            if (Peek() == '}') return End();
        }
        else
        {
            if (Peek() == '}') return End();
            if (Peek() != ',') return Refuse("A comma or the end of the object is missing between two members.");
            _at++;
            SkipSpace();
        }

        if (Peek() != '"') return Refuse("A member's name must be a string.");
        var nameStart = _at + 1;
        if (!TrySkipString()) return false;
        var nameLength = _at - 1 - nameStart;
        var hasEscape = _body.Slice(nameStart, nameLength).Contains((byte)'\\');
        SkipSpace();
        if (Peek() != ':') return Refuse("A colon is missing behind a member's name.");
        _at++;
        SkipSpace();
        var valueStart = _at;
        if (!TrySkipValue(out var kind)) return false;
        member = new BodyMember(nameStart, nameLength, hasEscape, kind, valueStart, _at);
        return true;
    }

    private bool End()
    {
        _at++;
        SkipSpace();
        return _at != _body.Length && Refuse("Something stands behind the end of the JSON object.");
    }

    private readonly int Peek() => _at < _body.Length ? _body[_at] : -1;

    private void SkipSpace()
    {
        while (_at < _body.Length && _body[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') _at++;
    }

    private bool TrySkipValue(out ValueKind kind)
    {
        kind = default;
        switch (Peek())
        {
            case '"':
                kind = ValueKind.String;
                return TrySkipString();
            case '{':
                kind = ValueKind.Object;
                return TrySkipContainer();
            case '[':
                kind = ValueKind.Array;
                return TrySkipContainer();
            default:
                var length = _body[_at..].IndexOfAnyExcept(Scalar);
                if (length < 0) length = _body.Length - _at;
                var text = _body.Slice(_at, length);
                if (text.SequenceEqual("true"u8) || text.SequenceEqual("false"u8)) kind = ValueKind.Boolean;
                else if (text.SequenceEqual("null"u8)) kind = ValueKind.Null;
                else if (length > 0 && text[0] is (byte)'-' or >= (byte)'0' and <= (byte)'9') kind = ValueKind.Number;
                else return Refuse("A member's value is missing or is not JSON.");
                _at += length;
                return true;
        }
    }

    /// <summary>
    /// Skips a string by looking for quotes alone: prompts are full of escaped line ends, and few of their quotes are escaped. One is
    /// when the run of backslashes before it is odd; each run is looked at once, whatever it holds.
    /// </summary>
    private bool TrySkipString()
    {
        var start = ++_at;
        while (true)
        {
            var found = _body[_at..].IndexOf((byte)'"');
            if (found < 0) return Refuse("A string has no end.");
            var quote = _at + found;
            var before = quote;
            while (before > start && _body[before - 1] == '\\') before--;
            _at = quote + 1;
            if (((quote - before) & 1) == 0) return true;
            start = _at; // the next run begins behind this quote
        }
    }

    /// <summary>Skips an object or array: balanced brackets, whole strings, nothing between them that is not JSON's.</summary>
    private bool TrySkipContainer()
    {
        UInt128 isObject = 0; // one bit per level
        var depth = 0;
        while (true)
        {
            var found = _body[_at..].IndexOfAnyExcept(Plain);
            if (found < 0) return Refuse("An object or array has no end.");
            _at += found;
            switch (_body[_at])
            {
                case (byte)'"':
                    if (!TrySkipString()) return false;
                    continue;
                case (byte)'{':
                case (byte)'[':
                    if (++depth > MostDepth - 1)
                    {
                        Defect = new BodyDefect(RefusalTable.TooDeep, $"The body is nested deeper than {MostDepth} levels.", null);
                        return false;
                    }

                    isObject = (isObject << 1) | (_body[_at] == '{' ? UInt128.One : UInt128.Zero);
                    _at++;
                    continue;
                case (byte)'}':
                case (byte)']':
                    if ((isObject & 1) != (_body[_at] == '}' ? UInt128.One : UInt128.Zero)) return Refuse("Brackets do not match.");
                    isObject >>= 1;
                    _at++;
                    if (--depth == 0) return true;
                    continue;
                default:
                    return Refuse("A character stands where JSON has none.");
            }
        }
    }

    private bool Refuse(string message)
    {
        Defect = new BodyDefect(RefusalTable.InvalidJson, $"The body is not valid JSON: {char.ToLowerInvariant(message[0])}{message[1..].TrimEnd('.')} (near byte {Math.Min(_at, _body.Length)}).", null);
        return false;
    }
}

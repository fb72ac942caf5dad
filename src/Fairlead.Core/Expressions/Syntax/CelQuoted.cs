using System.Text;

namespace Fairlead.Core.Expressions.Syntax;

/// <summary>A text or bytes literal as it is read. Escapes are code points in a text and bytes in bytes.</summary>
internal sealed class CelQuoted(bool isBytes)
{
    private readonly StringBuilder _text = new();
    private readonly List<byte> _bytes = [];

    public bool IsBytes { get; } = isBytes;

    public void Add(char character) => _text.Append(character);

    /// <summary>Adds an escape; false when there is no such character.</summary>
    public bool TryAddCode(int code)
    {
        if (IsBytes)
        {
            if (code > 0xFF) return false;
            TakeText();
            _bytes.Add((byte)code);
            return true;
        }

        if (!Rune.TryCreate(code, out var rune)) return false;
        _text.Append(rune.ToString());
        return true;
    }

    public CelValue Value()
    {
        if (!IsBytes) return CelValue.Of(_text.ToString());
        TakeText();
        return CelValue.OfBytes([.. _bytes]);
    }

    private void TakeText()
    {
        _bytes.AddRange(Encoding.UTF8.GetBytes(_text.ToString()));
        _text.Clear();
    }
}

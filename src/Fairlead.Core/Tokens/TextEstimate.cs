using System.Buffers;
using System.Globalization;
using System.Text;

namespace Fairlead.Core.Tokens;

/// <summary>Tokens of a text by arithmetic alone: no table, no allocation, one pass. Leans upwards.</summary>
/// <remarks>
/// Tokenizers of today's models split a text into words, digits, punctuation and white space before they look anything up. The estimate
/// does the same and gives each piece the price that the worst of them asks, in tenths of a token:
/// a word of up to six ASCII letters one token, four more letters one more; a word in capitals one token for three letters, two more one
/// more; a digit one; a sign one; one space before a word nothing, longer white space one and one per eight; other scripts by the table
/// in <see cref="TenthsOf"/>. The rates of ASCII were fitted to recorded answers; no recording holds enough of other scripts, so those
/// rates are set from what byte-pair tokenizers are known to do, and lean upwards.
/// </remarks>
internal static class TextEstimate
{
    private const int Token = 10;

    private enum Piece
    {
        None,
        Word,
        Capitals,
        Space,
        Other,
    }

    /// <summary>The tokens of a text that JSON spells, rounded up.</summary>
    /// <param name="spelled">What stands between the quotes.</param>
    public static long OfSpelled(ReadOnlySpan<byte> spelled)
    {
        var text = new SpelledText(spelled);
        var sum = new Sum();
        while (text.TryRead(out var rune)) sum.Add(rune);
        return sum.Tokens();
    }

    /// <summary>The tokens of a text that is not spelled: JSON as the model would see it.</summary>
    /// <param name="utf8">The text.</param>
    public static long OfRaw(ReadOnlySpan<byte> utf8)
    {
        var sum = new Sum();
        while (Rune.DecodeFromUtf8(utf8, out var rune, out var consumed) is var status && consumed > 0)
        {
            sum.Add(status == OperationStatus.Done ? rune : Rune.ReplacementChar);
            utf8 = utf8[consumed..];
        }

        return sum.Tokens();
    }

    /// <summary>The tokens of a name.</summary>
    public static long Of(string text)
    {
        var sum = new Sum();
        foreach (var rune in text.EnumerateRunes()) sum.Add(rune);
        return sum.Tokens();
    }

    /// <summary>Tenths of a token for one character outside ASCII.</summary>
    private static int TenthsOf(Rune rune) => rune.Value switch
    {
        < 0x0250 => 10,                     // Latin with marks: it also breaks the word it stands in
        < 0x0530 => 7,                      // Greek, Cyrillic
        < 0x0600 => 12,                     // Armenian, Hebrew
        < 0x0900 => 9,                      // Arabic and its kin
        < 0x1100 => 15,                     // the scripts of India, Thai, Georgian
        < 0x1200 => 20,                     // single letters of Hangul
        < 0x2000 => 20,                     // Ethiopic, Khmer, Mongolian
        < 0x2E80 => Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol ? 20 : 15, // signs
        < 0xA000 => 14,                     // kana, Han
        < 0xAC00 => 30,                     // Yi and rarer ones: by bytes
        < 0xD800 => 16,                     // Hangul
        < 0x10000 => 20,                    // full-width forms, presentation forms, variation selectors, private use
        >= 0x1F000 and < 0x20000 => 30,     // emoji
        _ => 40,                            // by bytes
    };

    /// <summary>Adds up pieces.</summary>
    private struct Sum
    {
        private long _tenths;
        private Piece _piece;
        private int _length;
        private bool _hasSpaceOnly;

        public void Add(Rune rune)
        {
            var value = rune.Value;
            if (value >= 0x80)
            {
                End();
                _tenths += TenthsOf(rune);
                _piece = Piece.Other;
                return;
            }

            if (value is >= 'a' and <= 'z')
            {
                // A capital begins the word it stands before; several capitals in a row were a word of their own.
                if (_piece == Piece.Capitals && _length == 1) _piece = Piece.Word;
                if (_piece != Piece.Word) Begin(Piece.Word);
                _length++;
            }
            else if (value is >= 'A' and <= 'Z')
            {
                if (_piece != Piece.Capitals) Begin(Piece.Capitals);
                _length++;
            }
            else if (value is ' ' or '\n' or '\t' or '\r')
            {
                if (_piece != Piece.Space)
                {
                    Begin(Piece.Space);
                    _hasSpaceOnly = true;
                }

                _hasSpaceOnly &= value == ' ';
                _length++;
            }
            else
            {
                End();
                _tenths += Token;
                _piece = Piece.Other;
            }
        }

        public long Tokens()
        {
            End();
            return (_tenths + Token - 1) / Token;
        }

        private void Begin(Piece piece)
        {
            End();
            _piece = piece;
        }

        private void End()
        {
            _tenths += Token * _piece switch
            {
                Piece.Word => 1 + Steps(_length - 6, 4),
                Piece.Capitals => 1 + Steps(_length - 3, 2),
                Piece.Space when _length == 1 && _hasSpaceOnly => 0,
                Piece.Space => 1 + _length / 8,
                _ => 0,
            };
            _piece = Piece.None;
            _length = 0;
        }

        private static int Steps(int beyond, int size) => beyond <= 0 ? 0 : (beyond + size - 1) / size;
    }
}

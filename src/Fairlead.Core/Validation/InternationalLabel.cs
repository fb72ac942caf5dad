using System.Globalization;
using System.Text;

namespace Fairlead.Core.Validation;

/// <summary>
/// Whether a label of any script may stand in a host's name: RFC 5891, section 4.2.3, with the code points and contexts of RFC 5892. Code
/// points are told by their category; stability under normalisation is taken from the category too, and joining types are those of the
/// Arabic block alone.
/// </summary>
internal static class InternationalLabel
{
    private const int MiddleDot = 0xB7;
    private const int LowerNumeralSign = 0x375;
    private const int KatakanaDot = 0x30FB;
    private const int NonJoiner = 0x200C;
    private const int Joiner = 0x200D;

    public static bool IsValid(List<int> label)
    {
        if (label.Count == 0 || label.TrueForAll(point => point < 0x80)) return false;
        if (label[0] == '-' || label[^1] == '-' || (label.Count > 3 && label[2] == '-' && label[3] == '-')) return false;
        if (CategoryOf(label[0]) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark) return false;
        for (var at = 0; at < label.Count; at++)
        {
            if (!IsAllowed(label, at)) return false;
        }

        return true;
    }

    private static bool IsAllowed(List<int> label, int at) => label[at] switch
    {
        MiddleDot => Before(label, at) == 'l' && After(label, at) == 'l',
        LowerNumeralSign => IsGreek(After(label, at)),
        0x5F3 or 0x5F4 => IsHebrew(Before(label, at)),
        KatakanaDot => label.Exists(IsJapanese),
        >= 0x660 and <= 0x669 => !label.Exists(point => point is >= 0x6F0 and <= 0x6F9),
        >= 0x6F0 and <= 0x6F9 => !label.Exists(point => point is >= 0x660 and <= 0x669),
        Joiner => IsVirama(Before(label, at)),
        NonJoiner => IsVirama(Before(label, at)) || (JoinsOn(Before(label, at)) && Joins(After(label, at))),
        0xDF or 0x3C2 or 0x6FD or 0x6FE or 0xF0B or 0x3007 => true,
        0x640 or 0x7FA or 0x302E or 0x302F or (>= 0x3031 and <= 0x3035) or 0x303B => false,
        >= 0x1100 and <= 0x11FF or (>= 0xA960 and <= 0xA97F) or (>= 0xD7B0 and <= 0xD7FF) => false, // old Hangul
        var point and < 0x80 => point is >= 'a' and <= 'z' or >= '0' and <= '9' or '-',
        var point => CategoryOf(point) is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber,
    };

    private static int Before(List<int> label, int at) => at == 0 ? 0 : label[at - 1];

    private static int After(List<int> label, int at) => at == label.Count - 1 ? 0 : label[at + 1];

    private static UnicodeCategory CategoryOf(int point) => Rune.GetUnicodeCategory(new Rune(point));

    private static bool IsGreek(int point) => point is (>= 0x370 and <= 0x3FF) or (>= 0x1F00 and <= 0x1FFF);

    private static bool IsHebrew(int point) => point is (>= 0x591 and <= 0x5F4) or (>= 0xFB1D and <= 0xFB4F);

    private static bool IsJapanese(int point) => point is
        (>= 0x3041 and <= 0x309F) or (>= 0x30A1 and <= 0x30FA) or (>= 0x30FD and <= 0x30FF) or 0x3005 or 0x3007 or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);

    /// <summary>Code points of the combining class 9.</summary>
    private static bool IsVirama(int point) => point is
        0x94D or 0x9CD or 0xA4D or 0xACD or 0xB4D or 0xBCD or 0xC4D or 0xCCD or 0xD3B or 0xD3C or 0xD4D or 0xDCA or 0xE3A or 0xEBA or 0xF84 or 0x1039 or 0x103A or 0x1714 or 0x1734
        or 0x17D2 or 0x1A60 or 0x1B44 or 0x1BAA or 0x1BAB or 0x1BF2 or 0x1BF3 or 0x2D7F or 0xA806 or 0xA8C4 or 0xA953 or 0xA9C0 or 0xAAF6 or 0xABED;

    /// <summary>Letters that join with what follows.</summary>
    private static bool JoinsOn(int point) => Joins(point) && point is not
        ((>= 0x622 and <= 0x625) or 0x627 or 0x629 or (>= 0x62F and <= 0x632) or 0x648 or (>= 0x671 and <= 0x673) or (>= 0x675 and <= 0x677) or (>= 0x688 and <= 0x699) or 0x6C0
        or (>= 0x6C3 and <= 0x6CB) or 0x6CD or 0x6CF or 0x6D2 or 0x6D3 or 0x6D5 or 0x6EE or 0x6EF);

    /// <summary>Letters that join with what stands before.</summary>
    private static bool Joins(int point) => point is (>= 0x620 and <= 0x64A and not 0x621 and not 0x640) or (>= 0x66E and <= 0x6D3 and not 0x670 and not 0x674) or 0x6D5 or (>= 0x6EE and <= 0x6FF);
}

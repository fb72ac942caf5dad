using System.Buffers;
using System.Globalization;

namespace Fairlead.Core.Validation;

/// <summary>The formats of texts that vendors' structured output knows. Others are remarks, as the standard allows.</summary>
internal static class Formats
{
    private const int MostMailCharacters = 254; // RFC 5321 with its erratum 1690

    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%");

    private static readonly SearchValues<char> MailCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");

    /// <summary>What tells whether a text is of a format; null for one that is not known.</summary>
    public static Func<string, bool>? Find(string format) => format switch
    {
        "date-time" => IsDateTime,
        "date" => text => IsDate(text),
        "time" => text => IsTime(text),
        "duration" => IsDuration,
        "email" => IsMail,
        "hostname" => HostName.IsValid,
        "ipv4" => text => IsIpv4(text),
        "ipv6" => IsIpv6,
        "uuid" => IsUuid,
        "uri" => IsUri,
        _ => null,
    };

    /// <summary>RFC 3339, section 5.6.</summary>
    private static bool IsDateTime(string text) => text.Length > 11 && text[10] is 'T' or 't' && IsDate(text.AsSpan(0, 10)) && IsTime(text.AsSpan(11));

    private static bool IsDate(ReadOnlySpan<char> text) =>
        text.Length == 10 && text[4] == '-' && text[7] == '-'
        && TryDigits(text[..4], out var year) && TryDigits(text[5..7], out var month) && TryDigits(text[8..], out var day)
        && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(Math.Max(year, 4), month) && (year > 0 || month != 2 || day <= 29);

    /// <summary>A leap second is one only at the end of a day of UTC.</summary>
    private static bool IsTime(ReadOnlySpan<char> text)
    {
        if (text.Length < 9 || text[2] != ':' || text[5] != ':') return false;
        if (!TryDigits(text[..2], out var hour) || !TryDigits(text[3..5], out var minute) || !TryDigits(text[6..8], out var second)) return false;
        if (hour > 23 || minute > 59 || second > 60) return false;
        var rest = text[8..];
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1) return false;
            rest = rest[(digits + 1)..];
        }

        var offset = 0;
        if (rest is not ("Z" or "z"))
        {
            if (rest.Length != 6 || rest[0] is not ('+' or '-') || rest[3] != ':') return false;
            if (!TryDigits(rest[1..3], out var hours) || !TryDigits(rest[4..], out var minutes) || hours > 23 || minutes > 59) return false;
            offset = (rest[0] == '-' ? -1 : 1) * ((hours * 60) + minutes);
        }

        return second < 60 || ((hour * 60) + minute - offset + (2 * 1440)) % 1440 == 1439;
    }

    /// <summary>RFC 3339, appendix A: no gap between the units, and weeks alone.</summary>
    private static bool IsDuration(string text)
    {
        if (!text.StartsWith('P')) return false;
        var rest = text.AsSpan(1);
        if (rest.EndsWith("W")) return TryUnits(ref rest, "W") && rest.IsEmpty;
        var hasDate = TryUnits(ref rest, "YMD");
        if (rest.IsEmpty) return hasDate;
        if (rest[0] != 'T') return false;
        rest = rest[1..];
        return TryUnits(ref rest, "HMS") && rest.IsEmpty;
    }

    /// <summary>One number or more with units that follow each other; false for none.</summary>
    private static bool TryUnits(ref ReadOnlySpan<char> text, string units)
    {
        var last = -1;
        while (true)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits < 1) break;
            var unit = units.IndexOf(text[digits], StringComparison.Ordinal);
            if (unit < 0 || (last >= 0 && unit != last + 1)) return false;
            last = unit;
            text = text[(digits + 1)..];
        }

        return last >= 0;
    }

    /// <summary>RFC 5321, section 4.1.2: a mailbox; a quoted name is taken as it is.</summary>
    private static bool IsMail(string text)
    {
        var at = text.LastIndexOf('@');
        if (at is < 1 or > 64 || text.Length > MostMailCharacters) return false;
        var (name, domain) = (text[..at], text[(at + 1)..]);
        var isQuoted = name.Length > 2 && name[0] == '"' && name[^1] == '"' && !name.AsSpan().ContainsAnyExceptInRange(' ', '~');
        if (!isQuoted && (name.AsSpan().ContainsAnyExcept(MailCharacters) || name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal))) return false;
        if (!domain.StartsWith('[')) return HostName.IsValid(domain);
        if (!domain.EndsWith(']')) return false;
        var address = domain[1..^1];
        return address.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? IsIpv6(address[5..]) : IsIpv4(address);
    }

    /// <summary>RFC 2673, section 3.2: four numbers without zeros at the front.</summary>
    private static bool IsIpv4(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4 || part.Length is < 1 or > 3 || (part.Length > 1 && part[0] == '0') || !TryDigits(part, out var number) || number > 255) return false;
        }

        return parts == 4;
    }

    /// <summary>RFC 4291, section 2.2: eight groups, one run of zeros left out, the last two as IPv4.</summary>
    private static bool IsIpv6(string text)
    {
        var gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0) return TryGroups(text, mayEndInIpv4: true, out var all) && all == 8;
        var (before, after) = (text[..gap], text[(gap + 2)..]);
        var first = 0;
        var last = 0;
        return (before.Length == 0 || TryGroups(before, mayEndInIpv4: false, out first)) && (after.Length == 0 || TryGroups(after, mayEndInIpv4: true, out last)) && first + last < 8;
    }

    private static bool TryGroups(string text, bool mayEndInIpv4, out int count)
    {
        count = 0;
        var groups = text.Split(':');
        for (var i = 0; i < groups.Length; i++)
        {
            var group = groups[i];
            if (mayEndInIpv4 && i == groups.Length - 1 && group.Contains('.', StringComparison.Ordinal))
            {
                count += 2;
                return IsIpv4(group);
            }

            if (group.Length is < 1 or > 4 || !group.All(char.IsAsciiHexDigit)) return false;
            count++;
        }

        return true;
    }

    /// <summary>RFC 9562, section 4.</summary>
    private static bool IsUuid(string text)
    {
        if (text.Length != 36) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i])) return false;
        }

        return true;
    }

    /// <summary>RFC 3986: a scheme and its rest in the characters that an address may have.</summary>
    private static bool IsUri(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || !char.IsAsciiLetter(text[0]) || text.AsSpan().ContainsAnyExcept(AddressCharacters)) return false;
        if (!text.AsSpan(0, colon).ToArray().All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '+' or '-' or '.')) return false;
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (text.Length - i < 3 || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) return false;
        }

        return text.IndexOf('#', StringComparison.Ordinal) == text.LastIndexOf('#');
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

namespace Fairlead.Core.Validation;

/// <summary>RFC 3492: how a label of any script is spelled in letters, digits and hyphens.</summary>
internal static class Punycode
{
    private const int Base = 36;
    private const int LeastThreshold = 1;
    private const int MostThreshold = 26;
    private const int Skew = 38;
    private const int Damp = 700;
    private const int FirstBias = 72;
    private const int FirstPoint = 128;

    /// <summary>The code points of an encoded label; null when it is none (section 6.2).</summary>
    public static List<int>? Decode(ReadOnlySpan<char> encoded)
    {
        var hyphen = encoded.LastIndexOf('-');
        var points = new List<int>(encoded.Length);
        for (var at = 0; at < hyphen; at++) points.Add(encoded[at]);
        var (point, bias, index) = ((long)FirstPoint, FirstBias, 0L);
        for (var at = hyphen + 1; at < encoded.Length; index++)
        {
            var before = index;
            var weight = 1L;
            for (var k = Base; ; k += Base)
            {
                if (at == encoded.Length) return null;
                var digit = DigitOf(encoded[at++]);
                index += digit * weight;
                if (index > int.MaxValue) return null;
                var threshold = Math.Clamp(k - bias, LeastThreshold, MostThreshold);
                if (digit < threshold) break;
                weight *= Base - threshold;
                if (weight > int.MaxValue) return null;
            }

            bias = Adapt(index - before, points.Count + 1, isFirst: before == 0);
            point += index / (points.Count + 1);
            index %= points.Count + 1;
            if (point > 0x10FFFF || point is >= 0xD800 and <= 0xDFFF) return null;
            points.Insert((int)index, (int)point);
        }

        return points;
    }

    private static int DigitOf(char sign) => char.IsAsciiDigit(sign) ? sign - '0' + 26 : char.ToLowerInvariant(sign) - 'a';

    private static int Adapt(long delta, int count, bool isFirst)
    {
        delta = isFirst ? delta / Damp : delta / 2;
        delta += delta / count;
        var k = 0;
        for (; delta > (Base - LeastThreshold) * MostThreshold / 2; k += Base) delta /= Base - LeastThreshold;
        return (int)(k + ((Base - LeastThreshold + 1) * delta / (delta + Skew)));
    }
}

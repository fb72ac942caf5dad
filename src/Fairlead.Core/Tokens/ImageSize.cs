using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Fairlead.Core.Tokens;

/// <summary>Width and height of an image in pixels, read from its first bytes: PNG, JPEG, GIF, WebP.</summary>
internal readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Where a JPEG's size stands at the latest, in bytes of base64; profiles and previews may stand before it.</summary>
    private const int Head = 256 * 1024;

    /// <summary>How many pixels it has.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>The size of an image in base64; null when it is not one of the known formats or does not say.</summary>
    public static ImageSize? OfBase64(ReadOnlySpan<byte> base64)
    {
        var head = base64[..Math.Min(base64.Length, Head)];
        head = head[..(head.Length / 4 * 4)];
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, Base64.GetMaxDecodedFromUtf8Length(head.Length)));
        try
        {
            Base64.DecodeFromUtf8(head, rented, out _, out var written);
            var size = Of(rented.AsSpan(0, written));
            return size is { Width: > 0, Height: > 0 } ? size : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static ImageSize? Of(ReadOnlySpan<byte> image)
    {
        if (image.Length < 30) return null;
        if (image[0] == 0x89 && image[1..].StartsWith("PNG"u8)) return new(BigInt(image[16..]), BigInt(image[20..]));
        if (image.StartsWith("GIF8"u8)) return new(Little(image[6..]), Little(image[8..]));
        if (image.StartsWith("RIFF"u8) && image[8..].StartsWith("WEBP"u8)) return OfWebP(image);
        return image[0] == 0xFF && image[1] == 0xD8 ? OfJpeg(image[2..]) : null;
    }

    private static ImageSize? OfWebP(ReadOnlySpan<byte> image)
    {
        if (image[12..].StartsWith("VP8X"u8)) return new(1 + (Little(image[24..]) | image[26] << 16), 1 + (Little(image[27..]) | image[29] << 16));
        if (image[12..].StartsWith("VP8 "u8)) return new(Little(image[26..]) & 0x3FFF, Little(image[28..]) & 0x3FFF);
        if (!image[12..].StartsWith("VP8L"u8)) return null;
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(image[21..]);
        return new(1 + (int)(bits & 0x3FFF), 1 + (int)(bits >> 14 & 0x3FFF));
    }

    /// <summary>Walks the segments up to the first that describes a frame.</summary>
    private static ImageSize? OfJpeg(ReadOnlySpan<byte> segments)
    {
        while (segments.Length >= 9 && segments[0] == 0xFF)
        {
            var marker = segments[1];
            if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC) return new(Big(segments[7..]), Big(segments[5..]));
            var length = 2 + Big(segments[2..]);
            if (length > segments.Length) return null;
            segments = segments[length..];
        }

        return null;
    }

    private static int Little(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static int Big(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static int BigInt(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes);
}

namespace Fairlead.Core.Tokens;

/// <summary>How a family of models turns an image into tokens.</summary>
internal abstract record ImageRule
{
    private ImageRule()
    {
    }

    /// <summary>The tokens of an image.</summary>
    /// <param name="size">Its size; null when it cannot be seen from the request: then the largest is assumed.</param>
    /// <param name="isLowDetail">Whether the client asked for a coarse look.</param>
    public abstract long Tokens(ImageSize? size, bool isLowDetail);

    /// <summary>
    /// OpenAI's tiles: the image is brought within 2048 × 2048, its shorter side to at most 768, and cut into squares of 512. A coarse
    /// look costs the base alone. OpenAI, "Images and vision".
    /// </summary>
    public static ImageRule Tiles(int once, int perTile) => new ByTiles(once, perTile);

    /// <summary>OpenAI's patches of 32 × 32, at most 1536 of them, times a factor of the model. OpenAI, "Images and vision".</summary>
    public static ImageRule Patches(double factor, int once = 0) => new ByPatches(factor, once);

    /// <summary>Pixels divided by a constant, within bounds. Anthropic, "Vision": width × height / 750.</summary>
    public static ImageRule Pixels(int perToken, int least, int most, int once) => new ByPixels(perToken, least, most, once);

    private sealed record ByTiles(int Once, int PerTile) : ImageRule
    {
        public override long Tokens(ImageSize? size, bool isLowDetail)
        {
            if (isLowDetail) return Once;
            if (size is not { } known) return Once + 8 * PerTile;
            double width = known.Width, height = known.Height;
            var scale = Math.Min(1, 2048 / Math.Max(width, height));
            scale *= Math.Min(1, 768 / Math.Max(1, scale * Math.Min(width, height)));
            return Once + PerTile * (long)(Math.Ceiling(Math.Max(1, width * scale) / 512) * Math.Ceiling(Math.Max(1, height * scale) / 512));
        }
    }

    private sealed record ByPatches(double Factor, int Once) : ImageRule
    {
        private const long Most = 1536;

        public override long Tokens(ImageSize? size, bool isLowDetail)
        {
            var patches = size is { } known ? Math.Min(Most, (long)((known.Width + 31) / 32) * ((known.Height + 31) / 32)) : Most;
            return Once + (long)Math.Ceiling(patches * Factor);
        }
    }

    private sealed record ByPixels(int PerToken, int Least, int Most, int Once) : ImageRule
    {
        public override long Tokens(ImageSize? size, bool isLowDetail) =>
            Once + (size is { } known ? Math.Clamp((known.Pixels + PerToken - 1) / PerToken, Least, Most) : Most);
    }
}

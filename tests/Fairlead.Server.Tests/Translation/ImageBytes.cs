namespace Fairlead.Server.Tests.Translation;

/// <summary>What the first bytes of an image say that it is.</summary>
internal static class ImageBytes
{
    public static string? MediaType(string base64)
    {
        // The first characters of each form in base64.
        if (base64.StartsWith("iVBORw0KGgo", StringComparison.Ordinal)) return "image/png";
        if (base64.StartsWith("/9j/", StringComparison.Ordinal)) return "image/jpeg";
        if (base64.StartsWith("R0lGOD", StringComparison.Ordinal)) return "image/gif";
        return base64.StartsWith("UklGR", StringComparison.Ordinal) && base64.Length > 16 && base64[10..].StartsWith("AAV0VCUA", StringComparison.Ordinal) ? "image/webp" : null;
    }
}

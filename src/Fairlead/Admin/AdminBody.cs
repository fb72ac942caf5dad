using System.Text;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>Bodies of the administration API: text in UTF-8, no larger than a configuration may be.</summary>
internal static class AdminBody
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly Refusal TooLarge = new(RefusalTable.RequestTooLarge, $"The body is larger than {ConfigurationFile.MostBytes} bytes.");

    /// <summary>The body, or why it is not taken.</summary>
    public static async Task<(string Text, Refusal? Refusal)> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
        {
            return ("", new Refusal(RefusalTable.UnsupportedContentEncoding, "The body must not be compressed.", "content-encoding"));
        }

        if (request.ContentLength > ConfigurationFile.MostBytes) return ("", TooLarge);
        using var bytes = new MemoryStream();
        var piece = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(piece, context.RequestAborted)) > 0;)
        {
            if (bytes.Length + read > ConfigurationFile.MostBytes) return ("", TooLarge);
            bytes.Write(piece, 0, read);
        }

        try
        {
            return (Utf8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length), null);
        }
        catch (DecoderFallbackException)
        {
            return ("", new Refusal(RefusalTable.InvalidValue, "The body is not UTF-8."));
        }
    }
}

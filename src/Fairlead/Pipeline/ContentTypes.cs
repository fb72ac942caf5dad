using Fairlead.Core.Requests;
using Microsoft.Net.Http.Headers;

namespace Fairlead.Pipeline;

/// <summary>What a body may be: JSON in UTF-8, not compressed. A missing type is taken as JSON.</summary>
internal static class ContentTypes
{
    public static Refusal? Check(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
        {
            return new Refusal(RefusalTable.UnsupportedContentEncoding, "The body must not be compressed.", "content-encoding");
        }

        var type = request.ContentType;
        if (type is null or "application/json") return null;
        return MediaTypeHeaderValue.TryParse(type, out var parsed)
            && parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!parsed.Charset.HasValue || parsed.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? null
            : new Refusal(RefusalTable.UnsupportedMediaType, "The body must be sent with 'Content-Type: application/json'.", "content-type");
    }
}

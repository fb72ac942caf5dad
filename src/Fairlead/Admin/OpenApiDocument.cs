namespace Fairlead.Admin;

/// <summary><c>GET /admin/v1/openapi.json</c>: the administration API described for machines, from a file that is kept by hand.</summary>
internal static class OpenApiDocument
{
    private static readonly byte[] Content = Read();

    public static async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Content.Length;
        await context.Response.BodyWriter.WriteAsync(Content, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json")!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}

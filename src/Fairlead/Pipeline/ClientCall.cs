using Fairlead.Dialects;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Pipeline;

/// <summary>How a client speaks: its dialect, and what of its request beside the body is meant for the vendor. Immutable.</summary>
/// <param name="Dialect">Of request and answer.</param>
/// <param name="Path">What is appended to a provider's address.</param>
/// <param name="Headers">Headers that travel to a vendor of the same dialect.</param>
internal sealed record ClientCall(IDialect Dialect, string Path, IReadOnlyList<(string Name, string Value)> Headers)
{
    private const string VersionHeader = "anthropic-version";
    private const string BetaHeader = "anthropic-beta";
    private const string DefaultVersion = "2023-06-01";
    private const int MostHeaderCharacters = 4096; // coding agents send long lists of betas

    private static readonly ClientCall Chat = new(ChatDialect.Instance, ChatDialect.Instance.Path, []);
    private static readonly ClientCall Messages = new(MessagesDialect.Instance, MessagesDialect.Instance.Path, [(VersionHeader, DefaultVersion)]);
    private static readonly string BetaPath = MessagesDialect.Instance.Path + "?beta=true";

    /// <summary>Whether the client asks for betas of its vendor.</summary>
    public bool HasBetas => Headers.Count > 1;

    /// <summary>A client of a dialect that says nothing beside the body.</summary>
    public static ClientCall Plain(IDialect dialect) => dialect == ChatDialect.Instance ? Chat : Messages;

    /// <summary>How a target of another dialect is spoken to: of the client's headers none travels.</summary>
    public ClientCall In(IDialect dialect) => dialect == Dialect ? this : Plain(dialect);

    /// <summary>How the client of a request speaks.</summary>
    public static ClientCall Of(HttpContext context, IDialect dialect)
    {
        if (dialect == ChatDialect.Instance) return Chat;
        var version = Value(context, VersionHeader);
        var beta = Value(context, BetaHeader);
        var isBeta = context.Request.Query["beta"] == "true";
        if (version is null or DefaultVersion && beta is null && !isBeta) return Messages;
        var headers = new List<(string, string)>(2) { (VersionHeader, version ?? DefaultVersion) };
        if (beta is not null) headers.Add((BetaHeader, beta));
        return new ClientCall(dialect, isBeta ? BetaPath : dialect.Path, headers);
    }

    /// <summary>The dialect that a client reads errors in, from its path or, where that says nothing, from a header that only one sends.</summary>
    public static IDialect DialectOf(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/v1/messages", StringComparison.Ordinal)
        || context.Request.Path.StartsWithSegments("/messages", StringComparison.Ordinal)
        || SpeaksAnthropic(context)
            ? MessagesDialect.Instance
            : ChatDialect.Instance;

    /// <summary>Whether the header of Anthropic's SDKs is there.</summary>
    public static bool SpeaksAnthropic(HttpContext context) => context.Request.Headers.ContainsKey(VersionHeader);

    /// <summary>A header that may travel: of sensible length and characters; null for none.</summary>
    private static string? Value(HttpContext context, string name)
    {
        if (!context.Request.Headers.TryGetValue(name, out var values)) return null;
        var value = string.Join(',', values.ToArray());
        return value.Length is > 0 and <= MostHeaderCharacters && !value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? value : null;
    }
}

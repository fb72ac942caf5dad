using System.Collections.Immutable;
using Fairlead.Core.Messages;

namespace Fairlead.Core.Configuration;

/// <summary>How a vendor wants its credential.</summary>
public enum CredentialScheme
{
    /// <summary><c>Authorization: Bearer KEY</c>.</summary>
    Bearer = 0,

    /// <summary><c>x-api-key: KEY</c>.</summary>
    ApiKey,
}

/// <summary>Whether a vendor of OpenAI's dialect takes the thoughts of earlier turns back.</summary>
public enum ThoughtReplay
{
    /// <summary>It refuses a message with a member for them, or makes nothing of it.</summary>
    None = 0,

    /// <summary>It takes them as <c>reasoning_content</c>.</summary>
    Accepted,

    /// <summary>It refuses a turn that called tools without them, were they empty.</summary>
    Required,

    /// <summary>It takes them as <c>reasoning_details</c>, signatures and all.</summary>
    Details,
}

/// <summary>
/// What is built in about a vendor: a <c>kind</c> that providers of a configuration are made from. Data only; read from
/// <c>providers/*.yaml</c>. Immutable.
/// </summary>
public sealed record VendorDefinition
{
    /// <summary>The dialects that vendors may speak; the first one where a definition does not say.</summary>
    internal static readonly ImmutableArray<string> Dialects = [DialectNames.OpenAiChat, DialectNames.AnthropicMessages];

    private const int MostModels = 64;

    private static readonly ImmutableArray<string> MaxTokensMembers = ["max_tokens", "max_completion_tokens"];
    private static readonly ImmutableArray<string> ThoughtWords = ["none", "accepted", "required", "details"];

    /// <summary>The name that a configuration says as <c>kind</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The vendor's address, without a trailing slash, its version path included; null where the configuration must give one
    /// (<c>openai-compatible</c>) or none is needed (<c>simulated</c>).
    /// </summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>
    /// The path that an operator's <c>base_url</c> gets when it has none: <c>http://host:8000</c> means
    /// <c>http://host:8000/v1</c>. Empty for vendors that serve at their root.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The dialect that it speaks: <c>openai-chat</c>, <c>anthropic-messages</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>How the credential is sent.</summary>
    public required CredentialScheme Credentials { get; init; }

    /// <summary>The environment variable that the vendor's own SDK reads its key from; null when there is no such custom.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>Whether a provider of this kind must have a key.</summary>
    public required bool NeedsKey { get; init; }

    /// <summary>The model that is served when nothing but the key is known; null when none stands out.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>The catalog's name of the vendor; null when the catalog does not have it.</summary>
    public string? CatalogName { get; init; }

    /// <summary>Whether the vendor takes <c>stream_options.include_usage</c>; false for other dialects than OpenAI's.</summary>
    public required bool AcceptsStreamOptions { get; init; }

    /// <summary>The member of OpenAI's dialect that limits the answer: <c>max_tokens</c>, or <c>max_completion_tokens</c> where the vendor's newer models refuse that.</summary>
    public string MaxTokensMember { get; init; } = MaxTokensMembers[0];

    /// <summary>Whether it takes the thoughts of earlier turns back.</summary>
    public ThoughtReplay Thoughts { get; init; }

    /// <summary>Which of its models go on with an answer that is begun.</summary>
    public Prefill Prefill { get; init; } = Prefill.None;

    /// <summary>Whether it is the simulated vendor, which has settings of its own and no address.</summary>
    public bool IsSimulated => Kind == "simulated";

    /// <summary>Reads a definition from the text of its file.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <exception cref="FormatException">The text has errors; the message lists them all.</exception>
    public static VendorDefinition Parse(string text, string name)
    {
        var findings = new Findings(name);
        var definition = YamlReader.Read(text, findings) is { } root ? Bind(root, findings) : null;
        return definition is not null && !findings.HasErrors
            ? definition
            : throw new FormatException(string.Join(Environment.NewLine, findings.Errors()));
    }

    private static VendorDefinition? Bind(YamlNode root, Findings findings)
    {
        if (SectionReader.Open(root, Section.Vendor, findings) is not { } reader) return null;
        var kind = findings.Text(reader.Require("kind", "the vendor's name"));
        var baseUrl = findings.Text(reader.Find("base_url")) is { } address ? Addresses.ReadBaseUrl(address, findings) : null;
        var path = findings.Text(reader.Find("path"))?.Value;
        var auth = findings.Word(reader.Require("auth", "how the credential is sent"), ["bearer", "x-api-key"]);
        var dialect = findings.Word(reader.Find("dialect"), Dialects);
        var isChat = dialect is null || dialect.Value.Value == Dialects[0];
        var definition = new VendorDefinition
        {
            Kind = kind?.Value ?? "",
            BaseUrl = baseUrl,
            Path = path ?? baseUrl?.AbsolutePath.TrimEnd('/') ?? "",
            Dialect = dialect?.Value ?? Dialects[0],
            Credentials = auth?.Value == "x-api-key" ? CredentialScheme.ApiKey : CredentialScheme.Bearer,
            KeyVariable = findings.Text(reader.Find("key"))?.Value,
            NeedsKey = findings.Bool(reader.Find("key_required"))?.Value ?? true,
            DefaultModel = findings.Text(reader.Find("default_model"))?.Value,
            CatalogName = findings.Text(reader.Find("catalog"))?.Value,
            AcceptsStreamOptions = findings.Bool(isChat ? reader.Require("stream_options", "whether it takes include_usage") : reader.Find("stream_options"))?.Value ?? false,
            MaxTokensMember = findings.Word(reader.Find("max_tokens"), MaxTokensMembers)?.Value ?? MaxTokensMembers[0],
            Thoughts = (ThoughtReplay)Math.Max(0, ThoughtWords.IndexOf(findings.Word(reader.Find("thoughts"), ThoughtWords)?.Value ?? "none")),
            Prefill = BindPrefill(reader, findings),
        };
        reader.Close();
        return definition;
    }

    private static Prefill BindPrefill(SectionReader reader, Findings findings)
    {
        var form = findings.Word(reader.Find("prefill"), Prefill.Words);
        var models = findings.Texts(reader.Find("prefill_models"), MostModels, "[model-1, \"model-2-*\"]");
        return form is null ? Prefill.None : new Prefill(Prefill.FormOf(form.Value.Value), [.. models.Select(model => model.Value)]);
    }
}

using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>A vendor endpoint with credentials, compiled. Region and contract facts live here. Immutable.</summary>
public sealed class Provider
{
    /// <summary>The name in the configuration; what targets refer to.</summary>
    public required string Name { get; init; }

    /// <summary>The vendor definition it is built on: <c>openai</c>, <c>openai-compatible</c>, <c>simulated</c>, ….</summary>
    public required string Kind { get; init; }

    /// <summary>The dialect that it is spoken to in.</summary>
    public required string Dialect { get; init; }

    /// <summary>How its credential is sent.</summary>
    public required CredentialScheme Credentials { get; init; }

    /// <summary>The catalog's provider name for model facts; null where the kind has none (<c>openai-compatible</c>, <c>simulated</c>).</summary>
    public string? CatalogName { get; init; }

    /// <summary>
    /// The address that dialect paths are appended to, without a trailing slash; <c>/v1</c> included for OpenAI's dialect, not for
    /// Anthropic's, as their SDKs have it.
    /// Null only for <c>kind: simulated</c>, whose address is known once its listener runs.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>
    /// True when the operator wrote the address: private and loopback addresses may then be connected to. An address from a
    /// built-in vendor definition must resolve to public ones.
    /// </summary>
    public required bool AddressIsConfigured { get; init; }

    /// <summary>The keys to be tried in turn. Empty with <see cref="NeedsKey"/> false: calls carry no credential.</summary>
    public required ImmutableArray<Secret> Keys { get; init; }

    /// <summary>References that named no value at load (<c>env:NAME</c>). When all are missing, the provider's targets are ineligible.</summary>
    public required ImmutableArray<string> MissingKeys { get; init; }

    /// <summary>Whether the vendor wants a credential at all.</summary>
    public required bool NeedsKey { get; init; }

    /// <summary>Free region name (<c>us</c>, <c>eu</c>, <c>onprem</c>); null when not stated.</summary>
    public string? Region { get; init; }

    /// <summary>Contract facts such as <c>soc2</c>, <c>dpa</c>, <c>hipaa</c>, <c>zdr</c>.</summary>
    public required ImmutableArray<string> Facts { get; init; }

    /// <summary>
    /// Whether the vendor takes <c>stream_options.include_usage</c>, so that Fairlead may ask for the usage of a stream.
    /// </summary>
    public required bool AcceptsStreamOptions { get; init; }

    /// <summary>The member of OpenAI's dialect that limits the answer there.</summary>
    public string MaxTokensMember { get; init; } = "max_tokens";

    /// <summary>Whether it takes the thoughts of earlier turns back, in OpenAI's dialect.</summary>
    public ThoughtReplay Thoughts { get; init; }

    /// <summary>Which of its models go on with an answer that is begun.</summary>
    public Prefill Prefill { get; init; } = Prefill.None;

    /// <summary>The settings of <c>kind: simulated</c>; null for every other kind.</summary>
    public SimulatedProvider? Simulated { get; init; }
}

/// <summary>
/// What <c>kind: simulated</c> needs to start its vendor, as written; texts in the simulator's own notation.
/// </summary>
/// <param name="Dialect">The dialect that it is spoken to in; null: OpenAI's. It understands each.</param>
/// <param name="FirstToken">Distribution of the time to the first token, such as <c>lognormal p50=200ms p99=2s</c>.</param>
/// <param name="TokensPerSecond">Distribution of the token rate.</param>
/// <param name="Faults">Faults in the simulator's text form, active from the start.</param>
public sealed record SimulatedProvider(string? Dialect, string? FirstToken, string? TokensPerSecond, ImmutableArray<string> Faults)
{
    /// <summary>Quotas in the simulator's text form; a request is held to the first that matches it.</summary>
    public ImmutableArray<string> Quota { get; init; } = [];

    /// <summary>When it is down of itself, in the simulator's text form, such as <c>99.5% repair=2m seed=3</c>; null for never.</summary>
    public string? Outages { get; init; }

    /// <summary>The name that vendors share which can be taken down together; null for none.</summary>
    public string? OutageGroup { get; init; }
}

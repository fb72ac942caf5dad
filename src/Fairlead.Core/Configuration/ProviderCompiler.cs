using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>Makes providers from what is written and from their vendor's definition.</summary>
internal sealed class ProviderCompiler(
    IReadOnlyDictionary<string, VendorDefinition> vendors, SecretReader secrets, Func<string, SimulatedProvider, string?>? simulatedDefect, string folder, Findings findings)
{
    /// <summary>Kinds of the contract whose dialect or credentials are not built yet.</summary>
    private static readonly ImmutableArray<string> LaterKinds = ["azure-openai", "bedrock", "cohere", "gemini", "google", "vertex"];

    public FrozenDictionary<string, Provider> Compile(ImmutableArray<ProviderDocument> documents)
    {
        var providers = new Dictionary<string, Provider>(StringComparer.Ordinal);
        foreach (var document in documents)
        {
            if (VendorOf(document) is { } vendor) providers[document.Name.Value] = Compile(document, vendor);
        }

        return providers.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private VendorDefinition? VendorOf(ProviderDocument document)
    {
        if (document.Kind is not { } kind) return null;
        if (vendors.TryGetValue(kind.Value, out var vendor)) return vendor;
        if (LaterKinds.Contains(kind.Value)) findings.Error(kind.At, $"kind {Words.Quote(kind.Value)} is not in this version of Fairlead");
        else findings.Error(kind.At, $"unknown kind {Words.Quote(kind.Value)}; known: {string.Join(", ", vendors.Keys.Order(StringComparer.Ordinal))}", Words.Nearest(kind.Value, vendors.Keys));
        return null;
    }

    private Provider Compile(ProviderDocument document, VendorDefinition vendor)
    {
        var (keys, missing) = Keys(document, vendor);
        var simulated = vendor.IsSimulated ? Simulated(document) : null;
        return new Provider
        {
            Name = document.Name.Value,
            Kind = vendor.Kind,
            Dialect = simulated?.Dialect ?? vendor.Dialect,
            Credentials = vendor.Credentials,
            CatalogName = vendor.CatalogName,
            BaseUrl = BaseUrl(document, vendor),
            AddressIsConfigured = document.BaseUrl is not null || vendor.IsSimulated,
            Keys = keys,
            MissingKeys = missing,
            // Keys that are written are meant: without any of them no call goes out bare.
            NeedsKey = vendor.NeedsKey || document.HasKeys,
            Region = document.Region?.Value,
            Facts = [.. document.Facts.Select(fact => fact.Value)],
            AcceptsStreamOptions = vendor.AcceptsStreamOptions,
            MaxTokensMember = vendor.MaxTokensMember,
            Thoughts = vendor.Thoughts,
            Prefill = vendor.Prefill,
            Simulated = simulated,
        };
    }

    private SimulatedProvider Simulated(ProviderDocument document)
    {
        var simulated = document.Simulate?.Value ?? new SimulatedProvider(null, null, null, []);
        if (simulatedDefect?.Invoke(document.Name.Value, simulated) is { } defect) findings.Error(document.Simulate?.At ?? document.Name.At, defect);
        return simulated;
    }

    private (ImmutableArray<Secret> Keys, ImmutableArray<string> Missing) Keys(ProviderDocument document, VendorDefinition vendor)
    {
        if (vendor.NeedsKey && !document.HasKeys)
        {
            var example = vendor.KeyVariable is { } variable ? $", such as keys: [\"env:{variable}\"]" : "";
            findings.Error(document.Name.At, $"needs 'keys': kind {vendor.Kind} takes no calls without one{example}");
        }

        var references = document.Keys;
        var keys = ImmutableArray.CreateBuilder<Secret>(references.Length);
        var missing = ImmutableArray.CreateBuilder<string>();
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (secrets.Read(reference.Value, folder) is not { } value) missing.Add(reference.Value);
            else if (!IsHeaderText(value)) findings.Error(reference.At, $"{reference.Value} holds characters that no header can carry");
            else if (!values.Add(value)) findings.Error(reference.At, $"{reference.Value} is the same secret as one before it");
            else keys.Add(new Secret(reference.Value, value));
        }

        if (missing.Count > 0)
        {
            var what = keys.Count == 0 ? "its targets are not used" : "the other keys are used";
            findings.Warning(references[0].At with { Path = document.Name.At.Path }, $"no value in {string.Join(", ", missing)}; {what}");
        }

        return (keys.DrainToImmutable(), missing.DrainToImmutable());
    }

    private Uri? BaseUrl(ProviderDocument document, VendorDefinition vendor)
    {
        if (vendor.IsSimulated)
        {
            if (document.BaseUrl is { } unused) findings.Error(unused.At, "kind simulated has an address of its own");
            return null;
        }

        if (document.Simulate is { } simulate) findings.Error(simulate.At, "is for kind simulated only");
        if (document.BaseUrl is not { } written)
        {
            if (vendor.BaseUrl is null && !document.HasBaseUrl) findings.Error(document.Name.At, $"needs 'base_url': kind {vendor.Kind} can be anywhere");
            return vendor.BaseUrl;
        }

        var address = written.Value;
        if (address.Scheme == "http" && !Addresses.IsLoopback(address))
        {
            findings.Warning(written.At, "is plain http to another machine: prompts and keys can be read on the way");
        }

        // OpenAI's SDKs take an address with its version path, Anthropic's one without; people write either.
        const string version = "/v1";
        var text = address.OriginalString.TrimEnd('/');
        if (vendor.Dialect == "anthropic-messages" && text.EndsWith(version, StringComparison.Ordinal)) return new Uri(text[..^version.Length]);
        return address.AbsolutePath == "/" && vendor.Path.Length > 0 ? new Uri(address.OriginalString + vendor.Path) : address;
    }

    /// <summary>Visible ASCII: what a credential's header can carry (RFC 6750 2.1 allows less).</summary>
    private static bool IsHeaderText(string value) => !value.AsSpan().ContainsAnyExceptInRange('!', '~');
}

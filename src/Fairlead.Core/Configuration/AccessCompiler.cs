using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Keys;
using Fairlead.Core.Overload;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Configuration;

/// <summary>
/// Who may come in. Fails closed: a key whose secret is missing is an error, never an open door, and without keys only this machine
/// is served.
/// </summary>
internal sealed class AccessCompiler(SecretReader secrets, string folder, DateTimeOffset now, Findings findings)
{
    /// <summary>Keys shorter than this can be guessed.</summary>
    private const int LeastCharacters = 16;

    public ImmutableArray<ClientKey> Keys(ConfigurationDocument configuration)
    {
        var documents = configuration.Keys;
        var routes = configuration.Routes.Select(route => route.Name?.Value).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var targets = configuration.Targets.Select(target => target.Name.Value).ToHashSet(StringComparer.Ordinal);
        var keys = ImmutableArray.CreateBuilder<ClientKey>(documents.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var document in documents)
        {
            if (document.Name is { } name && !names.Add(name.Value)) findings.Error(name.At, $"the key name {Words.Quote(name.Value)} stands twice");
            if (Caller.IsProberOf(document.Tenant?.Value ?? "default", document.Name?.Value)) findings.Error(document.At, "tenant fairlead and name probe are what Fairlead itself asks with; choose another name");
            if (document.Secret is not { } reference || Read(reference) is not { } secret) continue;
            if (secret.Reveal().Length > ClientKey.MostCharacters) findings.Error(reference.At, $"{reference.Value} has more than {ClientKey.MostCharacters} characters, and no request is let in with such a key");
            var owner = document.Name?.Value ?? "";
            if (!owners.TryAdd(secret.Reveal(), owner))
            {
                findings.Error(reference.At, $"the keys {Words.Quote(owners[secret.Reveal()])} and {Words.Quote(owner)} have the same secret: it could not be told who calls");
                continue;
            }

            DateTimeOffset? expiresAt = document.Expires is { } last ? KeyRequest.EndOf(last.Value) : null;
            if (expiresAt <= now) findings.Warning(document.Expires!.Value.At, $"the key {Words.Quote(owner)} has expired: its requests are refused");
            keys.Add(new ClientKey(owner, secret, document.Tenant?.Value ?? "default")
            {
                Team = document.Team?.Value,
                Feature = document.Feature?.Value,
                Limits = document.Limits,
                Owner = document.Owner?.Value,
                ExpiresAt = expiresAt,
                Tags = document.Tags,
                Permissions = new CallerPermissions
                {
                    Routes = Allowed(document.Routes, routes, "route"),
                    Targets = Allowed(document.Targets, targets, "target"),
                    Environments = [.. document.Environments.Select(environment => environment.Value)],
                    MaySet = Named(document.MaySet),
                    Operations = Named(document.Operations),
                    Tools = Named(document.Tools),
                    IsMinimal = document.Expose?.Value == "minimal",
                    Criticality = Criticalities.Of(document.Criticality?.Value),
                },
            });
        }

        return keys.DrainToImmutable();
    }

    private FrozenSet<string>? Allowed(ImmutableArray<Located<string>>? names, HashSet<string> known, string kind)
    {
        if (names is not { } written) return null;
        foreach (var name in written)
        {
            if (!known.Contains(name.Value)) findings.Error(name.At, $"no {kind} is named {Words.Quote(name.Value)}", Words.Nearest(name.Value, known));
        }

        return Named(written);
    }

    private static FrozenSet<string>? Named(ImmutableArray<Located<string>>? names) => names?.Select(name => name.Value).ToFrozenSet(StringComparer.Ordinal);

    public Secret? AdminKey(Located<string>? reference, ImmutableArray<ClientKey> keys)
    {
        if (reference is not { } given || Read(given) is not { } secret) return null;
        foreach (var key in keys)
        {
            if (key.Secret.Reveal() == secret.Reveal()) findings.Error(given.At, $"the key {Words.Quote(key.Name)} has the same secret: its clients would be administrators");
        }

        return secret;
    }

    /// <summary>What is kept in the store is digested with.</summary>
    public Secret? StoreKey(Located<string>? reference) => reference is { } given ? Read(given) : null;

    public void Listen(ConfigurationDocument document, Uri listen)
    {
        if (document.Keys.IsEmpty && !Addresses.IsLoopback(listen))
        {
            findings.Warning(document.Listen?.At ?? document.At, "is reachable from other machines: without 'keys' here the gateway starts only where its store has one that was made with 'fairlead keys'");
        }
    }

    /// <summary>Tells of keys that close the administration to everybody.</summary>
    public void Administration(ConfigurationDocument document)
    {
        if (document.Keys.IsEmpty || document.AdminKey is not null) return;
        findings.Warning(document.At, document.AdminMetrics?.Value == "open"
            ? "keys are configured and admin.key is not: the administration API is closed"
            : "keys are configured and admin.key is not: the administration API and /metrics are closed");
    }

    /// <summary>The administration's own address; null where it has none.</summary>
    public Uri? AdminListen(ConfigurationDocument document, Uri listen)
    {
        if (document.AdminListen is not { } own) return null;
        if (document.AdminKey is null && !Addresses.IsLoopback(own.Value)) findings.Error(own.At, "is reachable from other machines: without 'admin.key' only a loopback address is served");
        if (own.Value.Port != 0 && own.Value.Port == listen.Port && own.Value.Host == listen.Host) findings.Error(own.At, "is the address of 'listen' too; leave it out to serve both there");
        return own.Value;
    }

    private Secret? Read(Located<string> reference)
    {
        if (secrets.Read(reference.Value, folder) is not { } value)
        {
            findings.Error(reference.At, $"no value in {reference.Value}");
            return null;
        }

        if (value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            findings.Error(reference.At, $"{reference.Value} holds characters that no header can carry");
            return null;
        }

        if (value.Length < LeastCharacters) findings.Warning(reference.At, $"{reference.Value} has fewer than {LeastCharacters} characters and can be guessed");
        return new Secret(reference.Value, value);
    }
}

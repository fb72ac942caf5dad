using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Telemetry;

namespace Fairlead.Access;

/// <summary>What is to be known of a stored key under a configuration: the two are made apart, and one may name what the other does not have.</summary>
internal static class KeyWarnings
{
    /// <summary>A sentence each; empty where there is nothing.</summary>
    public static ImmutableArray<string> Of(StoredKey key, GatewaySnapshot snapshot)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (key.Defect is { } defect) warnings.Add($"it cannot be read and lets nobody in: {defect}");
        if (snapshot.Keys.Any(configured => configured.Name == key.Name)) warnings.Add("the configuration has a key of the same name, which comes first: this one lets nobody in");
        foreach (var route in key.Permissions.Routes ?? [])
        {
            if (!snapshot.Routes.Any(known => known.Name == route)) warnings.Add($"there is no route {route}");
        }

        foreach (var target in key.Permissions.Targets ?? [])
        {
            if (!snapshot.Targets.ContainsKey(target)) warnings.Add($"there is no target {target}");
        }

        return warnings.DrainToImmutable();
    }

    /// <summary>Tells when keys of the store close the administration to everybody; those of the configuration are told of with it.</summary>
    public static void TellClosed(ILogger logger, KeySet keys, GatewaySnapshot snapshot)
    {
        if (keys.HasAny && snapshot.Keys.IsEmpty && snapshot.AdminKey is null) logger.AdministrationClosed();
    }

    /// <summary>Tells those of every live key.</summary>
    public static void Tell(ILogger logger, KeySet keys, GatewaySnapshot snapshot, DateTimeOffset now)
    {
        TellClosed(logger, keys, snapshot);
        foreach (var key in keys.Keys)
        {
            if (!key.Stored.IsLive(now)) continue;
            foreach (var warning in Of(key.Stored, snapshot)) logger.KeyWarning(key.Stored.Name, warning);
        }
    }
}

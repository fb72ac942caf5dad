using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Access;
using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Core.Overload;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary>Keys for people and for programs.</summary>
internal static class KeysOutput
{
    public static void List(CommandConsole console, ImmutableArray<StoredKey> keys, GatewaySnapshot snapshot, DateTimeOffset now, bool asJson)
    {
        if (asJson)
        {
            console.Json(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("keys");
                foreach (var key in keys) KeyAnswer.Write(json, key, null, snapshot, now);
                json.WriteEndArray();
                json.WriteStartArray("configured");
                foreach (var key in snapshot.Keys) KeyAnswer.Write(json, key);
                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }

        if (keys.IsEmpty && snapshot.Keys.IsEmpty)
        {
            console.Line("There are no keys.");
            return;
        }

        var table = CommandConsole.Table("name", "id", "secret", "state", "tenant", "team", "feature", "owner", "expires", "last used");
        foreach (var key in keys)
        {
            AddRow(table, key.Name, key.Id, key.Prefix + "…", KeyAnswer.StateOf(key, now), key.Tenant, key.Team, key.Feature, key.Owner, Time(key.ExpiresAt), Time(key.LastUsedAt));
        }

        foreach (var key in snapshot.Keys)
        {
            AddRow(table, key.Name, "(configuration)", key.Secret.Reference, now >= key.ExpiresAt ? "expired" : KeyAnswer.Live, key.Tenant, key.Team, key.Feature, key.Owner, Time(key.ExpiresAt), "");
        }

        console.Write(table);
        foreach (var key in keys)
        {
            foreach (var warning in KeyWarnings.Of(key, snapshot)) console.Line($"{key.Name}: {warning}");
        }
    }

    public static void Show(CommandConsole console, StoredKey key, GatewaySnapshot snapshot, DateTimeOffset now, bool asJson)
    {
        if (asJson)
        {
            console.Json(json => KeyAnswer.Write(json, key, null, snapshot, now));
            return;
        }

        var permissions = key.Permissions;
        (string Name, string? Value)[] lines =
        [
            ("name", key.Name), ("id", key.Id), ("secret", key.Prefix + "…"), ("state", KeyAnswer.StateOf(key, now)), ("owner", key.Owner), ("tenant", key.Tenant), ("team", key.Team), ("feature", key.Feature),
            ("routes", Names(permissions.Routes)), ("targets", Names(permissions.Targets)), ("environments", permissions.Environments.IsEmpty ? null : string.Join(", ", permissions.Environments)),
            ("may set", Names(permissions.MaySet)), ("operations", Names(permissions.Operations)), ("tools", Names(permissions.Tools)), ("expose", permissions.IsMinimal ? "minimal" : null),
            ("criticality", permissions.Criticality == Criticality.Normal ? null : Criticalities.NameOf(permissions.Criticality)),
            ("rpm", Number(key.Limits?.RequestsPerMinute)), ("tpm", Number(key.Limits?.TokensPerMinute)), ("concurrent", Number(key.Limits?.Concurrent)),
            ("created", $"{Time(key.CreatedAt)} by {key.CreatedBy}"), ("expires", Optional(key.ExpiresAt)), ("revoked", key.RevokedAt is { } at ? $"{Time(at)} by {key.RevokedBy}" : null),
            ("replaced by", key.ReplacedBy), ("last used", Optional(key.LastUsedAt)),
        ];
        foreach (var (name, value) in lines)
        {
            if (value is not null) console.Line($"{name,-13}{value}");
        }

        foreach (var warning in KeyWarnings.Of(key, snapshot)) console.Line($"{"warning",-13}{warning}");
    }

    public static void Issued(CommandConsole console, KeyOutcome.Issued issued, GatewaySnapshot snapshot, DateTimeOffset now, bool asJson)
    {
        if (asJson)
        {
            console.Json(json => KeyAnswer.WriteIssued(json, issued, snapshot, now));
            return;
        }

        var key = issued.Key;
        console.Line($"{(issued.Replaced is null ? "Made" : "Gave a new secret to")} the key {key.Name} ({key.Id}) of tenant {key.Tenant}. The secret is shown now and never again:");
        console.Line();
        console.Line("    " + issued.Secret);
        console.Line();
        if (issued.Replaced is { } replaced) console.Line($"The old one ({replaced.Id}) {(now >= replaced.ExpiresAt ? "has ended" : $"goes on until {Time(replaced.ExpiresAt)}")}.");
        if (key.ExpiresAt is { } end) console.Line($"It holds until {Time(end)}.");
        foreach (var warning in KeyWarnings.Of(key, snapshot)) console.Line("Warning: " + warning);
    }

    public static void Revoked(CommandConsole console, KeyOutcome.Revoked revoked, GatewaySnapshot snapshot, DateTimeOffset now, bool asJson)
    {
        if (asJson)
        {
            console.Json(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("revoked");
                foreach (var key in revoked.Keys) KeyAnswer.Write(json, key, null, snapshot, now);
                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }

        foreach (var key in revoked.Keys) console.Line($"Revoked {key.Name} ({key.Id}); a running gateway refuses it within a second.");
        if (revoked.Keys.IsEmpty) console.Line("It is revoked already.");
    }

    private static void AddRow(Table table, params string?[] cells) => table.AddRow(cells.Select(cell => new Text(cell ?? "")));

    private static string? Names(IEnumerable<string>? names)
    {
        if (names is null) return null;
        var text = string.Join(", ", names.Order(StringComparer.Ordinal));
        return text.Length == 0 ? "none" : text;
    }

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Optional(DateTimeOffset? time) => time is null ? null : Time(time);

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}

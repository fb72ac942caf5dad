using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Keys;

/// <summary>What a key may do, as the JSON that the administration API speaks and the store keeps: members in the words of the configuration.</summary>
public static class KeyJson
{
    /// <summary>The permissions as a text.</summary>
    public static string Of(CallerPermissions permissions)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Write(json, permissions);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>The limits as a text; null for none.</summary>
    public static string? Of(RateLimits? limits)
    {
        if (limits is null) return null;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, limits);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Permissions as <see cref="Of(CallerPermissions)"/> wrote them.</summary>
    /// <exception cref="FormatException">It is something else: what is not understood must not be taken for an open door.</exception>
    public static CallerPermissions Permissions(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            FrozenSet<string>? routes = null, targets = null, maySet = null, operations = null, tools = null;
            ImmutableArray<string> environments = [];
            var isMinimal = false;
            var criticality = Criticality.Normal;
            foreach (var member in document.RootElement.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "routes":
                        routes = Names(member.Value);
                        break;
                    case "targets":
                        targets = Names(member.Value);
                        break;
                    case "environments":
                        environments = [.. member.Value.EnumerateArray().Select(Text)];
                        break;
                    case "may_set":
                        maySet = Names(member.Value);
                        break;
                    case "operations":
                        operations = Names(member.Value);
                        break;
                    case "tools":
                        tools = Names(member.Value);
                        break;
                    case "expose" when member.Value.ValueEquals("minimal"u8):
                        isMinimal = true;
                        break;
                    case "criticality" when Criticalities.Names.Contains(Text(member.Value)):
                        criticality = Criticalities.Of(member.Value.GetString());
                        break;
                    default:
                        throw new FormatException($"A permission '{member.Name}' is not known.");
                }
            }

            return new CallerPermissions { Routes = routes, Targets = targets, Environments = environments, MaySet = maySet, Operations = operations, Tools = tools, IsMinimal = isMinimal, Criticality = criticality };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException("The permissions are no JSON object of lists.", exception);
        }
    }

    /// <summary>Limits as <see cref="Of(RateLimits)"/> wrote them.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static RateLimits? Limits(string? text)
    {
        if (text is null) return null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            int? rpm = null, tpm = null, concurrent = null;
            foreach (var member in document.RootElement.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "rpm":
                        rpm = member.Value.GetInt32();
                        break;
                    case "tpm":
                        tpm = member.Value.GetInt32();
                        break;
                    case "concurrent":
                        concurrent = member.Value.GetInt32();
                        break;
                    default:
                        throw new FormatException($"A limit '{member.Name}' is not known.");
                }
            }

            return new RateLimits(rpm, tpm, concurrent);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException("The limits are no JSON object of numbers.", exception);
        }
    }

    /// <summary>The permissions as members of an object; what binds to nothing is left out.</summary>
    public static void Write(Utf8JsonWriter json, CallerPermissions permissions)
    {
        WriteNames(json, "routes", permissions.Routes);
        WriteNames(json, "targets", permissions.Targets);
        if (!permissions.Environments.IsEmpty) WriteNames(json, "environments", permissions.Environments);
        WriteNames(json, "may_set", permissions.MaySet);
        WriteNames(json, "operations", permissions.Operations);
        WriteNames(json, "tools", permissions.Tools);
        if (permissions.IsMinimal) json.WriteString("expose", "minimal");
        if (permissions.Criticality != Criticality.Normal) json.WriteString("criticality", Criticalities.NameOf(permissions.Criticality));
    }

    /// <summary>The limits as an object; what is not limited is left out.</summary>
    public static void Write(Utf8JsonWriter json, RateLimits limits)
    {
        json.WriteStartObject();
        if (limits.RequestsPerMinute is { } rpm) json.WriteNumber("rpm", rpm);
        if (limits.TokensPerMinute is { } tpm) json.WriteNumber("tpm", tpm);
        if (limits.Concurrent is { } concurrent) json.WriteNumber("concurrent", concurrent);
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IEnumerable<string>? names)
    {
        if (names is null) return;
        json.WriteStartArray(name);
        foreach (var each in names.Order(StringComparer.Ordinal)) json.WriteStringValue(each);
        json.WriteEndArray();
    }

    private static FrozenSet<string> Names(JsonElement list) => list.EnumerateArray().Select(Text).ToFrozenSet(StringComparer.Ordinal);

    private static string Text(JsonElement text) => text.GetString() ?? throw new FormatException("A name is null.");
}

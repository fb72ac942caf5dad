using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Fairlead.Core.Keys;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>Reads the bodies that make and replace keys. What they say is checked by <see cref="KeyRequest.Defect"/>; here it is brought into shape.</summary>
internal static class KeyBody
{
    private const int MostReasonCharacters = 1000;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>A key that is to be made; or why the body is not taken.</summary>
    /// <param name="body">JSON.</param>
    /// <param name="request">The key.</param>
    /// <param name="reason">Why it is made; null when the body does not say.</param>
    public static Refusal? Create(string body, out KeyRequest request, out string? reason)
    {
        request = new KeyRequest { Name = "" };
        reason = null;
        var fields = new Fields();
        if (Fields.Open(body, out var document) is { } refusal) return refusal;
        using (document)
        {
            foreach (var member in document!.RootElement.EnumerateObject())
            {
                var value = member.Value;
                if (value.ValueKind == JsonValueKind.Null) continue;
                switch (member.Name)
                {
                    case "name":
                        request = request with { Name = fields.Text("name", value) };
                        break;
                    case "owner":
                        request = request with { Owner = fields.Text("owner", value) };
                        break;
                    case "tenant":
                        request = request with { Tenant = fields.Text("tenant", value) };
                        break;
                    case "team":
                        request = request with { Team = fields.Text("team", value) };
                        break;
                    case "feature":
                        request = request with { Feature = fields.Text("feature", value) };
                        break;
                    case "expires":
                        request = request with { Expires = fields.Day("expires", value) };
                        break;
                    case "routes":
                        request = request with { Routes = fields.Texts("routes", value) };
                        break;
                    case "targets":
                        request = request with { Targets = fields.Texts("targets", value) };
                        break;
                    case "environments":
                        request = request with { Environments = fields.Texts("environments", value) };
                        break;
                    case "may_set":
                        request = request with { MaySet = fields.Texts("may_set", value) };
                        break;
                    case "operations":
                        request = request with { Operations = fields.Texts("operations", value) };
                        break;
                    case "tools":
                        request = request with { Tools = fields.Tools(value) };
                        break;
                    case "expose":
                        request = request with { IsMinimal = fields.Expose(value) };
                        break;
                    case "criticality":
                        request = request with { Criticality = fields.Criticality(value) };
                        break;
                    case "limits":
                        request = request with { Limits = fields.Limits(value) };
                        break;
                    case "reason":
                        reason = fields.Reason(value);
                        break;
                    default:
                        fields.Refuse(RefusalTable.UnknownMember, $"Takes {string.Join(", ", KeyRequest.Members)} and reason only.", Shown(member.Name));
                        break;
                }
            }

            return fields.Refusal;
        }
    }

    /// <summary>How a key is to be replaced: <c>{overlap?, reason?}</c>, or nothing.</summary>
    public static Refusal? Rotate(string body, out TimeSpan overlap, out string? reason)
    {
        overlap = KeyAdministration.DefaultOverlap;
        reason = null;
        if (body.Length == 0) return null;
        var fields = new Fields();
        if (Fields.Open(body, out var document) is { } refusal) return refusal;
        using (document)
        {
            foreach (var member in document!.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Null) continue;
                if (member.Name == "overlap")
                {
                    if (!KeyOverlap.TryRead(fields.Text("overlap", member.Value), out overlap)) fields.Refuse(RefusalTable.InvalidValue, KeyOverlap.Rule, "overlap");
                }
                else if (member.Name == "reason")
                {
                    reason = fields.Reason(member.Value);
                }
                else
                {
                    fields.Refuse(RefusalTable.UnknownMember, "Takes overlap and reason only.", Shown(member.Name));
                }
            }

            return fields.Refusal;
        }
    }

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64];

    /// <summary>Takes values apart, and keeps the first that is wrong.</summary>
    private sealed class Fields
    {
        public Refusal? Refusal { get; private set; }

        public static Refusal? Open(string body, out JsonDocument? document)
        {
            document = null;
            try
            {
                document = JsonDocument.Parse(body, Strict);
            }
            catch (JsonException)
            {
                return new Refusal(RefusalTable.InvalidJson, "The body is not valid JSON without duplicate members.");
            }

            return document.RootElement.ValueKind == JsonValueKind.Object ? null : new Refusal(RefusalTable.InvalidType, "Must be an object.");
        }

        public void Refuse(RefusalRow row, string message, string member) => Refusal ??= new Refusal(row, message, member);

        public string Text(string member, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String) return value.GetString()!;
            Refuse(RefusalTable.InvalidType, "Must be a text.", member);
            return "";
        }

        public ImmutableArray<string> Texts(string member, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Array) return [.. value.EnumerateArray().Select(item => Text(member, item))];
            Refuse(RefusalTable.InvalidType, "Must be a list of texts.", member);
            return [];
        }

        public ImmutableArray<string>? Tools(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.True) return null;
            if (value.ValueKind == JsonValueKind.False || (value.ValueKind == JsonValueKind.String && value.ValueEquals("none"u8))) return [];
            return Texts("tools", value);
        }

        public bool Expose(JsonElement value)
        {
            var word = Text("expose", value);
            if (word is not ("full" or "minimal")) Refuse(RefusalTable.InvalidValue, "Must be full or minimal.", "expose");
            return word == "minimal";
        }

        public Criticality Criticality(JsonElement value)
        {
            var word = Text("criticality", value);
            if (Criticalities.Names.Contains(word)) return Criticalities.Of(word);
            Refuse(RefusalTable.InvalidValue, $"Must be one of {string.Join(", ", Criticalities.Names)}.", "criticality");
            return Core.Overload.Criticality.Normal;
        }

        public DateOnly? Day(string member, JsonElement value)
        {
            if (DateOnly.TryParseExact(Text(member, value), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
            Refuse(RefusalTable.InvalidValue, "Must be a day, such as 2027-06-30.", member);
            return null;
        }

        public RateLimits? Limits(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                Refuse(RefusalTable.InvalidType, "Must be an object {rpm, tpm, concurrent}.", "limits");
                return null;
            }

            int? rpm = null, tpm = null, concurrent = null;
            foreach (var member in value.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Null) continue;
                if (member.Name == "rpm") rpm = Number("limits.rpm", member.Value);
                else if (member.Name == "tpm") tpm = Number("limits.tpm", member.Value);
                else if (member.Name == "concurrent") concurrent = Number("limits.concurrent", member.Value);
                else Refuse(RefusalTable.UnknownMember, "Takes rpm, tpm and concurrent only.", "limits." + Shown(member.Name));
            }

            return rpm is null && tpm is null && concurrent is null ? null : new RateLimits(rpm, tpm, concurrent);
        }

        public string? Reason(JsonElement value)
        {
            var reason = Text("reason", value);
            if (reason.Length is 0 or > MostReasonCharacters || reason.Any(char.IsControl)) Refuse(RefusalTable.InvalidValue, $"Must be 1 to {MostReasonCharacters} characters without control characters.", "reason");
            return reason;
        }

        private int? Number(string member, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)) return number;
            Refuse(RefusalTable.InvalidType, "Must be a whole number from 1 to 1000000000.", member);
            return null;
        }
    }
}

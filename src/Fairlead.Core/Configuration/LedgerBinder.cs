using Fairlead.Core.Ledger;

namespace Fairlead.Core.Configuration;

/// <summary>Binds what the configuration says of the ledger.</summary>
internal static class LedgerBinder
{
    /// <summary>How long the ledger keeps what it has; everything, with an error, where it is written wrongly.</summary>
    public static LedgerRetention Keep(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, Section.Keep, findings) is not { } reader) return LedgerRetention.Everything;
        var requests = findings.Days(reader.Find("requests"), LedgerRetention.LeastDays, LedgerRetention.MostDays);
        var costs = findings.Days(reader.Find("costs"), LedgerRetention.LeastDays, LedgerRetention.MostDays);
        if (costs is { } sums && (requests is null || sums.Value < requests.Value.Value))
        {
            findings.Error(sums.At, "must not be less than 'requests', and needs it: sums are made of requests");
            return LedgerRetention.Everything;
        }

        reader.Close();
        return new LedgerRetention(requests?.Value, costs?.Value);
    }

    /// <summary>The tags of a key; null, with an error where one is written wrongly.</summary>
    public static RequestTags? Tags(YamlNode? node, Findings findings)
    {
        var tags = new List<KeyValuePair<string, string>>();
        foreach (var entry in findings.Names(node, RequestTags.Most))
        {
            if (!RequestTags.IsName(entry.Key)) findings.Error(entry.At, $"the name of a tag must have 1 to {RequestTags.LongestName} characters of a-z, 0-9 and _");
            else if (findings.Text(entry.Value, RequestTags.LongestValue) is not { } value) continue;
            else if (!RequestTags.IsValue(value.Value)) findings.Error(value.At, "the value of a tag must be printable ASCII without a comma and without a space at an end");
            else tags.Add(new(entry.Key, value.Value));
        }

        return RequestTags.Of(tags);
    }
}

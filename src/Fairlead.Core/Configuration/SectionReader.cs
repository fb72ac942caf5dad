using System.Collections.Immutable;
using System.Diagnostics;

namespace Fairlead.Core.Configuration;

/// <summary>
/// Binds one mapping strictly: a key that its <see cref="Section"/> does not name is an error, and a key that it names must be
/// asked for. Used by one thread.
/// </summary>
internal sealed class SectionReader
{
    private readonly Section _section;
    private readonly Findings _findings;
    private readonly Dictionary<string, YamlNode.Entry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private SectionReader(YamlNode.Mapping mapping, Section section, Findings findings)
    {
        At = mapping.At;
        _section = section;
        _findings = findings;
        foreach (var entry in mapping.Entries)
        {
            if (section.Keys.Contains(entry.Key)) _entries.Add(entry.Key, entry);
            else Refuse(entry);
        }
    }

    public Place At { get; }

    /// <summary>The mapping of <paramref name="node"/>; null, with an error, when it is something else.</summary>
    public static SectionReader? Open(YamlNode node, Section section, Findings findings)
    {
        if (node is YamlNode.Mapping mapping) return new SectionReader(mapping, section, findings);
        findings.Shape(node, "must be a mapping of names to values");
        return null;
    }

    /// <summary>The value of a key; null when it is not there.</summary>
    public YamlNode? Find(string key)
    {
        Debug.Assert(_section.Keys.Contains(key), $"The section has no key {key}.");
        _asked.Add(key);
        return _entries.TryGetValue(key, out var entry) ? entry.Value : null;
    }

    /// <summary>The value of a key that must be there; null, with an error, when it is not.</summary>
    public YamlNode? Require(string key, string hint)
    {
        var node = Find(key);
        if (node is null) _findings.Error(At, $"needs '{key}': {hint}");
        return node;
    }

    /// <summary>Ends the binding. A key that is taken but never asked for is a bug of ours, not of the configuration.</summary>
    public void Close()
    {
        foreach (var key in _entries.Keys)
        {
            if (!_asked.Contains(key)) throw new UnreachableException($"The key {key} is accepted but read by nothing.");
        }
    }

    private void Refuse(YamlNode.Entry entry)
    {
        if (_section.Later.Contains(entry.Key))
        {
            _findings.Error(entry.At, "is not in this version of Fairlead");
            return;
        }

        var nearest = Words.Nearest(entry.Key, _section.Keys.AddRange(_section.Later));
        _findings.Error(entry.At, nearest is null ? $"unknown key; known here: {string.Join(", ", _section.Keys)}" : "unknown key", nearest);
    }
}

/// <summary>Binds single values. Each gives null, with an error, when the node is not what is expected.</summary>
internal static class ValueReading
{
    /// <summary>An error about a node's shape; nothing about one that was refused while reading. Never says its value.</summary>
    public static void Shape(this Findings findings, YamlNode node, string message)
    {
        if (node is not YamlNode.Refused) findings.Error(node.At, message);
    }

    /// <summary>A text that is not empty, without control characters.</summary>
    public static Located<string>? Text(this Findings findings, YamlNode? node, int most = 256)
    {
        if (node is null) return null;
        if (node is not YamlNode.Scalar scalar)
        {
            findings.Shape(node, "must be a text");
            return null;
        }

        if (scalar.IsNull || scalar.Text.Length == 0) findings.Error(node.At, "has no value; write one, or leave the key out");
        else if (scalar.Text.Length > most) findings.Error(node.At, $"is longer than {most} characters");
        else if (scalar.Text.Any(char.IsControl)) findings.Error(node.At, "holds control characters");
        else return new Located<string>(scalar.Text, node.At);
        return null;
    }

    /// <summary>A reference to a secret. What is none may be the secret itself, so the message does not say it.</summary>
    public static Located<string>? Reference(this Findings findings, YamlNode? node)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && scalar.Text.Length <= 1024 && !scalar.Text.Any(char.IsControl) && SecretReader.IsReference(scalar.Text))
        {
            return new Located<string>(scalar.Text, node.At);
        }

        findings.Shape(node, "must be env:NAME or file:PATH; a secret itself never stands in a configuration");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>, and nothing else.</summary>
    public static Located<bool>? Bool(this Findings findings, YamlNode? node)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar { IsPlain: true, Text: "true" or "false" } scalar) return new Located<bool>(scalar.Text == "true", node.At);
        findings.Shape(node, "must be true or false");
        return null;
    }

    /// <summary>A whole number within bounds.</summary>
    public static Located<int>? Int(this Findings findings, YamlNode? node, int least, int most)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && Units.TryInt(scalar.Text, out var value) && value >= least && value <= most) return new Located<int>(value, node.At);
        findings.Shape(node, $"must be a whole number from {least} to {most}");
        return null;
    }

    /// <summary>A time with its unit.</summary>
    /// <param name="findings">Where errors go.</param>
    /// <param name="node">What is written.</param>
    /// <param name="least">The shortest; null: 1 ms.</param>
    /// <param name="most">The longest; null: 24 h. Beyond a day it may be written in whole days.</param>
    /// <param name="mayBeNone">Whether <c>none</c>, <c>0</c> and <c>0s</c> are taken, as no time at all.</param>
    public static Located<TimeSpan>? Duration(this Findings findings, YamlNode? node, TimeSpan? least = null, TimeSpan? most = null, bool mayBeNone = false)
    {
        if (node is null) return null;
        var (shortest, longest) = (least ?? TimeSpan.FromMilliseconds(1), most ?? TimeSpan.FromHours(24));
        if (node is YamlNode.Scalar scalar)
        {
            if (mayBeNone && scalar.Text is "0" or "0s" or "none") return new Located<TimeSpan>(TimeSpan.Zero, node.At);
            if (Read(scalar.Text) is { } value && value >= shortest && value <= longest) return new Located<TimeSpan>(value, node.At);
        }

        findings.Shape(node, $"must be {(mayBeNone ? "none, or " : "")}a time from {Units.Of(shortest)} to {Units.Of(longest)} with its unit, such as {(shortest < TimeSpan.FromMinutes(1) ? "800ms, 3s or 2m" : "2m or 6h")}");
        return null;

        TimeSpan? Read(string text)
        {
            if (longest > TimeSpan.FromHours(24) && text is [.. var days, 'd']) return Units.TryInt(days, out var count) && count <= longest.TotalDays ? TimeSpan.FromDays(count) : null;
            return Units.TryDuration(text, out var value) ? value : null;
        }
    }

    /// <summary>Whole days, <c>90d</c>, within bounds.</summary>
    public static Located<TimeSpan>? Days(this Findings findings, YamlNode? node, int least, int most)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar { Text: [.. var days, 'd'] } && Units.TryInt(days, out var value) && value >= least && value <= most) return new Located<TimeSpan>(TimeSpan.FromDays(value), node.At);
        findings.Shape(node, $"must be {least}d to {most}d: days, such as 90d");
        return null;
    }

    /// <summary>A share from 0 to 1: <c>0.98</c> or <c>98%</c>.</summary>
    public static Located<double>? Share(this Findings findings, YamlNode? node) => findings.Share(node, mayBeZero: true);

    /// <summary>A share above 0, up to 1.</summary>
    public static Located<double>? PositiveShare(this Findings findings, YamlNode? node) => findings.Share(node, mayBeZero: false);

    private static Located<double>? Share(this Findings findings, YamlNode? node, bool mayBeZero)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && Units.TryShare(scalar.Text, out var value) && (mayBeZero || value > 0)) return new Located<double>(value, node.At);
        findings.Shape(node, mayBeZero ? "must be a share from 0 to 1, such as 0.98 or 98%" : "must be a share above 0, up to 1, such as 0.05 or 5%");
        return null;
    }

    /// <summary>A weight from 0 to 1000000.</summary>
    public static Located<double>? Weight(this Findings findings, YamlNode? node)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && Units.TryWeight(scalar.Text, out var value)) return new Located<double>(value, node.At);
        findings.Shape(node, "must be a weight from 0 to 1000000, such as 95");
        return null;
    }

    /// <summary>US dollars as nano-dollars.</summary>
    public static Located<long>? NanoDollars(this Findings findings, YamlNode? node)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && Units.TryNanoDollars(scalar.Text, out var value)) return new Located<long>(value, node.At);
        findings.Shape(node, "must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50");
        return null;
    }

    /// <summary>A day, <c>2027-06-30</c>.</summary>
    public static Located<DateOnly>? Date(this Findings findings, YamlNode? node)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && Units.TryDate(scalar.Text, out var value)) return new Located<DateOnly>(value, node.At);
        findings.Shape(node, "must be a day, such as 2027-06-30");
        return null;
    }

    /// <summary>One of a few words.</summary>
    public static Located<string>? Word(this Findings findings, YamlNode? node, ImmutableArray<string> words)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar)
        {
            if (words.Contains(scalar.Text)) return new Located<string>(scalar.Text, node.At);
            findings.Error(node.At, $"must be one of: {string.Join(", ", words)}", Words.Nearest(scalar.Text, words));
            return null;
        }

        findings.Shape(node, $"must be one of: {string.Join(", ", words)}");
        return null;
    }

    /// <summary>The items of a list; empty, with an error, when it is none or too long.</summary>
    public static ImmutableArray<YamlNode> List(this Findings findings, YamlNode? node, int most, string example)
    {
        if (node is null) return [];
        if (node is not YamlNode.Sequence list)
        {
            findings.Shape(node, $"must be a list, such as {example}");
            return [];
        }

        if (list.Items.Length <= most) return list.Items;
        findings.Error(node.At, $"has {list.Items.Length} entries; at most {most} are possible");
        return [];
    }

    /// <summary>The entries of a mapping from names of the operator's choice; empty, with an error, when it is none or too long.</summary>
    public static ImmutableArray<YamlNode.Entry> Names(this Findings findings, YamlNode? node, int most)
    {
        if (node is null) return [];
        if (node is not YamlNode.Mapping mapping)
        {
            findings.Shape(node, "must be a mapping of names to values");
            return [];
        }

        if (mapping.Entries.Length <= most) return mapping.Entries;
        findings.Error(node.At, $"has {mapping.Entries.Length} entries; at most {most} are possible");
        return [];
    }

    /// <summary>A list of texts.</summary>
    public static ImmutableArray<Located<string>> Texts(this Findings findings, YamlNode? node, int most, string example)
    {
        var texts = ImmutableArray.CreateBuilder<Located<string>>();
        foreach (var item in findings.List(node, most, example))
        {
            if (findings.Text(item) is { } text) texts.Add(text);
        }

        return texts.DrainToImmutable();
    }
}

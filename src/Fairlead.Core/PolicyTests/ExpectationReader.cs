using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.PolicyTests;

/// <summary>Reads what a test expects. One that expects nothing is an error: it could not fail.</summary>
internal static class ExpectationReader
{
    private const int MostNames = 4096;
    private const int MostFragments = 64;
    private const int MostFragmentCharacters = 1024;

    public static Expectation Read(YamlNode node, Findings findings)
    {
        if (SectionReader.Open(node, PolicyTestSections.Expect, findings) is not { } section) return new Expectation();
        var expectation = new Expectation
        {
            Route = Name(section.Find("route"), findings),
            Tier = Name(section.Find("tier"), findings),
            Target = Name(section.Find("target"), findings),
            Order = Names(section.Find("order"), findings, mayBeEmpty: false),
            Workload = Name(section.Find("workload"), findings),
            Sensitivity = Names(section.Find("sensitivity"), findings, mayBeEmpty: true),
            Constraints = Names(section.Find("constraints"), findings, mayBeEmpty: true),
            Rejected = Rejected(section.Find("rejected"), findings),
            Never = Names(section.Find("never"), findings, mayBeEmpty: false),
            Sentence = Fragments(section.Find("sentence"), findings),
            Refused = findings.Text(section.Find("refused"))?.Value,
        };
        section.Close();
        if (node is YamlNode.Mapping { Entries.IsEmpty: true }) findings.Error(node.At, "expects nothing: the test could not fail");
        return expectation;
    }

    private static PlacedName? Name(YamlNode? node, Findings findings) => PolicyTestReader.Placed(findings.Text(node));

    private static ImmutableArray<PlacedName>? Names(YamlNode? node, Findings findings, bool mayBeEmpty)
    {
        if (node is null) return null;
        if (!mayBeEmpty && node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "names nothing; write a name, or leave the key out");
        return [.. findings.Texts(node, MostNames, "[a, b]").Select(text => new PlacedName(text.Value, text.At))];
    }

    private static ImmutableArray<(PlacedName, ImmutableArray<string>)>? Rejected(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is YamlNode.Mapping { Entries.IsEmpty: true }) findings.Error(node.At, "names nothing; write a target, or leave the key out");
        var rejected = ImmutableArray.CreateBuilder<(PlacedName, ImmutableArray<string>)>();
        foreach (var entry in findings.Names(node, MostNames)) rejected.Add((new PlacedName(entry.Key, entry.At), Fragments(entry.Value, findings) ?? []));
        return rejected.DrainToImmutable();
    }

    /// <summary>One text, or a list of them.</summary>
    private static ImmutableArray<string>? Fragments(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is not YamlNode.Sequence list) return findings.Text(node, MostFragmentCharacters) is { } one ? [one.Value] : [];
        if (list.Items.IsEmpty) findings.Error(node.At, "names nothing; write a text, or leave the key out");
        var fragments = ImmutableArray.CreateBuilder<string>();
        foreach (var item in findings.List(list, MostFragments, "[\"cheapest\"]"))
        {
            if (findings.Text(item, MostFragmentCharacters) is { } text) fragments.Add(text.Value);
        }

        return fragments.DrainToImmutable();
    }
}

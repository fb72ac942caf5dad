using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;

namespace Fairlead.Core.PolicyTests;

/// <summary>What came of reading a file of policy tests.</summary>
/// <param name="File">The tests; null when there are errors.</param>
/// <param name="Errors">Everything wrong with it, in the order of the file.</param>
public sealed record PolicyTestReading(PolicyTestFile? File, ImmutableArray<ConfigurationError> Errors);

/// <summary>Reads files of policy tests, as strictly as configurations are read. Pure.</summary>
public static class PolicyTestReader
{
    private const int MostTests = 4096;
    private const int MostNames = 4096;
    private const int MostHeaders = 32;
    private const int DefaultSamples = 100;
    private const int MostSamples = 1_000_000_000;
    private const string HeaderPrefix = "x-fairlead-";

    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd"];

    private static readonly ImmutableArray<string> Failures = [.. Enum.GetValues<FailureClass>().Where(MayBeSent).Select(FailureTable.NameOf)];

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">YAML, at most 1 MiB of UTF-8.</param>
    /// <param name="name">What errors call it; usually its file.</param>
    public static PolicyTestReading Read(string text, string name)
    {
        var findings = new Findings(name);
        var root = YamlReader.Read(text, findings);
        if (root is null && !findings.HasErrors) findings.Error(new Place("", 1, 1), "is empty");
        var file = root is null ? null : File(root, name, findings);
        return findings.HasErrors ? new PolicyTestReading(null, findings.Errors()) : new PolicyTestReading(file, []);
    }

    private static PolicyTestFile? File(YamlNode root, string name, Findings findings)
    {
        if (SectionReader.Open(root, PolicyTestSections.Root, findings) is not { } section) return null;
        var config = findings.Text(section.Find("config"), most: 1024);
        var defaults = Defaults(section.Find("defaults"), findings);
        var tests = ImmutableArray.CreateBuilder<PolicyTest>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var list = section.Require("tests", "the tests, a list");
        foreach (var node in findings.List(list, MostTests, "[ { name: …, request: …, expect: … } ]"))
        {
            if (Test(node, defaults, findings) is not { } test) continue;
            if (test.Name.Length > 0 && !names.Add(test.Name)) findings.Error(test.At, $"a test named {Words.Quote(test.Name)} stands before");
            tests.Add(test);
        }

        if (list is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(list.At, "is empty: write a test, or leave the file out");
        section.Close();
        return new PolicyTestFile(name, config?.Value, tests.DrainToImmutable());
    }

    private static DefaultsOfTests Defaults(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, PolicyTestSections.Defaults, findings) is not { } section) return new DefaultsOfTests([], [], null);
        var defaults = new DefaultsOfTests(Health(section.Find("health"), findings), Headers(section.Find("headers"), findings), Time(section.Find("at"), findings));
        section.Close();
        return defaults;
    }

    private static PolicyTest? Test(YamlNode node, DefaultsOfTests defaults, Findings findings)
    {
        if (SectionReader.Open(node, PolicyTestSections.Test, findings) is not { } section) return null;
        var name = findings.Text(section.Require("name", "what the test shows, in a few words"));
        var health = Health(section.Find("health"), findings);
        var headers = Headers(section.Find("headers"), findings);
        var request = section.Require("request", "what is asked; {} is the plainest request");
        var expect = section.Require("expect", "what must become of the request");
        var test = new PolicyTest
        {
            Name = name?.Value ?? "",
            At = section.At,
            Request = request is null ? new TestedRequest { Dialect = "" } : TestedRequestReader.Read(request, findings),
            Key = Placed(findings.Text(section.Find("key"))),
            Headers = [.. headers, .. defaults.Headers.Where(header => headers.All(own => own.Name != header.Name))],
            Health = [.. health, .. defaults.Health.Where(figures => health.All(own => own.Target.Name != figures.Target.Name))],
            Budget = Budget(section.Find("budget"), findings),
            Down = Down(section.Find("down"), findings),
            Time = Time(section.Find("at"), findings) ?? defaults.Time,
            Expect = expect is null ? new Expectation() : ExpectationReader.Read(expect, findings),
        };
        section.Close();
        return test;
    }

    private static ImmutableArray<TestedHeader> Headers(YamlNode? node, Findings findings)
    {
        var headers = ImmutableArray.CreateBuilder<TestedHeader>();
        foreach (var entry in findings.Names(node, MostHeaders))
        {
            var name = entry.Key.ToLowerInvariant();
            if (!name.StartsWith(HeaderPrefix, StringComparison.Ordinal)) findings.Error(entry.At, $"policy reads headers that begin with {HeaderPrefix} only");
            else if (headers.Any(header => header.Name == name)) findings.Error(entry.At, "stands twice");
            else if (findings.Text(entry.Value, most: 1024) is { } value) headers.Add(new TestedHeader(name, value.Value, value.At));
        }

        return headers.DrainToImmutable();
    }

    private static ImmutableArray<TestedHealth> Health(YamlNode? node, Findings findings)
    {
        var health = ImmutableArray.CreateBuilder<TestedHealth>();
        foreach (var entry in findings.Names(node, MostNames))
        {
            if (SectionReader.Open(entry.Value, PolicyTestSections.Health, findings) is not { } section) continue;
            var samples = findings.Int(section.Find("samples"), 0, MostSamples)?.Value ?? DefaultSamples;
            health.Add(new TestedHealth(new PlacedName(entry.Key, entry.At), new TargetHealth
            {
                Samples = samples,
                TimedSamples = samples,
                JudgedSamples = samples,
                SchemaSamples = samples,
                ToolSamples = samples,
                P50Ms = Milliseconds(section.Find("p50"), findings),
                P95Ms = Milliseconds(section.Find("p95"), findings),
                P99Ms = Milliseconds(section.Find("p99"), findings),
                SuccessRate = findings.Share(section.Find("success"))?.Value,
                RetryRate = findings.Share(section.Find("retries"))?.Value,
                SchemaValidity = findings.Share(section.Find("schema_validity"))?.Value,
                ToolSuccess = findings.Share(section.Find("tool_success"))?.Value,
                QuotaLeft = findings.Share(section.Find("quota_left"))?.Value,
            }));
            section.Close();
        }

        return health.DrainToImmutable();
    }

    private static double? Milliseconds(YamlNode? node, Findings findings) => findings.Duration(node)?.Value.TotalMilliseconds;

    private static BudgetView Budget(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, PolicyTestSections.Budget, findings) is not { } section) return BudgetView.None;
        var used = findings.Share(section.Find("used"));
        var left = findings.NanoDollars(section.Find("left"));
        section.Close();
        return new BudgetView(used?.Value ?? BudgetView.None.Used, left is { } dollars ? dollars.Value / 1e9 : BudgetView.None.Left);
    }

    private static ImmutableArray<TestedFailure> Down(YamlNode? node, Findings findings)
    {
        var down = ImmutableArray.CreateBuilder<TestedFailure>();
        foreach (var entry in findings.Names(node, MostNames))
        {
            if (findings.Word(entry.Value, Failures) is not { } word) continue;
            down.Add(new TestedFailure(new PlacedName(entry.Key, entry.At), Enum.GetValues<FailureClass>().First(failure => MayBeSent(failure) && FailureTable.NameOf(failure) == word.Value)));
        }

        return down.DrainToImmutable();
    }

    /// <summary>Whether a send can fail with it: not where none was made.</summary>
    private static bool MayBeSent(FailureClass failure) => failure is not (FailureClass.None or FailureClass.NoCandidate);

    private static DateTimeOffset? Time(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar && DateTimeOffset.TryParseExact(scalar.Text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return time;
        findings.Shape(node, "must be a time with its zone, such as 2026-11-26T12:00:00Z");
        return null;
    }

    internal static PlacedName? Placed(Located<string>? text) => text is { } written ? new PlacedName(written.Value, written.At) : null;

    /// <summary>What holds for every test that does not say otherwise.</summary>
    private sealed record DefaultsOfTests(ImmutableArray<TestedHealth> Health, ImmutableArray<TestedHeader> Headers, DateTimeOffset? Time);
}

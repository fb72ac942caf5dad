using Fairlead.Tests;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Counts of each due outcome and how many of them came, with the defects of the others.</summary>
internal sealed class OutcomeTally(string name)
{
    private static readonly string[] Kinds = ["equal", "refused with member", "loss listed", "error passed"];
    private readonly List<(string Kind, bool IsMet)> _outcomes = [];
    private readonly List<string> _failures = [];

    public void Add(string kind, string exchange, string? defect)
    {
        _outcomes.Add((kind, defect is null));
        if (defect is not null) _failures.Add($"{exchange} (due: {kind}): {defect}");
    }

    public void Assert()
    {
        foreach (var kind in Kinds) SharedFolder.Report($"{name}, {kind}", _outcomes.Count(one => one.Kind == kind && one.IsMet), _outcomes.Count(one => one.Kind == kind));
        SharedFolder.Report(name, _outcomes.Count(one => one.IsMet), _outcomes.Count);
        Xunit.Assert.True(_outcomes.Count > 0, $"{name}: the shared folder holds no exchange.");
        Xunit.Assert.True(_failures.Count == 0, $"{name}: {_failures.Count} of {_outcomes.Count} failed{Environment.NewLine}{string.Join(Environment.NewLine, _failures)}");
    }
}

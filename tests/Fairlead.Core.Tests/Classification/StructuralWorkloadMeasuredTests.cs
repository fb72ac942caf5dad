using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Fairlead.Core.Classification;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Classification;

/// <summary>What the signs of a workload are worth on labelled prompts.</summary>
[Trait("Category", "SharedData")]
public sealed class StructuralWorkloadMeasuredTests
{
    private sealed record Labelled(string Text, string Label, string Group, bool HasTools);

    [Fact]
    public void Rules_OnLabelledPrompts_AreAsPreciseAsTheySay()
    {
        var left = Read();
        var all = left.GroupBy(row => row.Label).ToDictionary(group => group.Key, group => group.Count());
        foreach (var rule in StructuralWorkload.Rules)
        {
            var met = left.Where(row => rule.IsMet(false, row.HasTools, new PlainContent(row.Text))).ToList();
            left = [.. left.Except(met)];
            var right = met.Where(row => row.Label == rule.Workload.Name).ToList();
            var sources = right.Select(row => row.Group).Distinct().Count();
            var precision = met.Count == 0 ? double.NaN : (double)right.Count / met.Count;
            SharedFolder.Figures(string.Create(
                CultureInfo.InvariantCulture,
                $"workload by structure, {rule.Name} -> {rule.Workload.Name}: {right.Count}/{met.Count}, precision {precision:0.000}, coverage {(double)right.Count / all[rule.Workload.Name]:0.00}, sources {sources}, says {rule.Confidence:0.00}"));
            if (rule.NeedsSchema || rule.NeedsCodeFence)
            {
                Assert.Empty(met); // else it could be measured
                Assert.Equal(StructuralWorkload.Least, rule.Confidence);
                continue;
            }

            Assert.True(met.Count >= 100, $"{rule.Name}: {met.Count} prompts are too few");
            Assert.True(precision >= rule.Confidence && rule.Confidence >= StructuralWorkload.Least, $"{rule.Name}: {precision} for {rule.Confidence}");
            Assert.True(rule.NeedsTools || sources >= 2, $"{rule.Name}: of one source only");
        }
    }

    [Fact]
    public void Guess_OnLabelledPrompts_IsRightNineTimesInTen()
    {
        var rows = Read();
        var guesses = rows.Select(row => (row.Label, Guess: StructuralWorkload.Guess(false, row.HasTools, new PlainContent(row.Text)))).ToList();
        var guessed = guesses.Where(one => one.Guess is not null).ToList();
        var right = guessed.Count(one => one.Guess!.Name == one.Label);

        SharedFolder.Report("workload by structure: right of the guessed", right, guessed.Count);
        SharedFolder.Report("workload by structure: guessed of all", guessed.Count, rows.Count);
        Assert.True(right >= 0.9 * guessed.Count, $"{right} of {guessed.Count}");
        Assert.True(guessed.Count >= 0.5 * rows.Count, $"{guessed.Count} of {rows.Count}");
    }

    private static List<Labelled> Read()
    {
        SharedFolder.SkipIfAbsent();
        using var lines = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(SharedFolder.Path, "classify", "workload.jsonl.gz")), CompressionMode.Decompress));
        var rows = new List<Labelled>();
        while (lines.ReadLine() is { } line)
        {
            var row = JsonDocument.Parse(line).RootElement;
            rows.Add(new Labelled(row.GetProperty("text").GetString()!, row.GetProperty("label").GetString()!, row.GetProperty("group").GetString()!, row.TryGetProperty("tools", out _)));
        }

        Assert.Equal(4128, rows.Count);
        return rows;
    }
}

using System.CommandLine;
using Fairlead.Core.PolicyTests;
using Fairlead.PolicyTests;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary><c>fairlead test</c>: policy tests, the same planner without a running gateway.</summary>
internal static class TestCommand
{
    private const string Pattern = "*.policy-tests.yaml";
    private const int MostBytes = 1024 * 1024;

    public static Command Build()
    {
        var files = new Argument<string[]>("FILE") { Description = $"Files of policy tests. Default: {Pattern} in this folder.", Arity = ArgumentArity.ZeroOrMore };
        var config = new Option<string?>("--config", "-c") { Description = "The configuration to test, whatever the files name." };
        var filter = new Option<string?>("--filter") { Description = "Run the tests whose name has this text, in any case." };
        var junit = new Option<string?>("--junit") { Description = "Write the results to this file as JUnit XML." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("test", "Run policy tests: what a request asks, and what must become of it.") { files, config, filter, junit, json };
        command.SetAction(parsed => CommandConsole.Run(parsed, console =>
            Test(console, Named(parsed.GetValue(files) ?? []), parsed.GetValue(config), parsed.GetValue(filter), parsed.GetValue(junit), parsed.GetValue(json))));
        return command;
    }

    private static int Test(CommandConsole console, string[] files, string? config, string? filter, string? junit, bool asJson)
    {
        TestedSuite[] suites = [.. files.Select(file => new TestedSuite(file, Run(file, config, filter)))];
        var count = suites.Sum(suite => suite.Results.Length);
        if (count == 0) throw new InputException($"no test has '{filter}' in its name");
        var failed = suites.Sum(suite => suite.Results.Count(result => !result.HasPassed));
        if (junit is not null) WriteJUnit(junit, suites);
        if (asJson) WriteJson(console, suites, count - failed, failed);
        else Write(console, suites, count - failed, failed);
        return failed == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static string[] Named(string[] files)
    {
        if (files.Length > 0) return files;
        string[] found = [.. Directory.EnumerateFiles(Directory.GetCurrentDirectory(), Pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        return found.Length > 0 ? found : throw new InputException($"there is no {Pattern} in this folder");
    }

    private static TestedResult[] Run(string file, string? config, string? filter)
    {
        var reading = PolicyTestReader.Read(InputFile.ReadText(file, MostBytes), file);
        if (reading.File is not { } tests) throw new InputException(string.Join(Environment.NewLine, reading.Errors)) { IsComplete = true };
        var snapshot = ConfigurationArgument.Load(config ?? Path.Combine(Path.GetDirectoryName(file) ?? "", tests.Config ?? ConfigurationArgument.Default));
        var unknown = PolicyTestNames.Unknown(tests, snapshot);
        if (!unknown.IsEmpty) throw new InputException(string.Join(Environment.NewLine, unknown)) { IsComplete = true };
        var runner = new PolicyTestRunner(snapshot, TimeProvider.System);
        return [.. tests.Tests.Where(test => filter is null || test.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)).Select(runner.Run)];
    }

    private static void Write(CommandConsole console, TestedSuite[] suites, int passed, int failed)
    {
        foreach (var (file, results) in suites)
        {
            if (suites.Length > 1) console.Line(file, new Style(decoration: Decoration.Bold));
            if (results.Length == 0) continue;
            var table = CommandConsole.Table("", "test", "went to");
            foreach (var result in results)
            {
                table.AddRow(new Text(result.HasPassed ? "✓" : "✗", new Style(result.HasPassed ? Color.Green : Color.Red)), new Text(result.Name), new Text(result.Outcome.Where));
            }

            console.Write(table);
            foreach (var result in results)
            {
                if (!result.HasPassed) WriteFailed(console, result);
                foreach (var error in result.Outcome.RuleErrors) console.Line($"{result.Name}: {error.Place} could not be evaluated: {error.Message}", new Style(Color.Yellow));
            }
        }

        console.Line($"{passed} passed, {failed} failed");
    }

    private static void WriteFailed(CommandConsole console, TestedResult result)
    {
        console.Line("✗ " + result.Name, new Style(Color.Red));
        foreach (var mismatch in result.Mismatches)
        {
            console.Line($"  {mismatch.What}: expected {mismatch.Expected}");
            if (mismatch.What != "sentence") console.Line($"  {new string(' ', mismatch.What.Length)}  was      {mismatch.Was}");
        }

        console.Line("  " + result.Outcome.Sentence, new Style(Color.Grey));
        console.Line();
    }

    private static void WriteJson(CommandConsole console, TestedSuite[] suites, int passed, int failed) => console.Json(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("passed", passed);
        json.WriteNumber("failed", failed);
        json.WriteStartArray("tests");
        foreach (var (file, results) in suites)
        {
            foreach (var result in results)
            {
                var outcome = result.Outcome;
                json.WriteStartObject();
                json.WriteString("file", file);
                json.WriteString("name", result.Name);
                json.WriteBoolean("passed", result.HasPassed);
                if (outcome.Plan?.Route is { } route) json.WriteString("route", route.Name);
                if (outcome.Answered is { } choice)
                {
                    json.WriteString("tier", choice.Tier.Name);
                    json.WriteString("target", choice.Target.Name);
                }

                if (outcome.Code is { } code) json.WriteString("refused", code);
                json.WriteString("sentence", outcome.Sentence);
                json.WriteStartArray("mismatches");
                foreach (var mismatch in result.Mismatches)
                {
                    json.WriteStartObject();
                    json.WriteString("what", mismatch.What);
                    json.WriteString("expected", mismatch.Expected);
                    json.WriteString("was", mismatch.Was);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                if (outcome.RuleErrors.Count > 0)
                {
                    json.WriteStartArray("rule_errors");
                    foreach (var error in outcome.RuleErrors) json.WriteStringValue($"{error.Place}: {error.Message}");
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteJUnit(string file, TestedSuite[] suites)
    {
        try
        {
            using var stream = File.Create(file);
            JUnitReport.Write(stream, suites);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{file} cannot be written: {exception.Message}");
        }
    }
}

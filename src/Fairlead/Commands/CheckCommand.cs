using System.Collections.Immutable;
using System.CommandLine;
using Fairlead.Core.Configuration;
using Fairlead.Core.Routing;

namespace Fairlead.Commands;

/// <summary><c>fairlead check</c>: what is wrong with a configuration, what to know of it, and what is right but hardly meant.</summary>
internal static class CheckCommand
{
    public static Command Build()
    {
        var file = ConfigurationArgument.Option();
        var strict = new Option<bool>("--strict") { Description = "Fail where there is a warning or a finding too." };
        var without = new Option<bool>("--without-secrets") { Description = "Take every env: and file: reference as set, as where a pipeline has no secrets." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("check", "Check a configuration: errors, warnings, and what is right but hardly meant.") { file, strict, without, json };
        command.SetAction(parsed => CommandConsole.Run(parsed, console =>
            Check(console, parsed.GetValue(file) ?? ConfigurationArgument.Default, parsed.GetValue(strict), parsed.GetValue(without) ? SecretReader.AllSet : SecretReader.System, parsed.GetValue(json))));
        return command;
    }

    private static int Check(CommandConsole console, string file, bool isStrict, SecretReader secrets, bool asJson)
    {
        var compiled = ConfigurationArgument.Compile(file, secrets);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        ImmutableArray<string> findings = compiled.Snapshot is { } snapshot ? [.. PolicyLint.Of(snapshot, today)] : [];
        var summary = $"{Count(compiled.Errors.Length, "error")}, {Count(compiled.Warnings.Length, "warning")}, {(compiled.Snapshot is null ? "findings not looked for" : Count(findings.Length, "finding"))}";
        if (asJson) WriteJson(console, file, compiled, findings, summary);
        else Write(console, compiled, findings, summary);
        if (!compiled.Errors.IsEmpty) return ExitCodes.Configuration;
        return isStrict && (!compiled.Warnings.IsEmpty || !findings.IsEmpty) ? ExitCodes.Failure : ExitCodes.Success;
    }

    private static void Write(CommandConsole console, CompiledConfiguration compiled, ImmutableArray<string> findings, string summary)
    {
        // Line by line and never wrapped: editors and pipelines look for file(line,column).
        foreach (var error in compiled.Errors) console.Out.WriteLine(error);
        Section("Warnings", compiled.Warnings);
        Section("Findings", findings);
        if (!compiled.Errors.IsEmpty || !compiled.Warnings.IsEmpty || !findings.IsEmpty) console.Out.WriteLine();
        console.Out.WriteLine(summary);

        void Section(string heading, ImmutableArray<string> lines)
        {
            if (lines.IsEmpty) return;
            console.Out.WriteLine();
            console.Out.WriteLine(heading);
            foreach (var line in lines) console.Out.WriteLine("  " + line);
        }
    }

    private static void WriteJson(CommandConsole console, string file, CompiledConfiguration compiled, ImmutableArray<string> findings, string summary) => console.Json(json =>
    {
        json.WriteStartObject();
        json.WriteString("file", file);
        if (compiled.Snapshot is { } snapshot) json.WriteString("revision", snapshot.Revision);
        json.WriteStartArray("errors");
        foreach (var error in compiled.Errors)
        {
            json.WriteStartObject();
            json.WriteNumber("line", error.Line);
            json.WriteNumber("column", error.Column);
            json.WriteString("path", error.Path);
            json.WriteString("message", error.Message);
            if (error.Suggestion is { } suggestion) json.WriteString("suggestion", suggestion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Texts("warnings", compiled.Warnings);
        if (compiled.Snapshot is not null) Texts("findings", findings);
        json.WriteString("summary", summary);
        json.WriteEndObject();

        void Texts(string name, ImmutableArray<string> texts)
        {
            json.WriteStartArray(name);
            foreach (var text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
        }
    });

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}

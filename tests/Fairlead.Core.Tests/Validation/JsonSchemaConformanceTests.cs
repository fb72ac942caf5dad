using System.Text;
using System.Text.Json;
using Fairlead.Core.Validation;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Validation;

/// <summary>The standard's own cases.</summary>
[Trait("Category", "SharedData")]
public sealed class JsonSchemaConformanceTests
{
    /// <summary>Cases that need another document: refused, never fetched. The last one names another document as its own meta schema.</summary>
    private static readonly string[] NeedAnotherDocument =
    [
        "dynamicRef/strict-tree schema, guards against misspelled properties",
        "dynamicRef/tests for implementation dynamic anchor and reference link",
        "dynamicRef/$ref and $dynamicAnchor are independent of order - $defs first",
        "dynamicRef/$ref and $dynamicAnchor are independent of order - $ref first",
        "dynamicRef/$ref to $dynamicRef finds detached $dynamicAnchor",
        "vocabulary/schema that uses custom metaschema with with no validation vocabulary",
    ];

    [Fact]
    public void Validate_EveryCaseWithinOneDocument_SaysWhatTheStandardSays()
    {
        var (passed, total) = (0, 0);
        var wrong = new List<string>();
        foreach (var (id, schema, tests) in Cases().Where(one => !NeedsAnotherDocument(one.Id)))
        {
            var isCompiled = JsonSchema.TryCompile(schema, formatsMustBeMet: id.StartsWith("optional/format/", StringComparison.Ordinal), out var compiled, out var reason);
            foreach (var test in tests)
            {
                total++;
                var verdict = isCompiled ? compiled!.Validate(Bytes(test.GetProperty("data"))) : null;
                var expected = test.GetProperty("valid").GetBoolean() ? SchemaOutcome.Valid : SchemaOutcome.Invalid;
                if (verdict?.Outcome == expected && (verdict.Failures.Count > 0) == (expected == SchemaOutcome.Invalid)) passed++;
                else wrong.Add($"{id}: {test.GetProperty("description").GetString()}: expected {expected}, was {verdict?.Outcome.ToString() ?? reason}");
            }
        }

        SharedFolder.Report("JSON Schema 2020-12, cases within one document", passed, total);
        Assert.True(total >= 1150, $"{total}");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public void TryCompile_CaseThatNeedsAnotherDocument_IsRefusedWithTheReason()
    {
        var cases = Cases().Where(one => NeedsAnotherDocument(one.Id)).ToList();
        var refused = cases.Count(one => !JsonSchema.TryCompile(one.Schema, out _, out var reason)
            && (reason.Contains("points to another document, and none is fetched", StringComparison.Ordinal) || reason.Contains("names a dialect that is not known here", StringComparison.Ordinal)));

        SharedFolder.Report("JSON Schema 2020-12, cases of other documents: refused", refused, cases.Count);
        Assert.Equal(17, cases.Count);
        Assert.Equal(cases.Count, refused);
    }

    private static bool NeedsAnotherDocument(string id) => id.StartsWith("refRemote/", StringComparison.Ordinal) || NeedAnotherDocument.Contains(id);

    private static IEnumerable<(string Id, byte[] Schema, List<JsonElement> Tests)> Cases()
    {
        SharedFolder.SkipIfAbsent();
        foreach (var line in File.ReadLines(Path.Combine(SharedFolder.Path, "jsonschema", "draft2020-12.jsonl")))
        {
            var one = JsonDocument.Parse(line).RootElement;
            yield return (one.GetProperty("id").GetString()!, Bytes(one.GetProperty("schema")), [.. one.GetProperty("tests").EnumerateArray()]);
        }
    }

    private static byte[] Bytes(JsonElement element) => Encoding.UTF8.GetBytes(element.GetRawText());
}

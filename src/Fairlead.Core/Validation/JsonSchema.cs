using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Fairlead.Core.Validation;

/// <summary>
/// A compiled JSON Schema, draft 2020-12: what OpenAI's and Anthropic's structured output and the parameters of tools are described in.
/// Immutable; safe for any number of threads. Nothing is ever fetched: a reference to another document is refused when it is compiled.
/// </summary>
/// <remarks>
/// Draft 7, which many generators still write, differs in two words only and is read too: <c>items</c> as an array, with
/// <c>additionalItems</c>, and <c>dependencies</c>.
/// </remarks>
public sealed class JsonSchema
{
    /// <summary>The largest schema that is compiled.</summary>
    public const int MostBytes = 256 * 1024;

    /// <summary>The most objects and arrays within each other, in a schema and in a text.</summary>
    public const int MostDepth = 128;

    /// <summary>What a validation may cost whatever the text's size.</summary>
    private const long FirstSteps = 20_000;

    private const long StepsOfAByte = 16;

    private const long MostSteps = 20_000_000;

    private static readonly JsonDocumentOptions SchemaOptions = new() { MaxDepth = MostDepth, AllowDuplicateProperties = false };

    private static readonly JsonDocumentOptions TextOptions = new() { MaxDepth = MostDepth };

    private readonly SchemaNode _root;

    private JsonSchema(SchemaNode root) => _root = root;

    /// <summary>Compiles a schema whose formats must be met; false when it is none, beyond the limits, or asks for what is not here.</summary>
    /// <param name="schema">JSON in UTF-8. Not kept.</param>
    /// <param name="compiled">The compiled schema.</param>
    /// <param name="reason">Why there is none, with the place in the schema.</param>
    public static bool TryCompile(ReadOnlyMemory<byte> schema, [NotNullWhen(true)] out JsonSchema? compiled, [NotNullWhen(false)] out string? reason) =>
        TryCompile(schema, formatsMustBeMet: true, out compiled, out reason);

    /// <summary>The same where <c>format</c> may be a mere remark, as the standard has it unless a vocabulary says otherwise.</summary>
    public static bool TryCompile(ReadOnlyMemory<byte> schema, bool formatsMustBeMet, [NotNullWhen(true)] out JsonSchema? compiled, [NotNullWhen(false)] out string? reason)
    {
        compiled = null;
        if (schema.Length > MostBytes)
        {
            reason = $"The schema is larger than {MostBytes / 1024} KiB.";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(schema, SchemaOptions);
            var compiler = new SchemaCompiler(formatsMustBeMet);
            var root = compiler.Compile(document.RootElement);
            reason = compiler.Reason;
            if (reason is not null) return false;
            compiled = new JsonSchema(root);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text in it holds half a character.
            reason = $"The schema is not JSON, has a member twice, or is deeper than {MostDepth}.";
            return false;
        }
    }

    /// <summary>What the schema says of a text.</summary>
    /// <param name="json">JSON in UTF-8. Not kept.</param>
    public SchemaVerdict Validate(ReadOnlyMemory<byte> json) => Validate(json, Math.Min(FirstSteps + (StepsOfAByte * json.Length), MostSteps));

    /// <summary>The same within so many steps.</summary>
    internal SchemaVerdict Validate(ReadOnlyMemory<byte> json, long steps)
    {
        try
        {
            using var document = JsonDocument.Parse(json, TextOptions);
            if (!HoldsTextsAlone(json.Span)) return NotJson;
            var run = new ValidationRun(steps, _root.Resource);
            return run.Verdict(run.Holds(_root, document.RootElement, null, "false"));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return IsTooDeep(json.Span) ? SchemaVerdict.TooCostly : NotJson;
        }
    }

    private static readonly SchemaVerdict NotJson = new(SchemaOutcome.Invalid, [new SchemaFailure("", "json", "is not JSON")]);

    /// <summary>Whether every text in it is one, whether a keyword looks at it or not: UTF-8, and no half of a character.</summary>
    /// <exception cref="InvalidOperationException">An escape stands for half a character.</exception>
    private static bool HoldsTextsAlone(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return false;
        if (json.IndexOf("\\u"u8) < 0) return true;
        var scratch = new byte[json.Length];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostDepth });
        while (reader.Read())
        {
            if (reader.ValueIsEscaped) reader.CopyString(scratch);
        }

        return true;
    }

    /// <summary>Whether a text that the parser would not take goes deeper than it may, before anything else is wrong with it.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostDepth + 2 });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= MostDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) return true;
            }
        }
        catch (JsonException)
        {
            // Something else is wrong.
        }

        return false;
    }
}

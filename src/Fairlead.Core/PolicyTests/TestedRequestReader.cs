using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;

namespace Fairlead.Core.PolicyTests;

/// <summary>Reads what a test asks.</summary>
internal static class TestedRequestReader
{
    private const int MostPromptCharacters = 512 * 1024;
    private const int MostTools = 128;
    private const int MostMetadata = 64;

    private static readonly ImmutableArray<string> Dialects = [DialectNames.OpenAiChat, DialectNames.AnthropicMessages];

    public static TestedRequest Read(YamlNode node, Findings findings)
    {
        if (SectionReader.Open(node, PolicyTestSections.Request, findings) is not { } section) return new TestedRequest { Dialect = "" };
        var dialect = findings.Word(section.Find("dialect"), Dialects)?.Value ?? DialectNames.OpenAiChat;
        var body = section.Find("body");
        var request = new TestedRequest
        {
            Dialect = dialect,
            Body = Body(body, findings),
            Model = findings.Text(section.Find("model"))?.Value ?? "auto",
            Prompt = Prose(section.Find("prompt"), findings) ?? TestedRequest.DefaultPrompt,
            System = Prose(section.Find("system"), findings),
            IsStream = findings.Bool(section.Find("stream"))?.Value ?? false,
            MaxTokens = findings.Int(section.Find("max_tokens"), 1, 1_000_000_000)?.Value,
            HasSchema = findings.Bool(section.Find("schema"))?.Value ?? false,
            Tools = [.. findings.Texts(section.Find("tools"), MostTools, "[search]").Select(tool => tool.Value)],
            HasImages = findings.Bool(section.Find("images"))?.Value ?? false,
            Metadata = Metadata(section.Find("metadata"), findings),
        };
        if (body is not null && node is YamlNode.Mapping { Entries: var entries })
        {
            foreach (var entry in entries)
            {
                if (entry.Key is not ("body" or "dialect") && PolicyTestSections.Request.Keys.Contains(entry.Key)) findings.Error(entry.At, "stands beside 'body', which is the whole body already");
            }
        }

        section.Close();
        return request;
    }

    private static ImmutableArray<KeyValuePair<string, string>> Metadata(YamlNode? node, Findings findings)
    {
        var metadata = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var entry in findings.Names(node, MostMetadata))
        {
            if (findings.Text(entry.Value, most: 1024) is { } value) metadata.Add(new(entry.Key, value.Value));
        }

        return metadata.DrainToImmutable();
    }

    /// <summary>A text that may have lines.</summary>
    private static string? Prose(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar { IsNull: false } scalar && scalar.Text.Length <= MostPromptCharacters) return scalar.Text;
        findings.Shape(node, $"must be a text of at most {MostPromptCharacters} characters");
        return null;
    }

    private static string? Body(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is not YamlNode.Mapping)
        {
            findings.Shape(node, "must be the whole body, a mapping");
            return null;
        }

        using var buffer = new MemoryStream(1024);
        using (var json = new Utf8JsonWriter(buffer)) Write(json, node);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>YAML as JSON: here alone a value's looks decide its type, as in JSON; what stands in quotes is a text.</summary>
    private static void Write(Utf8JsonWriter json, YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Mapping mapping:
                json.WriteStartObject();
                foreach (var entry in mapping.Entries)
                {
                    json.WritePropertyName(entry.Key);
                    Write(json, entry.Value);
                }

                json.WriteEndObject();
                break;
            case YamlNode.Sequence list:
                json.WriteStartArray();
                foreach (var item in list.Items) Write(json, item);
                json.WriteEndArray();
                break;
            case YamlNode.Scalar { IsNull: true }:
                json.WriteNullValue();
                break;
            case YamlNode.Scalar { IsPlain: true, Text: "true" or "false" } flag:
                json.WriteBooleanValue(flag.Text == "true");
                break;
            case YamlNode.Scalar { IsPlain: true } scalar when IsNumber(scalar.Text):
                json.WriteRawValue(scalar.Text);
                break;
            case YamlNode.Scalar scalar:
                json.WriteStringValue(scalar.Text);
                break;
            default:
                json.WriteNullValue(); // refused while it was read
                break;
        }
    }

    /// <summary>A number as JSON spells it.</summary>
    private static bool IsNumber(string text)
    {
        if (text.Length > 32 || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) return false;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false; // 007, +1
        }
    }
}

using System.Collections.Immutable;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fairlead.Core.Configuration;

/// <summary>
/// Reads YAML into nodes from the parser's events, as strictly as a configuration needs: one document, no anchors, aliases, merge
/// keys, tags or directives, no name twice, bounded in size and depth. What is left of YAML holds no surprises and cannot grow
/// beyond its own text.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>A configuration's largest size: 1 MiB of UTF-8.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>The configuration's own shape needs eight levels.</summary>
    private const int MostDepth = 16;

    private readonly Parser _parser;
    private readonly Findings _findings;

    private YamlReader(string text, Findings findings)
    {
        _parser = new Parser(new StringReader(text));
        _findings = findings;
    }

    /// <summary>The root node; null when the text cannot be read on, or is empty. Errors are in <paramref name="findings"/>.</summary>
    public static YamlNode? Read(string text, Findings findings)
    {
        var start = new Place("", 1, 1);
        if (text.Length > MostBytes || Encoding.UTF8.GetByteCount(text) > MostBytes)
        {
            findings.Error(start, $"is larger than {MostBytes} bytes");
            return null;
        }

        try
        {
            return new YamlReader(text.TrimStart('\uFEFF'), findings).ReadDocument();
        }
        catch (TooDeepException exception)
        {
            findings.Error(exception.At, $"is nested deeper than {MostDepth} levels");
        }
        catch (YamlException exception)
        {
            findings.Error(At("", exception.Start), "is not valid YAML: " + exception.Message.TrimEnd('.') + Hint(exception.Message));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // The parser is not ours, and the text may be anything.
            findings.Error(start, "is not valid YAML");
        }

        return null;
    }

    private YamlNode? ReadDocument()
    {
        YamlNode? root = null;
        var documents = 0;
        while (_parser.MoveNext())
        {
            switch (_parser.Current)
            {
                case DocumentStart document when ++documents > 1:
                    _findings.Error(At("", document.Start), "holds a second document ('---'); a configuration is one");
                    return root;
                case DocumentStart { Version: not null } document:
                    _findings.Error(At("", document.Start), "YAML directives are not supported");
                    break;
                case NodeEvent node:
                    root = ReadNode(node, "", 1);
                    break;
            }
        }

        return root is YamlNode.Scalar { IsNull: true } ? null : root;
    }

    private YamlNode ReadNode(ParsingEvent current, string path, int depth)
    {
        var at = At(path, current.Start);
        if (depth > MostDepth) throw new TooDeepException(at);
        if (current is AnchorAlias)
        {
            _findings.Error(at, "YAML aliases are not supported; write the value out");
            return new YamlNode.Refused(at);
        }

        // The parser lets some ends stand where a value should, in texts that are no YAML.
        if (current is not NodeEvent node) throw new YamlException(current.Start, current.End, "a value is missing");
        if (!node.Anchor.IsEmpty) _findings.Error(at, "YAML anchors are not supported; write the value out");
        if (!node.Tag.IsEmpty) _findings.Error(at, "YAML tags are not supported; the place decides the type");
        return node switch
        {
            Scalar scalar => new YamlNode.Scalar(at, scalar.Value, scalar.Style == ScalarStyle.Plain),
            SequenceStart => ReadSequence(at, depth),
            MappingStart => ReadMapping(at, depth),
            _ => throw new YamlException(current.Start, current.End, "a value is missing"),
        };
    }

    private YamlNode.Sequence ReadSequence(Place at, int depth)
    {
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (Next() is not SequenceEnd) items.Add(ReadNode(_parser.Current!, $"{at.Path}[{items.Count}]", depth + 1));
        return new YamlNode.Sequence(at, items.DrainToImmutable());
    }

    private YamlNode.Mapping ReadMapping(Place at, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<YamlNode.Entry>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            var key = ReadNode(_parser.Current!, at.Path, depth + 1);
            if (key is not YamlNode.Scalar name)
            {
                if (key is not YamlNode.Refused) _findings.Error(key.At, "a name must be a text");
                ReadNode(Next(), at.Path, depth + 1);
                continue;
            }

            var path = Append(at.Path, name.Text);
            var place = name.At with { Path = path };
            var value = ReadNode(Next(), path, depth + 1);
            if (name is { IsPlain: true, Text: "<<" }) _findings.Error(place, "YAML merge keys are not supported; write the values out");
            else if (!lines.TryAdd(name.Text, place.Line)) _findings.Error(place, $"stands twice; first on line {lines[name.Text]}");
            else entries.Add(new YamlNode.Entry(name.Text, place, value));
        }

        return new YamlNode.Mapping(at, entries.DrainToImmutable());
    }

    private ParsingEvent Next()
    {
        if (!_parser.MoveNext() || _parser.Current is null) throw new YamlException("unexpected end");
        return _parser.Current;
    }

    private static string Append(string path, string name)
    {
        // A name that is none (too long, odd characters) must still be bounded where it is shown.
        var shown = name.Length <= 64 && !name.AsSpan().ContainsAnyExceptInRange('!', '~') && !name.Contains('.', StringComparison.Ordinal) ? name : Words.Quote(name);
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }

    /// <summary>The likeliest mistake within braces: a rule that YAML takes apart.</summary>
    private static string Hint(string message) =>
        message.Contains("flow", StringComparison.Ordinal) ? ". A rule that holds [ ] { } or a comma needs quotes here: when: 'prompt.mentions([\"a\"])'" : "";

    private static Place At(string path, Mark mark) => new(path, (int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private sealed class TooDeepException(Place at) : Exception
    {
        public Place At { get; } = at;
    }
}

using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>A node of a configuration's text, with its place. Types are decided by what is expected there, never by how it looks.</summary>
internal abstract record YamlNode(Place At)
{
    /// <summary>A text; <paramref name="IsPlain"/> when it stands without quotes.</summary>
    public sealed record Scalar(Place At, string Text, bool IsPlain) : YamlNode(At)
    {
        /// <summary>Nothing, or what YAML takes for nothing.</summary>
        public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";
    }

    /// <summary>A list.</summary>
    public sealed record Sequence(Place At, ImmutableArray<YamlNode> Items) : YamlNode(At);

    /// <summary>Names with values, each name once.</summary>
    public sealed record Mapping(Place At, ImmutableArray<Entry> Entries) : YamlNode(At);

    /// <summary>Something refused while reading; an error tells of it already.</summary>
    public sealed record Refused(Place At) : YamlNode(At);

    /// <summary>One name with its value.</summary>
    /// <param name="Key">The name.</param>
    /// <param name="At">Where the name stands; its path includes the name.</param>
    /// <param name="Value">The value.</param>
    public readonly record struct Entry(string Key, Place At, YamlNode Value);
}

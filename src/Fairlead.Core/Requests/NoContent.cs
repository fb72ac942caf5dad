using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Fairlead.Core.Classification;

namespace Fairlead.Core.Requests;

/// <summary>The content of a request that has no prompt: no text, no tools, nothing. Immutable; safe for any number of threads.</summary>
public sealed class NoContent : IRequestContent
{
    private NoContent()
    {
    }

    /// <summary>The one instance.</summary>
    public static NoContent Instance { get; } = new();

    /// <inheritdoc />
    public long TextLength => 0;

    /// <inheritdoc />
    public long PromptTokens => 0;

    /// <inheritdoc />
    public bool HasImages => false;

    /// <inheritdoc />
    public bool HasCodeFence => false;

    /// <inheritdoc />
    public IReadOnlyList<string> ToolNames => [];

    /// <inheritdoc />
    public IReadOnlyDictionary<string, string> Metadata => FrozenDictionary<string, string>.Empty;

    /// <inheritdoc />
    public bool Mentions(PhraseSet phrases) => false;

    /// <inheritdoc />
    public bool Matches(Regex pattern) => false;
}

using System.Text.RegularExpressions;
using Fairlead.Core.Classification;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Tests.Classification;

/// <summary>The content of a request of one text; counts how often the text was looked at.</summary>
internal sealed class PlainContent(string text) : IRequestContent
{
    public int Looks { get; private set; }

    public long TextLength => Look().EnumerateRunes().Count();

    public long PromptTokens => 0;

    public bool HasImages => false;

    public bool HasCodeFence => Look().Contains("```", StringComparison.Ordinal);

    public IReadOnlyList<string> ToolNames => [];

    public IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>();

    public bool Mentions(PhraseSet phrases) => phrases.IsIn(Look());

    public bool Matches(Regex pattern) => pattern.IsMatch(Look());

    private string Look()
    {
        Looks++;
        return text;
    }
}

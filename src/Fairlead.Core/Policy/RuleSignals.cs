using System.Collections.Immutable;
using System.Text;
using Fairlead.Core.Classification;
using Fairlead.Core.Expressions;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Policy;

/// <summary>
/// What rules look for in prompts: each search once, however many rules ask for it. Filled while rules are compiled; read only after.
/// </summary>
public sealed class RuleSignals : ICelSignals
{
    private const int MostSignals = 1024;
    private const int MostPhrases = 256;
    private const int MostPhraseCharacters = 256;
    private const int MostShown = 256;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal); // by the whole search: what is shown of two may be the same
    private readonly List<Func<IRequestContent, CelValue>> _searches = [];
    private readonly List<string> _texts = [];
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _searches.Count;

    /// <summary>
    /// A search as a rule has it: <c>prompt.mentions(["a"])</c>. What is long is cut; of several that are cut alike, the second ends with
    /// <c>#2</c>, so that no two have one text.
    /// </summary>
    public string TextOf(int signal) => _texts[signal];

    /// <summary>Whether a request has what is looked for; an error when the search takes too long.</summary>
    public CelValue Search(int signal, IRequestContent content) => _searches[signal](content);

    int ICelSignals.Register(CelSignalCall call)
    {
        var whole = Whole(call);
        if (_numbers.TryGetValue(whole, out var known)) return known;
        if (_searches.Count == MostSignals) throw new FormatException($"more than {MostSignals} different searches in prompts");
        Func<IRequestContent, CelValue> search;
        if (call.Method == "mentions")
        {
            var phrases = new PhraseSet(Phrases(call.Argument));
            search = content => CelValue.Of(content.Mentions(phrases));
        }
        else
        {
            if (!CelPattern.TryCompile(call.Argument.AsString, out var pattern, out var problem)) throw new FormatException(problem);
            search = content => pattern.Search(content, static (regex, content) => content.Matches(regex));
        }

        _searches.Add(search);
        _texts.Add(Shown(call));
        return _numbers[whole] = _searches.Count - 1;
    }

    private static string Whole(CelSignalCall call)
    {
        var text = new StringBuilder($"{call.Receiver}.{call.Method}(");
        CelText.WriteWhole(text, call.Argument);
        return text.ToString();
    }

    private string Shown(CelSignalCall call)
    {
        var text = $"{call.Receiver}.{call.Method}({call.Argument})";
        if (text.Length > MostShown)
        {
            var most = char.IsHighSurrogate(text[MostShown - 2]) ? MostShown - 2 : MostShown - 1; // a character is shown whole or not at all
            text = text[..most] + "…";
        }

        var unique = text;
        for (var number = 2; !_shown.Add(unique); number++) unique = $"{text} #{number}";
        return unique;
    }

    private static ImmutableArray<string> Phrases(CelValue argument)
    {
        var phrases = Enumerable.Range(0, argument.Count).Select(at => argument[at].AsString).ToImmutableArray();
        if (phrases.Length is 0 or > MostPhrases) throw new FormatException($"'mentions' takes 1 to {MostPhrases} phrases");
        foreach (var phrase in phrases)
        {
            if (string.IsNullOrWhiteSpace(phrase) || phrase.Length > MostPhraseCharacters) throw new FormatException($"a phrase must have 1 to {MostPhraseCharacters} characters");
        }

        return phrases;
    }
}

using System.Globalization;

namespace Fairlead.Simulator.Notation;

/// <summary>The words of one effect, or of the scope; each is taken once, and what is left over is an error.</summary>
internal sealed class NotationClause(string name)
{
    private readonly List<NotationWord> _words = [];

    public string Name => name;

    public bool IsSpent => _words.Count == 0;

    public void Add(NotationWord word) => _words.Add(word);

    public string? TakeNamed(string wanted, bool mayRepeat = false)
    {
        var index = _words.FindIndex(word => word.Name == wanted);
        if (index < 0) return null;
        var value = _words[index].Value;
        _words.RemoveAt(index);
        if (!mayRepeat && _words.Exists(word => word.Name == wanted)) throw new FormatException($"'{wanted}' stands twice.");
        return value;
    }

    public string? TakeBare()
    {
        var index = _words.FindIndex(word => word.Name is null);
        if (index < 0) return null;
        var value = _words[index].Value;
        _words.RemoveAt(index);
        return value;
    }

    public bool TakeFlag(string wanted) => _words.RemoveAll(word => word.Name is null && word.Value == wanted) > 0;

    public int? TakeNumber(string wanted, int least, int most) => TakeNamed(wanted) is { } text ? Number(wanted, text, least, most) : null;

    public TimeSpan? TakeTime(string wanted)
    {
        if (TakeNamed(wanted) is not { } text) return null;
        return Durations.TryParse(text, out var time) ? time : throw new FormatException($"'{wanted}={text}' is not a time such as 500ms.");
    }

    public int RequireNumber(string meaning, int least, int most) =>
        TakeBare() is { } text ? Number(meaning, text, least, most) : throw new FormatException($"'{name}' needs a number: {meaning}.");

    public int RequireCount() => RequireNumber("after how many events", 0, 1_000_000);

    /// <summary>Everything as it was written, for a notation of its own.</summary>
    public string TakeAll()
    {
        var text = string.Join(' ', _words.Select(word => word.Name is null ? word.Value : $"{word.Name}={word.Value}"));
        _words.Clear();
        return text;
    }

    public void RequireEmpty()
    {
        if (_words.Count > 0) throw new FormatException($"'{name}' does not take '{(_words[0].Name is { } named ? named + "=" : "")}{_words[0].Value}'.");
    }

    private static int Number(string meaning, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"'{text}' is not {meaning} between {least} and {most}.");
}

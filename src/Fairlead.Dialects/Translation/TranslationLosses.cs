using Fairlead.Core.Requests;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// What of a request or an answer does not come through a translation: what tunes is listed, what changes the meaning refuses the whole.
/// Not safe for several threads.
/// </summary>
public sealed class TranslationLosses
{
    private const int MostListed = 32;
    private const int MostCharacters = 128;

    private readonly List<string> _listed = [];

    /// <summary>Members that are lost, in the client's words, each once, in the order they were met.</summary>
    public IReadOnlyList<string> Listed => _listed;

    /// <summary>Why it cannot be translated at all; null when it can.</summary>
    public TranslationRefusal? Refusal { get; private set; }

    /// <summary>Lists what is lost.</summary>
    public void Lose(string member)
    {
        member = Shown(member);
        if (_listed.Count < MostListed && !_listed.Contains(member, StringComparer.Ordinal)) _listed.Add(member);
    }

    /// <summary>Refuses for a member that the other dialect has no word for. The first refusal counts.</summary>
    /// <param name="member">The member.</param>
    /// <param name="what">What it is, where its name does not say it; null where it does.</param>
    public void Refuse(string member, string? what = null) =>
        Refusal ??= new TranslationRefusal(RefusalTable.UnsupportedParameter.Code, Shown(member), what is null ? $"cannot carry {Shown(member)}" : $"cannot carry {Shown(member)} ({Shown(what)})", null);

    /// <summary>Refuses for a conversation that is not here but at the vendor that began it.</summary>
    /// <param name="member">The member that points there.</param>
    public void RefuseAbsent(string member) => Refusal ??= new TranslationRefusal(
        RefusalTable.ThreadNotFound.Code, member, $"has not the conversation of {member}", $"No target that may answer has the conversation that '{member}' continues; send it whole.");

    /// <summary>Lists what tunes, refuses for what changes the meaning.</summary>
    public void Drop(string member, bool changesMeaning)
    {
        if (changesMeaning) Refuse(member);
        else Lose(member);
    }

    /// <summary>Refuses for a member that is itself at fault.</summary>
    /// <param name="member">The member.</param>
    /// <param name="advice">What is wrong and what to do, as the rest of a sentence about it: <c>must be a text</c>.</param>
    public void Fault(string member, string advice) => Refusal ??= new TranslationRefusal(RefusalTable.InvalidValue.Code, member, $"cannot read {member}", $"'{member}' {advice}.");

    /// <summary>A name of the client's, as a log and a header may hold it.</summary>
    private static string Shown(string name) =>
        name.Length is > 0 and <= MostCharacters && !name.AsSpan().ContainsAnyExceptInRange(' ', '~') ? name : "a member of an unusual name";
}

/// <summary>Why a request cannot be sent in another dialect.</summary>
/// <param name="Code">A stable code: <c>unsupported_parameter</c>, <c>invalid_value</c>, <c>thread_not_found</c>.</param>
/// <param name="Member">The member, in the client's words.</param>
/// <param name="Reason">A few words for the sentence.</param>
/// <param name="Message">What the client is told when no target is left; null for the usual words.</param>
public sealed record TranslationRefusal(string Code, string Member, string Reason, string? Message);

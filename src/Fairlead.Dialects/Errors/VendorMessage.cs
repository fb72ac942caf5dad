using System.Text;
using System.Text.RegularExpressions;

namespace Fairlead.Dialects.Errors;

/// <summary>
/// What of a vendor's message are the vendor's own words. Vendors quote the values of a request and name the members that it made up:
/// whoever writes those must not be able to say that the vendor has no credit for us, or no such model.
/// </summary>
internal static partial class VendorMessage
{
    private const string Opening = "'\"`‘“«";
    private const string Closing = "'\"`’”»";

    /// <summary>A message without what it quotes. A quote that does not end, and a value that pydantic shows, are cut off with all that follows.</summary>
    public static string Unquoted(string message)
    {
        var rest = message.AsSpan(0, EndOf(message, Shown()));
        if (OpensAt(rest) < 0) return message[..rest.Length];
        var words = new StringBuilder(rest.Length);
        while (OpensAt(rest) is >= 0 and var open)
        {
            words.Append(rest[..open]).Append('…'); // what stands around a quote is no phrase
            rest = rest[ClosesAt(rest, open)..];
        }

        return words.Append(rest).ToString();
    }

    /// <summary>
    /// What a message says before it quotes or lists anything: behind a first quote there may be one that the client closed, behind a colon
    /// what it sent. The name of an exception in front is left out: <c>BadRequestError: </c>.
    /// </summary>
    public static string Statement(string message)
    {
        message = message[Exceptions().Match(message).Length..];
        message = message[..EndOf(message, Shown())];
        message = message[..EndOf(message, Colon())];
        return OpensAt(message) is >= 0 and var open ? message[..open] : message;
    }

    /// <summary>
    /// Whether a message may begin with the name of a member, as <c>tools.0.name: Field required</c> does: clients name members as they
    /// like. What follows a colon is a sentence then; of a model or a key it is an id: <c>Model not found: grok-9</c>.
    /// </summary>
    public static bool MayNameMember(string message) => Member().IsMatch(message, Exceptions().Match(message).Length);

    /// <summary>Whether a message is about a model or where it is served. The word must be one of its own, or begin Google's name of a model: ids and names of files have it too.</summary>
    public static bool NamesModel(string message) => Model().IsMatch(Statement(message));

    /// <summary>Where a quote begins; less than 0 for nowhere. An apostrophe within or behind a word begins none: <c>don't</c>, <c>users' limits</c>.</summary>
    private static int OpensAt(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (Opening.Contains(text[i]) && (text[i] != '\'' || i == 0 || !char.IsLetterOrDigit(text[i - 1]))) return i;
        }

        return -1;
    }

    /// <summary>Behind the quote that begins there. An apostrophe within a word, and a mark with a backslash, end none.</summary>
    private static int ClosesAt(ReadOnlySpan<char> text, int open)
    {
        var mark = Closing[Opening.IndexOf(text[open])];
        for (var i = open + 1; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == mark && (i + 1 == text.Length || !char.IsLetterOrDigit(text[i + 1]))) return i + 1;
        }

        return text.Length;
    }

    private static int EndOf(string message, Regex stop) => stop.Match(message) is { Success: true } found ? found.Index : message.Length;

    /// <summary>Pydantic shows a value behind these, quoted or not.</summary>
    [GeneratedRegex(@"\binput(?:_value)?=", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Shown();

    /// <summary>Not that of a time or an address.</summary>
    [GeneratedRegex(":(?![/0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Colon();

    [GeneratedRegex(@"^(?:[\w.]{0,64}(?:error|exception): ){0,3}", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Exceptions();

    /// <summary>A colon before anything but an id or an address that ends a sentence, an id being one word with more than letters in it; or what pydantic says of members.</summary>
    [GeneratedRegex("""
        :(?![/0-9]|\s(?:https?://\S+|(?=[a-z.]*[-0-9*_/])[^\s'"`:]+)(?:$|(?<=\.)\s))|\binput(?:_value)?=|\bvalidation errors? for\b
        """, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Member();

    [GeneratedRegex(@"^models/|(?<![\w./@-])(?:model|deployment|engine)s?(?![\w/@-]|\.\w)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Model();
}

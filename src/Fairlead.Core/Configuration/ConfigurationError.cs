using System.Text;

namespace Fairlead.Core.Configuration;

/// <summary>
/// One thing wrong with a configuration. Prints as <c>file(line,column): path: message; did you mean 'x'?</c>. Never holds a value
/// that may be a secret. Immutable.
/// </summary>
/// <param name="File">The name of the configuration, as it was given.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Path">The place in the configuration, such as <c>routes[0].tiers[1].use</c>; empty for the whole.</param>
/// <param name="Message">What is wrong, and what to do.</param>
/// <param name="Suggestion">The name that was probably meant; null when none is near.</param>
public sealed record ConfigurationError(string File, int Line, int Column, string Path, string Message, string? Suggestion = null)
{
    /// <inheritdoc />
    public override string ToString()
    {
        var text = new StringBuilder(File).Append('(').Append(Line).Append(',').Append(Column).Append("): ");
        if (Path.Length > 0) text.Append(Path).Append(": ");
        text.Append(Message);
        if (Suggestion is not null) text.Append("; did you mean '").Append(Suggestion).Append("'?");
        return text.ToString();
    }
}

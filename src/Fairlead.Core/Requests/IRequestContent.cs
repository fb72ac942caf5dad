using System.Text.RegularExpressions;
using Fairlead.Core.Classification;

namespace Fairlead.Core.Requests;

/// <summary>
/// What rules may read of a request's body beyond its peek. Each member is computed when it is first asked for, and kept: a request
/// pays only for what some rule reads. Not safe for several threads; valid while the body is.
/// </summary>
public interface IRequestContent
{
    /// <summary>Characters (Unicode code points) of the system and user text, earlier turns included.</summary>
    long TextLength { get; }

    /// <summary>The tokens of the prompt, estimated from its whole text, tools and schema.</summary>
    long PromptTokens { get; }

    /// <summary>Whether a message holds an image.</summary>
    bool HasImages { get; }

    /// <summary>Whether the system or user text holds a fenced block of code.</summary>
    bool HasCodeFence { get; }

    /// <summary>The names of the tools that are offered, in the order of the body.</summary>
    IReadOnlyList<string> ToolNames { get; }

    /// <summary>The texts of the body's own <c>metadata</c>, without Fairlead's claims.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Whether the system or user text has one of the phrases.</summary>
    bool Mentions(PhraseSet phrases);

    /// <summary>Whether the pattern matches anywhere in the text of one message.</summary>
    /// <param name="pattern">One that runs in linear time (<see cref="RegexOptions.NonBacktracking"/>). Its time is that of the whole search.</param>
    /// <exception cref="RegexMatchTimeoutException">The search takes longer.</exception>
    bool Matches(Regex pattern);
}

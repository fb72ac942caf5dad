using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Dialects;

/// <summary>All dialects there are.</summary>
public static class KnownDialects
{
    private static readonly IDialect[] All = [ChatDialect.Instance, MessagesDialect.Instance];

    /// <summary>The dialect of a name that a definition or configuration has passed.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static IDialect Of(string name)
    {
        foreach (var dialect in All)
        {
            if (dialect.Name == name) return dialect;
        }

        throw new ArgumentException($"There is no dialect '{name}'.", nameof(name));
    }
}

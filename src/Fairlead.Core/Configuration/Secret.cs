using System.Diagnostics;

namespace Fairlead.Core.Configuration;

/// <summary>
/// A secret from the outside: a provider's key, a client's key, the admin key. Prints as <c>***</c> wherever it is formatted;
/// <see cref="Reveal"/> is the only way to the value.
/// </summary>
[DebuggerDisplay("***")]
public sealed class Secret
{
    private readonly string _value;

    /// <summary>Wraps <paramref name="value"/>, which came from <paramref name="reference"/>.</summary>
    /// <param name="reference">Where the value came from, such as <c>env:OPENAI_API_KEY</c>; may be shown.</param>
    /// <param name="value">The secret itself; never empty.</param>
    public Secret(string reference, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        Reference = reference;
        _value = value;
    }

    /// <summary>Where the value came from, such as <c>env:OPENAI_API_KEY</c>. Not a secret.</summary>
    public string Reference { get; }

    /// <summary>The value. Call it where it goes on the wire or is compared in constant time, and nowhere else.</summary>
    public string Reveal() => _value;

    /// <inheritdoc />
    public override string ToString() => "***";
}

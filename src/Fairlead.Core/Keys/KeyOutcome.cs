using System.Collections.Immutable;

namespace Fairlead.Core.Keys;

/// <summary>What came of a change of keys. A closed set.</summary>
public abstract record KeyOutcome
{
    private KeyOutcome()
    {
    }

    /// <summary>A key was made.</summary>
    /// <param name="Key">What is kept of it.</param>
    /// <param name="Secret">What the client is to send: told now and never again.</param>
    /// <param name="Replaced">The one that it replaces, with its new end; null when it replaces none.</param>
    public sealed record Issued(StoredKey Key, string Secret, StoredKey? Replaced) : KeyOutcome
    {
        /// <summary>Without the secret: what is printed by chance must not tell it.</summary>
        public override string ToString() => $"Issued {Key.Id}";
    }

    /// <summary>Keys were revoked.</summary>
    /// <param name="Keys">Those that were not until now.</param>
    public sealed record Revoked(ImmutableArray<StoredKey> Keys) : KeyOutcome;

    /// <summary>No key has this id or name.</summary>
    public sealed record Unknown : KeyOutcome;

    /// <summary>What was asked for is wrong in itself.</summary>
    /// <param name="Defect">Where, and what.</param>
    public sealed record Invalid(KeyDefect Defect) : KeyOutcome;

    /// <summary>What there is stands against it.</summary>
    /// <param name="Why">A sentence.</param>
    public sealed record Conflict(string Why) : KeyOutcome;
}

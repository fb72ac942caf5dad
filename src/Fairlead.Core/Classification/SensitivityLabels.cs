using System.Collections.Immutable;

namespace Fairlead.Core.Classification;

/// <summary>A kind of content that must be handled with care.</summary>
/// <param name="Name">Its one name, in headers, rules and records.</param>
/// <param name="Meaning">What it marks, in a few words.</param>
public sealed record SensitivityLabel(string Name, string Meaning);

/// <summary>The labels that every gateway knows; a configuration may name more. A request may have any number of them.</summary>
public static class SensitivityLabels
{
    /// <summary>Personal data.</summary>
    public static SensitivityLabel Pii { get; } = new("pii", "personal data: what names, reaches or identifies a person");

    /// <summary>Health data of a person.</summary>
    public static SensitivityLabel Phi { get; } = new("phi", "health data of a person: diagnoses, treatment, insurance");

    /// <summary>Numbers of accounts and cards.</summary>
    public static SensitivityLabel FinancialAccount { get; } = new("financial_account", "accounts and cards: numbers, balances, movements");

    /// <summary>Confidential between a lawyer and a client.</summary>
    public static SensitivityLabel LegalConfidential { get; } = new("legal_confidential", "privileged or confidential legal matter");

    /// <summary>Credentials.</summary>
    public static SensitivityLabel Secret { get; } = new("secret", "credentials: keys, tokens, passwords");

    /// <summary>All of them, in the order of the docs.</summary>
    public static ImmutableArray<SensitivityLabel> BuiltIn { get; } = [Pii, Phi, FinancialAccount, LegalConfidential, Secret];

    /// <summary>Their names.</summary>
    public static KnownNames Names { get; } = new("a sensitivity label", BuiltIn.Select(label => label.Name));
}

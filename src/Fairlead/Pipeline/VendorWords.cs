using Fairlead.Core.Configuration;
using Fairlead.Dialects.Errors;

namespace Fairlead.Pipeline;

/// <summary>A vendor's words, fit for a client and for the record: without what names its hosts and accounts, and without the very keys that it was called with.</summary>
internal static class VendorWords
{
    /// <summary>The words, scrubbed.</summary>
    /// <param name="text">As they came.</param>
    /// <param name="providers">Whose keys they must not have.</param>
    public static string Scrub(string text, IEnumerable<Provider> providers) => VendorErrors.Scrub(WithoutKeys(text, providers));

    /// <summary>The words without our keys, else as they are.</summary>
    /// <param name="text">As they came.</param>
    /// <param name="providers">Whose keys they must not have.</param>
    public static string WithoutKeys(string text, IEnumerable<Provider> providers)
    {
        foreach (var provider in providers)
        {
            foreach (var key in provider.Keys) text = text.Replace(key.Reveal(), "[redacted]", StringComparison.Ordinal);
        }

        return text;
    }
}

using System.Collections.Frozen;
using Fairlead.Core.Configuration;

namespace Fairlead.Providers.Registry;

/// <summary>The vendor definitions that are built in: <c>providers/*.yaml</c> of the sources.</summary>
public static class VendorRegistry
{
    private const string Prefix = "providers/";

    /// <summary>All of them, by kind.</summary>
    /// <exception cref="FormatException">A definition has errors, or two have one kind.</exception>
    public static IReadOnlyDictionary<string, VendorDefinition> LoadBuiltIn()
    {
        var assembly = typeof(VendorRegistry).Assembly;
        var vendors = new Dictionary<string, VendorDefinition>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var vendor = VendorDefinition.Parse(reader.ReadToEnd(), resource);
            if (!vendors.TryAdd(vendor.Kind, vendor)) throw new FormatException($"{resource}: the kind {vendor.Kind} is defined twice.");
        }

        return vendors.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

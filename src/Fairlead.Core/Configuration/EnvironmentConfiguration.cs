using System.Text;

namespace Fairlead.Core.Configuration;

/// <summary>Writes the configuration that is served when there is none: every vendor whose key is in the environment.</summary>
public static class EnvironmentConfiguration
{
    /// <summary>A route has at most six tiers; more vendors than that share the last one.</summary>
    private const int MostTiers = 6;

    /// <summary>
    /// The text of a configuration with one provider, one target and one tier for each vendor whose key variable is set, in
    /// alphabetical order; null when none is. It names the variables, never their values.
    /// </summary>
    /// <param name="vendors">The vendors; those without a key variable or a default model are left out.</param>
    /// <param name="environment">The value of an environment variable; null when it is not set.</param>
    public static string? Write(IReadOnlyDictionary<string, VendorDefinition> vendors, Func<string, string?> environment)
    {
        var found = vendors.Values
            .Where(vendor => vendor is { KeyVariable: not null, DefaultModel: not null } && !string.IsNullOrWhiteSpace(environment(vendor.KeyVariable)))
            .OrderBy(vendor => vendor.Kind, StringComparer.Ordinal)
            .ToArray();
        if (found.Length == 0) return null;

        var text = new StringBuilder("listen: \"http://127.0.0.1:8484\"\n\nproviders:\n");
        foreach (var vendor in found) text.Append($"  {vendor.Kind}: {{ kind: {vendor.Kind}, keys: [\"env:{vendor.KeyVariable}\"] }}\n");
        text.Append("\ntargets:\n");
        foreach (var vendor in found) text.Append($"  {vendor.Kind}: {{ provider: {vendor.Kind}, model: \"{vendor.DefaultModel}\" }}\n");
        // What applications ask for already; any other model is asked for as provider/model.
        text.Append("\naliases: { \"gpt-*\": auto, \"claude-*\": auto, \"gemini-*\": auto }\n");
        text.Append("\nroutes:\n  - name: default\n    tiers:\n");
        for (var i = 0; i < found.Length && i < MostTiers; i++)
        {
            var used = i == MostTiers - 1 ? found[i..] : found[i..(i + 1)];
            text.Append($"      - {{ use: [{string.Join(", ", used.Select(vendor => vendor.Kind))}] }}\n");
        }

        return text.ToString();
    }
}

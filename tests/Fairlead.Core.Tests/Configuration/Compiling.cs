using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Providers.Registry;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>Compiles configurations against a made-up environment and no files but made-up ones.</summary>
internal static class Compiling
{
    private static readonly IReadOnlyDictionary<string, VendorDefinition> Vendors = VendorRegistry.LoadBuiltIn();
    private static readonly ModelCatalog Catalog = BuiltInCatalog.Load();

    /// <summary>A compiler with these variables set; a file is one whose path, ending so, is a key.</summary>
    public static ConfigurationCompiler Compiler(params (string Name, string Value)[] values) => new(Vendors, Catalog, Secrets(values));

    /// <summary>One that has its own time.</summary>
    public static ConfigurationCompiler Compiler(TimeProvider time, params (string Name, string Value)[] values) => new(Vendors, Catalog, Secrets(values), time: time);

    /// <summary>One that proves the policy too, as the product does.</summary>
    public static ConfigurationCompiler Proving(params (string Name, string Value)[] values) => new(Vendors, Catalog, Secrets(values), prove: Core.Routing.PolicyProof.Of);

    private static SecretReader Secrets((string Name, string Value)[] values) => new(
        name => values.FirstOrDefault(value => value.Name == name).Value,
        path => values.FirstOrDefault(value => path.EndsWith(value.Name, StringComparison.Ordinal)).Value ?? throw new FileNotFoundException());

    public static CompiledConfiguration Compile(string text, params (string Name, string Value)[] values) => Compiler(values).Compile(text, "fairlead.yaml", "");

    /// <summary>The snapshot of a text that must be without errors.</summary>
    public static GatewaySnapshot Snapshot(string text, params (string Name, string Value)[] values)
    {
        var compiled = Compile(text, values);
        Assert.True(compiled.Snapshot is not null, string.Join(Environment.NewLine, compiled.Errors));
        return compiled.Snapshot;
    }

    /// <summary>The errors of a text, as they print.</summary>
    public static ImmutableArray<string> Errors(string text, params (string Name, string Value)[] values)
    {
        var compiled = Compile(text, values);
        Assert.Equal(compiled.Errors.IsEmpty, compiled.Snapshot is not null);
        return [.. compiled.Errors.Select(error => error.ToString())];
    }
}

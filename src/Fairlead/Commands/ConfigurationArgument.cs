using System.CommandLine;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Routing;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;

namespace Fairlead.Commands;

/// <summary>The configuration that a command is about: the option that names it, and how it is read.</summary>
internal static class ConfigurationArgument
{
    public const string Default = "fairlead.yaml";

    private const int MostBytes = 1024 * 1024;

    /// <summary><c>--config</c>; null when it is not given.</summary>
    public static Option<string?> Option() => new("--config", "-c") { Description = $"The configuration file. Default: {Default} in this folder." };

    /// <summary>Compiles as the gateway does: what a policy can never do is an error.</summary>
    public static ConfigurationCompiler Compiler(IReadOnlyDictionary<string, VendorDefinition> vendors, SecretReader secrets) =>
        new(vendors, BuiltInCatalog.Load(), secrets, SimulatedVendors.Defect, PolicyProof.Of);

    /// <summary>Compiles a file.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static CompiledConfiguration Compile(string path, SecretReader secrets) =>
        Compiler(VendorRegistry.LoadBuiltIn(), secrets).Compile(InputFile.ReadText(path, MostBytes), path, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "");

    /// <summary>Compiles a file for a tool that cannot go on without it: with every secret taken as set.</summary>
    /// <exception cref="InputException">It cannot be read, or has errors: the message has each on a line.</exception>
    public static GatewaySnapshot Load(string path)
    {
        var compiled = Compile(path, SecretReader.AllSet);
        return compiled.Snapshot ?? throw new InputException(string.Join(Environment.NewLine, compiled.Errors)) { IsComplete = true };
    }
}

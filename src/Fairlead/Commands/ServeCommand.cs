using System.CommandLine;
using Fairlead.Core.Configuration;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;

namespace Fairlead.Commands;

/// <summary><c>fairlead serve</c>: the gateway, from <c>fairlead.yaml</c> or from vendor keys in the environment.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var command = new Command("serve", "Serve the gateway (the default command).");
        AddTo(command);
        return command;
    }

    /// <summary>Gives a command the options and the action of serving.</summary>
    public static void AddTo(Command command)
    {
        var file = new Option<string?>("--config", "-c") { Description = $"The configuration file. Default: {ConfigurationArgument.Default} in this folder." };
        var level = new Option<LogLevel>("--log-level") { Description = "Least level that is logged.", DefaultValueFactory = _ => LogLevel.Information };
        command.Options.Add(file);
        command.Options.Add(level);
        command.SetAction((parsed, cancellationToken) => ServeAsync(parsed.GetValue(file), parsed.GetValue(level), cancellationToken));
    }

    private static async Task<int> ServeAsync(string? file, LogLevel level, CancellationToken cancellationToken)
    {
        if (Open(file) is not { } snapshots) return ExitCodes.Configuration;
        await using var source = snapshots;
        var runsInline = SocketThreads.RunInline();
        return await HostedAsync(async () =>
        {
            await using var host = await GatewayHost.StartAsync(new GatewayHostOptions { Snapshots = source, LogLevel = level, RunsInline = runsInline }, cancellationToken);
            await host.WaitForShutdownAsync(cancellationToken);
        });
    }

    /// <summary>Runs what listens, and says in one line why it could not.</summary>
    public static async Task<int> HostedAsync(Func<Task> run)
    {
        try
        {
            await run();
            return ExitCodes.Success;
        }
        catch (StartRefusedException exception)
        {
            await Console.Error.WriteLineAsync("fairlead: " + exception.Message);
            return ExitCodes.Configuration;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
        {
            await Console.Error.WriteLineAsync("fairlead: " + exception.Message);
            return ExitCodes.Failure;
        }
    }

    private static SnapshotSource? Open(string? file)
    {
        var vendors = VendorRegistry.LoadBuiltIn();
        var compiler = ConfigurationArgument.Compiler(vendors, SecretReader.System);
        if (file is null && !File.Exists(ConfigurationArgument.Default))
        {
            if (EnvironmentConfiguration.Write(vendors, Environment.GetEnvironmentVariable) is { } text)
            {
                Console.Error.WriteLine($"No {ConfigurationArgument.Default} here; serving the vendors whose keys are in the environment:");
                Console.Error.WriteLine(text);
                return Report(SnapshotSource.FromText(compiler, text, "environment"));
            }

            Console.Error.WriteLine($"fairlead: no {ConfigurationArgument.Default} in this folder, and no vendor key in the environment ({string.Join(", ", KeyVariables(vendors))}).");
            Console.Error.WriteLine("Try 'fairlead demo': it needs neither. Or start from fairlead.example.yaml.");
            return null;
        }

        return Report(SnapshotSource.FromFile(compiler, file ?? ConfigurationArgument.Default, TimeProvider.System));
    }

    private static IEnumerable<string> KeyVariables(IReadOnlyDictionary<string, VendorDefinition> vendors) =>
        vendors.Values.Select(vendor => vendor.KeyVariable).OfType<string>().Order(StringComparer.Ordinal);

    /// <summary>Every error, a line each; null when there are any.</summary>
    public static SnapshotSource? Report(SnapshotLoad load)
    {
        foreach (var error in load.Errors) Console.Error.WriteLine(error);
        return load.Source;
    }
}

using System.CommandLine;
using Fairlead.Core.Configuration;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary>
/// <c>fairlead demo</c>: simulated vendors on their own sockets, the gateway on its port, sample traffic through real HTTP, a
/// vendor that dies on the way, and a table that grows with what went where and why. Then it keeps serving.
/// </summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var port = new Option<int>("--port") { Description = "The gateway's port.", DefaultValueFactory = _ => 8484 };
        var once = new Option<bool>("--once") { Description = "Stop after the sample traffic instead of serving on." };
        var command = new Command("demo", "See a vendor die and the answer still arrive. Needs no key and no account.") { port, once };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(port), parsed.GetValue(once), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int port, bool once, CancellationToken cancellationToken)
    {
        var compiler = ConfigurationArgument.Compiler(VendorRegistry.LoadBuiltIn(), SecretReader.System);
        var text = ReadConfiguration().Replace("127.0.0.1:8484", $"127.0.0.1:{port}", StringComparison.Ordinal);
        if (ServeCommand.Report(SnapshotSource.FromText(compiler, text, "demo.yaml")) is not { } snapshots) return ExitCodes.Configuration;
        await using var source = snapshots;
        return await ServeCommand.HostedAsync(async () =>
        {
            await using var host = await GatewayHost.StartAsync(new GatewayHostOptions { Snapshots = source, LogLevel = LogLevel.Error }, cancellationToken);
            AnsiConsole.MarkupLineInterpolated($"Gateway at [bold]{host.Address}[/]");
            foreach (var vendor in host.Simulated.Vendors.Values.OrderBy(vendor => vendor.Name, StringComparer.Ordinal)) AnsiConsole.MarkupLineInterpolated($"Simulated vendor [bold]{vendor.Name}[/] at {vendor.BaseAddress}");
            AnsiConsole.WriteLine();
            using var traffic = new DemoTraffic(host.Address);
            await ShowAsync(traffic, host, cancellationToken);
            if (once) return;
            AnsiConsole.WriteLine();
            AnsiConsole.WriteLine("Still serving, with every vendor up again. Try:");
            AnsiConsole.WriteLine();
            Console.WriteLine($"  curl -i {host.Address}v1/chat/completions -H 'content-type: application/json' -d '{{\"model\":\"gpt-4o\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'");
            AnsiConsole.WriteLine();
            AnsiConsole.WriteLine("Ctrl-C stops it.");
            await host.WaitForShutdownAsync(cancellationToken);
        });
    }

    /// <summary>The sample traffic with its breaks: a row as each answer comes, its reason beneath.</summary>
    private static async Task ShowAsync(DemoTraffic traffic, GatewayHost host, CancellationToken cancellationToken)
    {
        AnsiConsole.MarkupLine($"[bold]{"#",3}  {"asked for",-26} {"went to",-12} {"ms",6}  {"USD",-11}[/]");
        foreach (var step in DemoTraffic.Steps)
        {
            if (step.Break is { } broken)
            {
                await host.Simulated.Vendors[broken].BreakAsync();
                AnsiConsole.MarkupLineInterpolated($"[red]     {broken} breaks: its socket refuses connections from here on[/]");
            }
            else if (step.Restore is { } restored)
            {
                await host.Simulated.Vendors[restored].RestoreAsync();
                AnsiConsole.MarkupLineInterpolated($"[green]     {restored} is back[/]");
            }
            else
            {
                var row = await traffic.SendAsync(step, cancellationToken);
                AnsiConsole.MarkupLineInterpolated($"{row.Number,3}  {row.Asked,-26} [bold]{row.Target,-12}[/] {row.Milliseconds,6:0}  {row.Cost,-11}");
                AnsiConsole.Write(new Padder(new Text(row.Sentence, new Style(Color.Grey)), new Padding(5, 0, 0, 0)));
            }
        }

        var totals = await host.Ledger.TotalsAsync(cancellationToken);
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine($"Ledger: {totals.Requests} requests, {totals.Attempts} attempts, {totals.Cost} USD. The vendors' own bills say {DemoTraffic.Billed(host)} USD.");
    }

    private static string ReadConfiguration()
    {
        using var stream = typeof(DemoCommand).Assembly.GetManifestResourceStream("demo.yaml")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

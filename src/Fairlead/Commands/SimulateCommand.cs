using System.CommandLine;
using Fairlead.Simulator;
using Fairlead.Simulator.Outages;

namespace Fairlead.Commands;

/// <summary><c>fairlead simulate</c>: a simulated vendor on its own, to point any client or gateway at.</summary>
internal static class SimulateCommand
{
    public static Command Build()
    {
        var port = new Option<int>("--port") { Description = "The port to listen on.", DefaultValueFactory = _ => 8485 };
        var name = new Option<string[]>("--name") { Description = "The vendor's name; stamps every token. May be repeated: each further vendor takes the next port, and all share their outages.", DefaultValueFactory = _ => ["simulated"] };
        var keys = new Option<string[]>("--key") { Description = "A key to accept; may be repeated. Without one, every key is.", DefaultValueFactory = _ => [] };
        var first = new Option<string>("--first-token") { Description = "Time to the first token: 20ms, 'uniform 10ms..40ms', 'lognormal p50=200ms p99=2s'.", DefaultValueFactory = _ => "20ms" };
        var rate = new Option<string>("--tokens-per-second") { Description = "Token rate, in the same notation: 80, 'uniform 40..120'.", DefaultValueFactory = _ => "80" };
        var faults = new Option<string[]>("--fault") { Description = "A fault from the start, such as 'status 503' or 'truncate 5'; may be repeated.", DefaultValueFactory = _ => [] };
        var quotas = new Option<string[]>("--quota") { Description = "What a key may ask for, such as 'rpm=60 tpm=100000' or 'credit=$5 key=KEY'; may be repeated, the first that matches counts.", DefaultValueFactory = _ => [] };
        var outages = new Option<string?>("--outages") { Description = "When it is down of itself, such as '99.5% repair=2m seed=3'. Never, without." };
        var inputPrice = new Option<decimal>("--input-price") { Description = "Price of the prompt, in dollars per million tokens.", DefaultValueFactory = _ => 0 };
        var outputPrice = new Option<decimal>("--output-price") { Description = "Price of the answer, in dollars per million tokens.", DefaultValueFactory = _ => 0 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 1 };
        var command = new Command("simulate", "Serve a simulated vendor that speaks OpenAI Chat Completions and Anthropic Messages.") { port, name, keys, first, rate, faults, quotas, outages, inputPrice, outputPrice, seed };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var vendors = new List<SimulatedVendor>();
            try
            {
                var time = TimeProvider.System;
                var options = new SimulatedVendorOptions
                {
                    Name = "",
                    Keys = parsed.GetValue(keys)!,
                    FirstTokenLatency = Distribution.Parse(parsed.GetValue(first)!),
                    TokensPerSecond = Distribution.Parse(parsed.GetValue(rate)!),
                    Quotas = [.. parsed.GetValue(quotas)!.Select(SimulatedQuota.Parse)],
                    Schedule = new OutageSchedule(time),
                    InputNanoDollarsPerMillionTokens = NanoDollars(parsed.GetValue(inputPrice)),
                    OutputNanoDollarsPerMillionTokens = NanoDollars(parsed.GetValue(outputPrice)),
                };
                if (options is { InputNanoDollarsPerMillionTokens: 0, OutputNanoDollarsPerMillionTokens: 0 } && options.Quotas.FirstOrDefault(quota => quota.CreditNanoDollars is not null) is { } free)
                    throw new FormatException($"Quota '{free}': nothing is spent without --input-price or --output-price.");
                var model = parsed.GetValue(outages) is { } text ? OutageModel.Parse(text) : null;
                var script = parsed.GetValue(faults)!.Select(SimulatedFault.Parse).ToArray();
                var names = parsed.GetValue(name)!;
                if (names.Distinct(StringComparer.Ordinal).Count() < names.Length) throw new FormatException("Two vendors have one --name.");
                for (var index = 0; index < names.Length; index++)
                {
                    var firstPort = parsed.GetValue(port);
                    var further = (ulong)index; // each is unlucky by itself
                    var vendor = await SimulatedVendor.StartAsync(
                        options with
                        {
                            Name = names[index],
                            Port = firstPort == 0 ? 0 : firstPort + index,
                            Seed = unchecked(parsed.GetValue(seed) + further),
                            Outages = model is null ? null : new OutageModel(model.Options with { Seed = unchecked(model.Options.Seed + further) }),
                        },
                        time, cancellationToken);
                    vendors.Add(vendor);
                    foreach (var fault in script) vendor.Faults.Add(fault);
                    Console.WriteLine($"Simulated vendor '{vendor.Name}' at {vendor.BaseAddress}");
                    Console.WriteLine($"Log: GET {Control(vendor)}requests   bill: GET {Control(vendor)}bill   faults: POST/DELETE {Control(vendor)}faults   outage: POST/DELETE {Control(vendor)}outage");
                }

                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return ExitCodes.Success;
            }
            catch (Exception exception) when (exception is FormatException or IOException)
            {
                await Console.Error.WriteLineAsync("fairlead: " + exception.Message);
                return exception is FormatException ? ExitCodes.Configuration : ExitCodes.Failure;
            }
            finally
            {
                foreach (var vendor in vendors) await vendor.DisposeAsync();
            }
        });
        return command;
    }

    private static long NanoDollars(decimal dollars) =>
        dollars is >= 0 and <= 1_000_000 ? (long)(dollars * 1_000_000_000) : throw new FormatException($"The price {dollars} is not between 0 and 1000000 dollars per million tokens.");

    private static string Control(SimulatedVendor vendor) => new Uri(vendor.BaseAddress, "/_simulator/").ToString();
}

using Fairlead.Simulator.Outages;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>Draws a world from a seed: vendors and what ails them, a policy, clients and how they behave.</summary>
internal static class WorldDraw
{
    private static readonly TimeSpan Traffic = TimeSpan.FromSeconds(200);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(60);

    private static readonly VendorReply[] Faults =
        [VendorReply.ServerError, VendorReply.ServerError, VendorReply.Overloaded, VendorReply.RefusesConnection, VendorReply.NeverConnects, VendorReply.Resets, VendorReply.Garbage, VendorReply.Silent, VendorReply.BreaksOff, VendorReply.ModelGone, VendorReply.Answers];

    private static readonly string[] Classes = ["rate_limited", "overloaded", "timeout", "server_error", "connect_failed", "connection_reset", "malformed_response", "quota_exhausted", "credentials_invalid", "model_gone", "vendor_outage", "no_candidate"];

    private static readonly string[] Prefers = ["order", "cost", "load", "latency", "weighted"];

    /// <summary>The world of a seed.</summary>
    public static World Of(int seed)
    {
        var random = new Random(seed);
        var providers = Providers(random);
        var targets = Targets(random, providers, seed);
        var routes = Routes(random, targets);
        var isFollowed = random.Next(2) == 0;
        var asks = Asks(random, targets, routes, isFollowed);
        var dear = (400 * targets.Max(target => target.InputPrice)) + (100 * targets.Max(target => target.OutputPrice));
        return new World
        {
            Seed = seed,
            Providers = providers,
            Targets = targets,
            Routes = routes,
            Asks = asks,
            Retries = random.Next(3),
            Budget = random.Next(4) switch
            {
                0 => dear * random.Next(5, 100), // reached
                1 => dear * 100_000,
                _ => null,
            },
            SealedIn = random.Next(3) == 0 ? providers[random.Next(providers.Length)].Region : null,
            FaultsEnd = isFollowed ? Traffic : null,
            WholeFrom = isFollowed ? Traffic + Quiet : null,
        };
    }

    private static VirtualProvider[] Providers(Random random)
    {
        var isOneVendor = random.Next(4) == 0; // then some of them fail together
        return [.. Enumerable.Range(0, random.Next(1, 5)).Select(at => new VirtualProvider(
            $"p{at}", isOneVendor && at < 2 ? "openai" : "openai-compatible", isOneVendor && at < 2 ? "us" : random.Next(2) == 0 ? "us" : "eu",
            [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Key(random))]))];
    }

    private static VirtualKey Key(Random random) => random.Next(8) switch
    {
        0 => new VirtualKey { DeadUntil = At(random) },
        1 => new VirtualKey { WithoutCreditUntil = At(random) },
        2 => new VirtualKey { PerMinute = random.Next(1, 40), LimitedUntil = Traffic, GivesHint = true },
        3 => new VirtualKey { PerMinute = random.Next(1, 40), LimitedUntil = Traffic },
        _ => new VirtualKey(),
    };

    private static VirtualTarget[] Targets(Random random, VirtualProvider[] providers, int seed)
    {
        var targets = new List<VirtualTarget>();
        foreach (var (at, provider) in providers.Index())
        {
            var count = random.Next(1, 3);
            var isPlain = count == 1 && provider.Kind != "openai" && Array.TrueForAll(provider.Keys, key => key is { PerMinute: null, DeadUntil.Ticks: 0, WithoutCreditUntil.Ticks: 0 });
            for (var i = 0; i < count; i++)
            {
                var isSteady = isPlain && random.Next(2) == 0;
                var medianMs = isSteady ? random.Next(50, 400) : 50 * Math.Pow(40, random.NextDouble());
                targets.Add(new VirtualTarget
                {
                    Name = $"t{at}-{i}",
                    Provider = provider,
                    InputPrice = random.Next(1, 5) * 500,
                    OutputPrice = random.Next(1, 5) * 2000,
                    MedianMs = medianMs,
                    Spread = isSteady ? 0.2 : 0.2 + (0.6 * random.NextDouble()),
                    TokenMs = random.Next(1, 10),
                    SlowShare = isSteady || random.Next(3) > 0 ? 0 : 0.02,
                    FailsShare = isSteady ? 0 : random.Next(3) * 0.02,
                    Fails = Faults[random.Next(Faults.Length - 2)],
                    Faults = isSteady ? [] : [.. Enumerable.Range(0, random.Next(4)).Select(_ => Fault(random))],
                    Outages = isSteady || random.Next(3) > 0 ? null : new OutageModel(new OutageModelOptions
                    {
                        Availability = 0.7 + (0.29 * random.NextDouble()),
                        MeanRepair = TimeSpan.FromSeconds(20),
                        MeanBlip = TimeSpan.FromSeconds(3),
                        Seed = (ulong)((seed * 100) + targets.Count),
                        VendorSeed = (ulong)((seed * 100) + at),
                    }),
                    WellFrom = Traffic,
                    Slow = isSteady || random.Next(3) > 0 ? null : TimeSpan.FromMilliseconds(500 + (4 * medianMs)),
                    CostPerMinute = isSteady || random.Next(4) > 0 ? null : random.Next(1, 40) * 500_000L,
                    IsSteady = isSteady,
                });
            }
        }

        return [.. targets];
    }

    private static VirtualFault Fault(Random random)
    {
        var from = At(random);
        var reply = Faults[random.Next(Faults.Length)];
        var share = random.Next(2) == 0 ? 1 : 0.1 + (0.9 * random.NextDouble());
        var period = random.Next(3) == 0 ? TimeSpan.FromSeconds(Math.Pow(300, random.NextDouble())) : default;
        return new VirtualFault(from, from + TimeSpan.FromSeconds(60 * random.NextDouble()), reply, share, reply == VendorReply.Answers ? random.Next(3, 20) : 1, period);
    }

    private static VirtualRoute[] Routes(Random random, VirtualTarget[] targets) => [.. Enumerable.Range(0, random.Next(1, 3)).Select(at =>
    {
        var left = targets.ToList();
        var tiers = new List<VirtualTier>();
        for (var most = random.Next(1, 5); tiers.Count < most && left.Count > 0;)
        {
            var names = new List<string>();
            for (var count = random.Next(1, Math.Min(4, left.Count + 1)); count > 0; count--)
            {
                var chosen = left[random.Next(left.Count)];
                left.Remove(chosen);
                names.Add(chosen.Name);
            }

            var prefer = Prefers[random.Next(Prefers.Length)];
            if (prefer == "weighted") prefer = $"{{ weighted: {{ {string.Join(", ", names.Select(name => $"{name}: {random.Next(1, 10)}"))} }} }}";
            var after = tiers.Count > 0 && random.Next(4) == 0 ? string.Join(", ", Classes.Where(_ => random.Next(2) == 0)) : "";
            tiers.Add(new VirtualTier([.. names], after.Length == 0 ? null : after, prefer));
        }

        var isHedged = random.Next(2) == 0;
        return new VirtualRoute($"route-{at}", [.. tiers])
        {
            Hedge = isHedged ? random.Next(2) == 0 ? "p98" : $"{random.Next(100, 1000)}ms" : null,
            HedgedAtMost = isHedged ? random.Next(1, 20) / 100.0 : 0,
            Require = random.Next(6) == 0 ? "health.success_rate > 0.6" : null,
            FirstToken = TimeSpan.FromSeconds(random.Next(1, 16)),
            Answer = random.Next(2) == 0 ? TimeSpan.FromSeconds(random.Next(3, 20)) : null,
            Deadline = TimeSpan.FromSeconds(random.Next(5, 60)),
        };
    })];

    private static List<Ask> Asks(Random random, VirtualTarget[] targets, VirtualRoute[] routes, bool isFollowed)
    {
        var asks = new List<Ask>();
        var rate = random.Next(3) == 0 ? 4.0 : 0.2 + (2 * random.NextDouble());
        for (var at = 0.0; ;)
        {
            at += -Math.Log(1 - random.NextDouble()) / rate;
            if (at >= Traffic.TotalSeconds) break;
            var kind = random.NextDouble();
            asks.Add(new Ask(asks.Count, TimeSpan.FromSeconds(at), random.Next(20) == 0 ? targets[random.Next(targets.Length)].Name : routes[random.Next(routes.Length)].Name)
            {
                IsStream = random.Next(2) == 0,
                IsBad = kind < 0.04,
                IsRejected = kind is >= 0.04 and < 0.06,
                HasEffects = kind is >= 0.06 and < 0.12,
                Leaves = kind is >= 0.12 and < 0.2 ? TimeSpan.FromSeconds(3 * random.NextDouble()) : null,
                Timeout = kind is >= 0.2 and < 0.3 ? TimeSpan.FromMilliseconds(20 + (600 * random.NextDouble())) : null,
                IsSealed = random.Next(6) == 0,
                PromptTokens = random.Next(10, 400),
                OutputTokens = random.Next(1, 100),
            });
        }

        if (!isFollowed) return asks;
        for (var at = Traffic; at < Traffic + Quiet; at += TimeSpan.FromSeconds(0.9))
        {
            foreach (var target in targets) asks.Add(new Ask(asks.Count, at, target.Name) { IsStream = random.Next(2) == 0, OutputTokens = 10 });
        }

        return asks;
    }

    private static TimeSpan At(Random random) => Traffic * random.NextDouble();
}

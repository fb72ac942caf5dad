using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Routing;

/// <summary>
/// Orders the candidates of a tier by its strategy, each with the number that was compared. Ties stay in the order of the tier. Pure:
/// what is drawn follows from the request's id or from what it sticks to.
/// </summary>
internal static class Ranking
{
    /// <summary>The share of requests that go first to a target of which nothing is known, where the fastest comes first.</summary>
    private const double ExploredShare = 0.05;

    /// <summary>Output tokens that a request is expected to have when it is compared by cost: no more than its own limit.</summary>
    private const long ExpectedOutput = 400;

    /// <summary>
    /// What a token is taken for when targets are compared: all of them get the same prompt, so that a finer count, which costs a pass over
    /// it, would change their order hardly ever.
    /// </summary>
    private const long BytesPerToken = 4;

    /// <summary>The nominal request that the order is found by where no request is known.</summary>
    private const long NominalInput = 1000;

    /// <summary>Whether the order is the same for many requests: it needs no number that only one request has.</summary>
    public static bool IsShared(Preference preference) => preference is Preference.Order or Preference.Quality;

    /// <summary>Orders <paramref name="candidates"/> in place.</summary>
    /// <param name="candidates">Those that passed the filters, in the order of the tier.</param>
    /// <param name="preference">The strategy.</param>
    /// <param name="facts">The request; null for the nominal one.</param>
    /// <param name="workload">Its workload; empty when unknown.</param>
    /// <param name="health">What was measured.</param>
    /// <param name="worst">What an unpriced target counts at.</param>
    /// <param name="salt">What keeps the draws of different routes apart.</param>
    public static void Order(Span<Candidate> candidates, Preference preference, RequestFacts? facts, string workload, HealthView health, Price? worst, string salt)
    {
        switch (preference)
        {
            case Preference.Order:
                for (var i = 0; i < candidates.Length; i++) candidates[i] = candidates[i] with { Figure = candidates[i].Place };
                break;
            case Preference.Cost:
                foreach (ref var candidate in candidates) candidate = candidate with { Figure = CostOf(candidate.Target, facts, worst) };
                Sort(candidates, ascending: true);
                if (facts is not null) Spread(candidates, facts, health, salt);
                break;
            case Preference.Load:
                foreach (ref var candidate in candidates)
                {
                    var load = health.LoadOf(candidate.Target.Name);
                    candidate = candidate with { Figure = load, Load = load };
                }

                Sort(candidates, ascending: true);
                if (facts is not null) TakeBetterOfTwo(candidates, facts, salt);
                break;
            case Preference.Latency:
                foreach (ref var candidate in candidates) candidate = candidate with { Figure = LatencyOf(candidate.Target, health) };
                Sort(candidates, ascending: true);
                if (facts is not null) Explore(candidates, facts, salt);
                break;
            case Preference.Quality:
                foreach (ref var candidate in candidates) candidate = candidate with { Figure = candidate.Target.QualityFor(workload) ?? double.NaN };
                Sort(candidates, ascending: false);
                break;
            case Preference.Balanced balanced:
                Balance(candidates, balanced, facts, workload, health, worst);
                Sort(candidates, ascending: false);
                break;
            case Preference.Weighted weighted:
                Draw(candidates, weighted, facts, salt);
                break;
        }
    }

    /// <summary>The expected cost of a request at a target, in nano-dollars; not a number where no price is known at all.</summary>
    public static double CostOf(Target target, RequestFacts? facts, Price? worst)
    {
        if ((target.Price ?? worst) is not { } price) return double.NaN;
        var input = facts is null ? NominalInput : (facts.PromptTokensBound + BytesPerToken - 1) / BytesPerToken;
        var output = facts?.MaxOutputTokens is { } most and < ExpectedOutput ? most : ExpectedOutput;
        return PriceArithmetic.Cost(price, new TokenUsage(input, 0, 0, output * (facts?.Choices ?? 1), 0)).NanoDollars;
    }

    /// <summary>The 95th percentile of a target's time to the answer, in milliseconds; not a number where neither measured nor stated.</summary>
    public static double LatencyOf(Target target, HealthView health) => EffectiveHealth.Of(health.Find(target.Name), target.Prior).P95Ms.Value ?? double.NaN;

    /// <summary>A stable sort of few elements; what is not a number comes last.</summary>
    private static void Sort(Span<Candidate> candidates, bool ascending)
    {
        for (var i = 1; i < candidates.Length; i++)
        {
            var moved = candidates[i];
            var at = i;
            while (at > 0 && IsBefore(moved.Figure, candidates[at - 1].Figure, ascending)) candidates[at] = candidates[--at];
            candidates[at] = moved;
        }
    }

    private static bool IsBefore(double left, double right, bool ascending) =>
        !double.IsNaN(left) && (double.IsNaN(right) || (ascending ? left < right : left > right));

    /// <summary>A target of which nothing is known would come last for ever: a small share of the requests goes there first.</summary>
    private static void Explore(Span<Candidate> candidates, RequestFacts facts, string salt)
    {
        for (var i = 1; i < candidates.Length; i++)
        {
            if (!double.IsNaN(candidates[i].Figure)) continue;
            if (Unit(facts.RequestId, salt, "explore") >= ExploredShare) return;
            var unknown = candidates.Length - i;
            var chosen = candidates[i + (int)(Unit(facts.RequestId, salt, "which") * unknown)] with { IsExplored = true };
            var from = candidates.IndexOf(chosen with { IsExplored = false });
            candidates[..from].CopyTo(candidates[1..]);
            candidates[0] = chosen;
            return;
        }
    }

    /// <summary>What costs the same is spread by load.</summary>
    private static void Spread(Span<Candidate> candidates, RequestFacts facts, HealthView health, string salt)
    {
        var same = 1;
        while (same < candidates.Length && candidates[same].Figure == candidates[0].Figure) same++;
        if (same == 1) return;
        var tied = candidates[..same];
        foreach (ref var candidate in tied) candidate = candidate with { Load = health.LoadOf(candidate.Target.Name) };
        SortByLoad(tied);
        TakeBetterOfTwo(tied, facts, salt);
    }

    /// <summary>
    /// Of two that are drawn the one with less to do comes first: nearly as even as asking all, without all going to the same one
    /// (the power of two choices, Mitzenmacher, 2001). They come in the order of their load.
    /// </summary>
    private static void TakeBetterOfTwo(Span<Candidate> candidates, RequestFacts facts, string salt)
    {
        if (candidates.Length < 3) return; // two are what would be drawn
        var one = (int)(Unit(facts.RequestId, salt, "one of two") * candidates.Length);
        var other = (int)(Unit(facts.RequestId, salt, "other of two") * (candidates.Length - 1));
        if (other >= one) other++;
        var at = Math.Min(one, other);
        var better = candidates[at];
        candidates[..at].CopyTo(candidates[1..]);
        candidates[0] = better;
    }

    private static void SortByLoad(Span<Candidate> candidates)
    {
        for (var i = 1; i < candidates.Length; i++)
        {
            var moved = candidates[i];
            var at = i;
            for (; at > 0 && moved.Load < candidates[at - 1].Load; at--) candidates[at] = candidates[at - 1];
            candidates[at] = moved;
        }
    }

    private static void Balance(Span<Candidate> candidates, Preference.Balanced weights, RequestFacts? facts, string workload, HealthView health, Price? worst)
    {
        Span<(double Cost, double Latency, double Quality)> numbers = new (double, double, double)[candidates.Length];
        var (cheapest, fastest, best) = (double.NaN, double.NaN, double.NaN);
        for (var i = 0; i < candidates.Length; i++)
        {
            var target = candidates[i].Target;
            numbers[i] = (CostOf(target, facts, worst), LatencyOf(target, health), target.QualityFor(workload) ?? double.NaN);
            cheapest = double.MinNumber(cheapest, numbers[i].Cost);
            fastest = double.MinNumber(fastest, numbers[i].Latency);
            best = double.MaxNumber(best, numbers[i].Quality);
        }

        var sum = weights.OfCost + weights.OfLatency + weights.OfQuality;
        for (var i = 0; i < candidates.Length; i++)
        {
            var score = (weights.OfCost * Share(cheapest, numbers[i].Cost)) + (weights.OfLatency * Share(fastest, numbers[i].Latency)) + (weights.OfQuality * Share(numbers[i].Quality, best));
            candidates[i] = candidates[i] with { Figure = score / sum };
        }
    }

    /// <summary>The smaller over the greater; 1 of two zeros, 0 where one is not known.</summary>
    private static double Share(double smaller, double greater) => double.IsNaN(smaller) || double.IsNaN(greater) ? 0 : greater == 0 ? 1 : smaller / greater;

    /// <summary>
    /// Weighted rendezvous: each target's place follows from a hash of what the draw sticks to and its own name, so that one target more or
    /// less moves only the draws that it wins or loses (Efraimidis and Spirakis, 2006: keys u^(1/w), compared by their logarithm).
    /// </summary>
    private static void Draw(Span<Candidate> candidates, Preference.Weighted weighted, RequestFacts? facts, string salt)
    {
        var key = facts is null ? "" : KeyOf(weighted, facts);
        Span<double> places = candidates.Length <= 64 ? stackalloc double[candidates.Length] : new double[candidates.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            var target = candidates[i].Target;
            var weight = weighted.Weights.GetValueOrDefault(target.Name);
            candidates[i] = candidates[i] with { Figure = weight };
            places[i] = weight > 0 ? facts is null ? weight : Math.Log(Unit(key, salt, target.Name)) / weight : double.NegativeInfinity;
        }

        for (var i = 1; i < candidates.Length; i++)
        {
            var (moved, place) = (candidates[i], places[i]);
            var at = i;
            for (; at > 0 && place > places[at - 1]; at--) (candidates[at], places[at]) = (candidates[at - 1], places[at - 1]);
            (candidates[at], places[at]) = (moved, place);
        }
    }

    private static string KeyOf(Preference.Weighted weighted, RequestFacts facts) => weighted.Sticky switch
    {
        StickyBy.Journey => facts.Caller.Journey,
        StickyBy.User => facts.Caller.User,
        StickyBy.Tenant => facts.Caller.Tenant,
        _ => null,
    } ?? facts.RequestId;

    /// <summary>A number above 0 and below 1 that follows from the texts.</summary>
    internal static double Unit(string key, string salt, string name) => ((StableHash.Of(key, salt, name) >> 11) + 0.5) / (1UL << 53);
}

using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Expressions;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Routing;

/// <summary>What came of planning. A closed set.</summary>
public abstract record Planning
{
    private Planning()
    {
    }

    /// <summary>A plan; it may have no candidate.</summary>
    public sealed record Planned(RoutePlan Plan) : Planning;

    /// <summary>Nothing has the name that the request asks for.</summary>
    public sealed record UnknownName : Planning;

    /// <summary>The route that the request comes to is not for this caller: never another one in its place.</summary>
    public sealed record ForbiddenRoute(Route Route) : Planning;
}

/// <summary>
/// Decides which targets may serve a request, and in which order: the constraints it is under, the route it comes to, the tiers with their
/// candidates. Pure: the same inputs give the same plan, the clock and the draws included. Safe for any number of threads.
/// </summary>
public static class RoutePlanner
{
    /// <summary>The name of the tier of a route's baseline, where its policy is only watched.</summary>
    public const string Baseline = "baseline";

    /// <summary>Plans a request.</summary>
    /// <param name="request">The request, classified.</param>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="health">What was measured.</param>
    /// <param name="errors">Takes the rules that could not be evaluated.</param>
    public static Planning Plan(RequestInputs request, GatewaySnapshot snapshot, HealthView health, RuleErrors errors)
    {
        var facts = request.Facts;
        var program = PolicyProgram.Of(snapshot);
        var constraints = ConstraintsOf(request, snapshot, errors, out var mask, out var further);
        switch (NameResolution.Resolve(facts.Model, snapshot))
        {
            case NameResolution.ToAuto auto:
                return Plan(request, RouteOf(request, snapshot, errors), Key(program, facts, auto.Alias, isAuto: true, mask, further), program, constraints, health, errors);
            case NameResolution.ToRoute named:
                return Plan(request, named.Route, Key(program, facts, named.Alias, isAuto: false, mask, further), program, constraints, health, errors);
            case NameResolution.ToTarget pinned:
                var key = Key(program, facts, pinned.Alias, isAuto: false, mask, further);
                // What is not configured is not among the targets whose retirements and senses the key is made for.
                if (pinned.Target.Index < 0) key = key with { Day = DateOnly.FromDateTime(facts.AcceptedAt.UtcDateTime), NeedsVision = pinned.Target.Facts.Vision == false && facts.Content.HasImages };
                return new Planning.Planned(program.Of(pinned.Target).Plan(request, key, constraints, health, errors));
            default:
                return new Planning.UnknownName();
        }
    }

    /// <summary>What the policy of a configuration reads, so that only that is found out.</summary>
    public static PolicyReads ReadsOf(GatewaySnapshot snapshot) => PolicyProgram.Of(snapshot).Reads;

    private static Planning Plan(RequestInputs request, Route route, in SharedKey key, PolicyProgram program, ImmutableArray<Constraint> constraints, HealthView health, RuleErrors errors)
    {
        if (!key.Permissions.AllowsRoute(route.Name, route.IsRestricted)) return new Planning.ForbiddenRoute(route);
        var plan = program.Of(route).Plan(request, key, constraints, health, errors);
        return new Planning.Planned(route.Baseline is { } baseline ? Watched(plan, program.Of(baseline).Plan(request, key, constraints, health, errors)) : plan);
    }

    /// <summary>
    /// The baseline's plan, with what the policy decided beside it. Constraints hold for the baseline as for any target; where it may not
    /// be tried, what was decided is served after all.
    /// </summary>
    private static RoutePlan Watched(RoutePlan decided, RoutePlan baseline)
    {
        var watched = decided with
        {
            IsOwn = true,
            Tiers = baseline.Tiers.IsEmpty ? [] : [baseline.Tiers[0] with { Name = Baseline }],
            Rejected = [.. baseline.Rejected.Select(rejected => rejected with { Tier = Baseline })],
            HeldBack = baseline.HeldBack,
            Advice = decided,
        };
        return watched.InPlaceOfBaseline() ?? watched;
    }

    private static Route RouteOf(RequestInputs request, GatewaySnapshot snapshot, RuleErrors errors)
    {
        foreach (var route in snapshot.Routes)
        {
            if (route.When is not { } when) return route;
            var value = when.Expression.Evaluate(request);
            if (value.IsTrue) return route;
            if (value.Kind == CelKind.Error) errors.Add(when, value);
        }

        throw new System.Diagnostics.UnreachableException("A configuration has a route without 'when'.");
    }

    /// <summary>The constraints that a request is under. One that errs holds: what cannot be judged is not let through.</summary>
    private static ImmutableArray<Constraint> ConstraintsOf(RequestInputs request, GatewaySnapshot snapshot, RuleErrors errors, out ulong mask, out string? further)
    {
        mask = 0;
        further = null;
        var all = snapshot.Constraints;
        if (all.IsEmpty) return all;
        var count = 0;
        Span<bool> holds = all.Length <= 256 ? stackalloc bool[all.Length] : new bool[all.Length];
        for (var i = 0; i < all.Length; i++)
        {
            holds[i] = true;
            if (all[i].When is { } when)
            {
                var value = when.Expression.Evaluate(request);
                if (value.Kind == CelKind.Error) errors.Add(when, value);
                holds[i] = value.IsTrue || value.Kind is CelKind.Error or CelKind.Unknown;
            }

            if (!holds[i]) continue;
            count++;
            if (i < 64) mask |= 1UL << i;
        }

        if (all.Length > 64) further = Packed(holds[64..]);
        if (count == all.Length) return all;
        if (count == 0) return [];
        var some = ImmutableArray.CreateBuilder<Constraint>(count);
        for (var i = 0; i < all.Length; i++)
        {
            if (holds[i]) some.Add(all[i]);
        }

        return some.MoveToImmutable();
    }

    /// <summary>Sixteen bits to a character.</summary>
    private static string Packed(ReadOnlySpan<bool> bits)
    {
        Span<char> packed = stackalloc char[(bits.Length + 15) / 16]; // there are a thousand constraints at most
        packed.Clear();
        for (var i = 0; i < bits.Length; i++)
        {
            if (bits[i]) packed[i / 16] |= (char)(1 << (i % 16));
        }

        return new string(packed);
    }

    private static SharedKey Key(PolicyProgram program, RequestFacts facts, string? alias, bool isAuto, ulong mask, string? further) => new(
        alias,
        isAuto,
        mask,
        further,
        program.Reads.Workload ? facts.Workload.Name : "",
        facts.Caller.Permissions,
        program.EnvironmentOf(facts.Caller.Environment),
        facts.HasTools,
        facts.HasSchema,
        program.LooksForImages && facts.Content.HasImages,
        program.LastRetirement(facts.AcceptedAt));
}

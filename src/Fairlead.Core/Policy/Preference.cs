using System.Collections.Immutable;

namespace Fairlead.Core.Policy;

/// <summary>How the candidates of a tier are ordered. A closed set. Immutable.</summary>
public abstract record Preference
{
    private Preference()
    {
    }

    /// <summary>The name in the configuration.</summary>
    public abstract string Name { get; }

    /// <summary>As they are listed.</summary>
    public static Preference InOrder { get; } = new Order();

    /// <summary>As they are listed.</summary>
    public sealed record Order : Preference
    {
        public override string Name => "order";
    }

    /// <summary>The cheapest for this request first.</summary>
    public sealed record Cost : Preference
    {
        public override string Name => "cost";
    }

    /// <summary>The fastest first, by the 95th percentile of its time to the answer.</summary>
    public sealed record Latency : Preference
    {
        public override string Name => "latency";
    }

    /// <summary>The better of two that are drawn first: that with less to do, by its time to the answer and what it runs.</summary>
    public sealed record Load : Preference
    {
        public override string Name => "load";
    }

    /// <summary>The best for the workload first.</summary>
    public sealed record Quality : Preference
    {
        public override string Name => "quality";
    }

    /// <summary>
    /// The best mean first: of the smallest cost over the target's, the smallest latency over the target's, the target's quality over the
    /// greatest.
    /// </summary>
    /// <param name="OfCost">Weight of the cost; not negative.</param>
    /// <param name="OfLatency">Weight of the latency.</param>
    /// <param name="OfQuality">Weight of the quality.</param>
    public sealed record Balanced(double OfCost, double OfLatency, double OfQuality) : Preference
    {
        public override string Name => "balanced";
    }

    /// <summary>By draw: each first with the share of its weight.</summary>
    /// <param name="Weights">By target; greater than 0. Targets without one are not drawn and come last.</param>
    /// <param name="Sticky">What keeps the draw the same: null is each request for itself.</param>
    public sealed record Weighted(ImmutableDictionary<string, double> Weights, StickyBy? Sticky) : Preference
    {
        public override string Name => "weighted";
    }
}

/// <summary>What keeps a draw the same over requests.</summary>
public enum StickyBy
{
    /// <summary>The journey.</summary>
    Journey = 0,

    /// <summary>The end user.</summary>
    User,

    /// <summary>The tenant.</summary>
    Tenant,
}

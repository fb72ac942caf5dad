using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Fairlead.Simulator.Notation;

namespace Fairlead.Simulator.Outages;

/// <summary>
/// When a vendor's model is up and when it is down: a pure function of its options, for a clock or for virtual time. Safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>
/// It has up to three layers, each up and down in turn for exponentially distributed times, independent of the others: blips of seconds, incidents of minutes,
/// and outages of the whole vendor, which every model with the same vendor's seed has at the same times. It is up while all layers are. The layers share the
/// logarithm of the availability, so that their product is exactly what was asked for.
/// </para>
/// <para>
/// Its notation is the availability and what else is not as usual: <c>99.5% repair=2m blip=5s seed=3 vendor=7</c>.
/// A look at a time costs what the outages before it cost, once.
/// </para>
/// </remarks>
public sealed class OutageModel
{
    private readonly ImmutableArray<OutageProcess> _layers;

    /// <summary>Makes a model.</summary>
    /// <exception cref="FormatException">An option is not usable.</exception>
    public OutageModel(OutageModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        var vendorShare = options.VendorSeed is null ? 0 : options.VendorShare;
        var layers = ImmutableArray.CreateBuilder<OutageProcess>();
        Add(OutageLayer.Vendor, vendorShare, options.MeanRepair, options.VendorSeed ?? 0);
        Add(OutageLayer.Incident, 1 - vendorShare - options.BlipShare, options.MeanRepair, options.Seed);
        Add(OutageLayer.Blip, options.BlipShare, options.MeanBlip, options.Seed);
        _layers = layers.DrainToImmutable();

        void Add(OutageLayer layer, double share, TimeSpan meanRepair, ulong seed)
        {
            var availability = Math.Pow(options.Availability, share);
            // A share of next to nothing would be down once in the age of the universe.
            if (1 - availability > 1e-12) layers.Add(new OutageProcess(layer, availability, meanRepair, seed));
        }
    }

    /// <summary>What it is made from.</summary>
    public OutageModelOptions Options { get; }

    /// <summary>Reads the notation.</summary>
    /// <exception cref="FormatException">The text is not a model; the message says what is wrong with it.</exception>
    public static OutageModel Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return new OutageModel(Read(text));
        }
        catch (FormatException exception)
        {
            throw new FormatException($"Outages '{text}': {exception.Message}", exception);
        }
    }

    /// <summary>Whether it is up at that time since its start.</summary>
    public bool IsUpAt(TimeSpan at) => OutageAt(at) is null;

    /// <summary>The outage at that time; where there are several, the vendor's comes before an incident, and that before a blip. Null when it is up.</summary>
    public Outage? OutageAt(TimeSpan at)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, TimeSpan.Zero);
        foreach (var layer in _layers)
        {
            if (layer.AtOrAfter(at) is var outage && outage.Covers(at)) return outage;
        }

        return null;
    }

    /// <summary>When it next goes down if it is up at that time, and when it next comes up if it is down; null for never.</summary>
    public TimeSpan? NextChangeAfter(TimeSpan at)
    {
        var isUp = IsUpAt(at);
        for (var next = NextEdgeAfter(at); next is { } edge; next = NextEdgeAfter(edge))
        {
            if (IsUpAt(edge) != isUp) return edge;
        }

        return null;
    }

    /// <summary>All outages that begin before <paramref name="to"/> and end after <paramref name="from"/>, of every layer, in the order of their starts; they may overlap.</summary>
    public IEnumerable<Outage> Between(TimeSpan from, TimeSpan to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, TimeSpan.Zero);
        var next = _layers.Select(layer => layer.AtOrAfter(from)).ToArray();
        while (next.Length > 0)
        {
            var first = 0;
            for (var index = 1; index < next.Length; index++)
            {
                if (next[index].Start < next[first].Start) first = index;
            }

            if (next[first].Start >= to) yield break;
            yield return next[first];
            next[first] = _layers[first].AtOrAfter(next[first].End);
        }
    }

    /// <summary>Its notation; <see cref="Parse"/> reads it back, where the shares of the layers are the usual ones.</summary>
    public override string ToString()
    {
        var usual = new OutageModelOptions { Availability = 1 };
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Math.Round(Options.Availability * 100, 10)}%");
        if (Options.MeanRepair != usual.MeanRepair) text.Append(" repair=").Append(Durations.Format(Options.MeanRepair));
        if (Options.MeanBlip != usual.MeanBlip) text.Append(" blip=").Append(Durations.Format(Options.MeanBlip));
        if (Options.Seed != usual.Seed) text.Append(CultureInfo.InvariantCulture, $" seed={Options.Seed}");
        if (Options.VendorSeed is { } vendor) text.Append(CultureInfo.InvariantCulture, $" vendor={vendor}");
        return text.ToString();
    }

    /// <summary>When any of its outages next begins or ends, even under another one; null for never.</summary>
    internal TimeSpan? NextEdgeAfter(TimeSpan at)
    {
        TimeSpan? next = null;
        foreach (var layer in _layers)
        {
            var outage = layer.AtOrAfter(at);
            var edge = outage.Start > at ? outage.Start : outage.End;
            if (next is null || edge < next) next = edge;
        }

        return next;
    }

    private static OutageModelOptions Read(string text)
    {
        var clause = new NotationClause("outages");
        foreach (var word in NotationWord.Cut(text)) clause.Add(word);
        if (clause.TakeBare() is not { } share || !share.EndsWith('%') || !Durations.TryParseNumber(share.AsSpan(0, share.Length - 1), out var percent)) throw new FormatException("it begins with the availability, such as 99.5%.");
        var options = new OutageModelOptions { Availability = percent / 100 };
        if (clause.TakeTime("repair") is { } repair) options = options with { MeanRepair = repair };
        if (clause.TakeTime("blip") is { } blip) options = options with { MeanBlip = blip };
        if (clause.TakeNamed("seed") is { } seed) options = options with { Seed = Seed(seed) };
        if (clause.TakeNamed("vendor") is { } vendor) options = options with { VendorSeed = Seed(vendor) };
        clause.RequireEmpty();
        return options;
    }

    private static ulong Seed(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : throw new FormatException($"'{text}' is not a seed: a whole number.");
}

using Fairlead.Simulator.Outages;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>How a vendor meets a request.</summary>
public enum VendorReply
{
    Answers = 0,
    ServerError,
    Overloaded,
    Limits,
    NoCredit,
    RejectsKey,
    ModelGone,
    BadRequest,
    RejectsPrompt,
    RefusesConnection,
    NeverConnects,
    Resets,
    Garbage,
    Silent,

    /// <summary>A stream that ends without its end, after the client has some of it.</summary>
    BreaksOff,
}

/// <summary>What a vendor does with one request.</summary>
/// <param name="Reply">How.</param>
/// <param name="After">To the first content of a stream, to the whole of anything else; of no meaning where nothing comes.</param>
/// <param name="Rest">From the first content of a stream to its end.</param>
/// <param name="RetryAfter">What it asks for; null when it does not.</param>
internal readonly record struct Served(VendorReply Reply, TimeSpan After, TimeSpan Rest, TimeSpan? RetryAfter);

/// <summary>A time in which a target is not well.</summary>
/// <param name="From">When it begins.</param>
/// <param name="To">When it is over.</param>
/// <param name="Reply">How requests that it meets are met; <see cref="VendorReply.Answers"/> where they are slow alone.</param>
/// <param name="Share">The share of the requests that it meets.</param>
/// <param name="Slower">So many times slower is what is answered.</param>
/// <param name="Period">Of a square wave, of which the first half is bad; zero for bad all the time.</param>
internal sealed record VirtualFault(TimeSpan From, TimeSpan To, VendorReply Reply, double Share = 1, double Slower = 1, TimeSpan Period = default)
{
    public bool IsOnAt(TimeSpan now) => now >= From && now < To && (Period == default || (now - From).Ticks % Period.Ticks < Period.Ticks / 2);
}

/// <summary>A key at a vendor.</summary>
internal sealed class VirtualKey
{
    private long _minute = -1;
    private int _inMinute;

    /// <summary>Until when the vendor does not accept it.</summary>
    public TimeSpan DeadUntil { get; init; }

    /// <summary>Until when there is no credit on it.</summary>
    public TimeSpan WithoutCreditUntil { get; init; }

    /// <summary>Requests that are taken in each minute; null: any number.</summary>
    public int? PerMinute { get; init; }

    /// <summary>Until when it is held to them.</summary>
    public TimeSpan LimitedUntil { get; init; }

    /// <summary>Whether a refusal says when to come again.</summary>
    public bool GivesHint { get; init; }

    /// <summary>Takes a request, or says why not.</summary>
    public VendorReply Take(TimeSpan now, out TimeSpan? hint)
    {
        hint = null;
        if (now < DeadUntil) return VendorReply.RejectsKey;
        if (now < WithoutCreditUntil) return VendorReply.NoCredit;
        if (PerMinute is not { } most || now >= LimitedUntil) return VendorReply.Answers;
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        if (minute != _minute) (_minute, _inMinute) = (minute, 0);
        if (_inMinute++ < most) return VendorReply.Answers;
        if (GivesHint) hint = TimeSpan.FromMinutes(minute + 1) - now;
        return VendorReply.Limits;
    }
}

/// <summary>A vendor of a virtual world: its keys.</summary>
internal sealed record VirtualProvider(string Name, string Kind, string Region, VirtualKey[] Keys);

/// <summary>A target of a virtual world, as its vendor serves it.</summary>
internal sealed class VirtualTarget
{
    public required string Name { get; init; }

    public required VirtualProvider Provider { get; init; }

    /// <summary>Nano-dollars for an input token.</summary>
    public long InputPrice { get; init; } = 1000;

    /// <summary>Nano-dollars for an output token.</summary>
    public long OutputPrice { get; init; } = 4000;

    /// <summary>The median time to the first content.</summary>
    public double MedianMs { get; init; } = 400;

    /// <summary>How far times spread: of the logarithm.</summary>
    public double Spread { get; init; } = 0.4;

    /// <summary>From the first content on, for each token.</summary>
    public double TokenMs { get; init; } = 10;

    /// <summary>The share of requests that take twenty times as long.</summary>
    public double SlowShare { get; init; }

    /// <summary>The share of requests that fail whatever the time is, and how.</summary>
    public double FailsShare { get; init; }

    public VendorReply Fails { get; init; } = VendorReply.ServerError;

    public VirtualFault[] Faults { get; init; } = [];

    /// <summary>When it is out of itself; null for never.</summary>
    public OutageModel? Outages { get; init; }

    /// <summary>When nothing is wrong with it any more.</summary>
    public TimeSpan WellFrom { get; init; } = TimeSpan.MaxValue;

    /// <summary>An answer that takes longer is a slow one, as the configuration has it; null: none is.</summary>
    public TimeSpan? Slow { get; init; }

    /// <summary>Nano-dollars that may be spent there in a minute, as the configuration has it; null: any.</summary>
    public long? CostPerMinute { get; init; }

    /// <summary>Whether it answers every request, always.</summary>
    public bool IsSteady { get; init; }

    /// <summary>What it does with a request.</summary>
    /// <param name="now">Now.</param>
    /// <param name="key">The key that came with it; -1 for none.</param>
    /// <param name="ask">The request.</param>
    /// <param name="random">Where its own chance comes from.</param>
    public Served Serve(TimeSpan now, int key, Ask ask, Random random)
    {
        // Always the same number of draws, so that one request more or less moves nothing else.
        var (chance, failing, normal, slow, refusal) = (random.NextDouble(), random.NextDouble(), Normal(random), random.NextDouble(), random.NextDouble());
        var quick = TimeSpan.FromMilliseconds(5 + (20 * refusal));
        var slower = slow < SlowShare ? 20.0 : 1;
        if (now < WellFrom)
        {
            if (Outages?.OutageAt(now) is { } outage)
            {
                return outage.Symptom switch
                {
                    OutageSymptom.Refused => new Served(VendorReply.RefusesConnection, quick, default, null),
                    OutageSymptom.Unavailable => new Served(VendorReply.Overloaded, quick, default, null),
                    _ => new Served(VendorReply.Silent, default, default, null),
                };
            }

            foreach (var fault in Faults)
            {
                if (!fault.IsOnAt(now) || chance >= fault.Share) continue;
                slower *= fault.Slower;
                if (fault.Reply != VendorReply.Answers) return After(fault.Reply);
            }
        }

        if (Provider.Keys.Length > 0 && Provider.Keys[key].Take(now, out var hint) is not VendorReply.Answers and var refused) return new Served(refused, quick, default, hint);
        if (ask.IsBad) return new Served(VendorReply.BadRequest, quick, default, null);
        if (ask.IsRejected) return new Served(VendorReply.RejectsPrompt, quick, default, null);
        if (now < WellFrom && failing < FailsShare) return After(Fails);
        return After(VendorReply.Answers);

        Served After(VendorReply reply)
        {
            var first = TimeSpan.FromMilliseconds(Math.Min(MedianMs * Math.Exp(Spread * normal) * slower, 3_600_000));
            var rest = TimeSpan.FromMilliseconds(TokenMs * ask.OutputTokens);
            return reply switch
            {
                VendorReply.Answers => new Served(reply, ask.IsStream ? first : first + rest, ask.IsStream ? rest : default, null),
                VendorReply.BreaksOff when ask.IsStream => new Served(reply, first, rest * refusal, null),
                VendorReply.BreaksOff => new Served(VendorReply.Resets, first, default, null),
                VendorReply.Garbage or VendorReply.Resets => new Served(reply, first, default, null),
                _ => new Served(reply, quick, default, null),
            };
        }
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

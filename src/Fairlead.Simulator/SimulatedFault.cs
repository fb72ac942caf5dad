using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.Notation;

namespace Fairlead.Simulator;

/// <summary>
/// A line of a vendor's fault script: what goes wrong, and for which requests. Immutable; the script counts what is left of it.
/// </summary>
/// <remarks>
/// <para>
/// One line is one or more effects, joined by <c>+</c>, and the scope they have. A request suffers the first line of the script
/// that matches it, and that line alone. Values with blanks stand in double quotes (<c>\"</c>, <c>\\</c>, <c>\n</c>, <c>\r</c> and <c>\t</c>
/// inside), a JSON object may stand as it is.
/// </para>
/// <code>
/// refuse                        nothing listens: connections are refused, open ones reset
/// unreachable                   connecting hangs
/// black-hole                    accepted and read, never answered
/// status 429 code=insufficient_quota type=… message="…" retry-after=2 header="x-should-retry: false"
/// status 500 body={"oops":1}    a status with the dialect's error body, or with this one
/// stall headers [2s]            silence before the status line, for ever or for a time
/// stall first-token [2s]        … after the headers and the opening event
/// stall after=5 [2s]            … after five events; comments=1s sends keep-alive comments meanwhile
/// truncate 5 [clean]            FIN after five events; clean: the HTTP message ends properly
/// reset 5                       RST after five events
/// error 5 code=server_error     an error event after five events, then the end
/// malformed html|text           a page, or a sentence, with status 200
/// malformed cut [3]             JSON that stops half way: the third event, or the JSON answer
/// split 1                       the body in pieces of one byte, each flushed
/// slow 100ms                    every token after the first waits that long; any distribution
/// drip 2                        so many tokens per second after the first; any distribution
/// drip bytes=1 every=200ms      the body in pieces of one byte, with a wait before each but the first
/// slower x20                    first token and every other one take so many times as long
/// brownout latency=x5 errors=30% the same, and a share of requests fails as overloaded; x1..x5 and 0%..30% grow over 'for'
/// content-type text/plain       the wrong content type
/// no-done, no-usage, no-choices what their names say
/// </code>
/// <para>
/// Scope, anywhere in the line: <c>times=3</c> the next three requests only, <c>for=10s</c> for that long from when it is added,
/// <c>share=5%</c> of the requests, drawn from the vendor's seed, <c>model=NAME</c> and <c>key=KEY</c> requests with that model or key.
/// <c>refuse</c> and <c>unreachable</c> happen before there is a request: they stand alone, take only <c>for</c>, and also cut off the
/// control endpoints. An event is a <c>data:</c> line of the stream; the opening one (the role) is the first. Faults strike
/// completions, not the list of models.
/// </para>
/// </remarks>
public sealed class SimulatedFault
{
    internal SimulatedFault(ImmutableArray<FaultEffect> effects) => Effects = effects;

    /// <summary>What goes wrong; at least one, none twice.</summary>
    public ImmutableArray<FaultEffect> Effects { get; }

    /// <summary>How many requests it strikes; null for any number.</summary>
    public int? Times { get; internal init; }

    /// <summary>How long it is in force after it was added; null until it is taken away.</summary>
    public TimeSpan? For { get; internal init; }

    /// <summary>The share of matching requests it strikes, above 0 and up to 1; null for all.</summary>
    public double? Share { get; internal init; }

    /// <summary>The model it strikes; null for every one.</summary>
    public string? Model { get; internal init; }

    /// <summary>The bearer key it strikes; null for every one.</summary>
    public string? Key { get; internal init; }

    /// <summary>Whether it happens to connections, before there is a request.</summary>
    internal bool IsOfTheSocket => Effects[0] is FaultEffect.Refuse or FaultEffect.Unreachable;

    /// <summary>Reads one line of the notation.</summary>
    /// <exception cref="FormatException">The line is not a fault; the message says what is wrong with it.</exception>
    public static SimulatedFault Parse(string text) => FaultNotation.Parse(text);

    /// <summary>Its notation; <see cref="Parse"/> reads it back.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().AppendJoin(" + ", Effects);
        if (Times is { } times) text.Append(CultureInfo.InvariantCulture, $" times={times}");
        if (For is { } length) text.Append(CultureInfo.InvariantCulture, $" for={Durations.Format(length)}");
        if (Share is { } share) text.Append(CultureInfo.InvariantCulture, $" share={Math.Round(share * 100, 10)}%");
        if (Model is not null) text.Append(" model=").Append(NotationWord.Quote(Model));
        if (Key is not null) text.Append(" key=").Append(NotationWord.Quote(Key));
        return text.ToString();
    }

    /// <summary>The same fault for another number of requests.</summary>
    internal SimulatedFault WithTimes(int times) => new(Effects) { Times = times, For = For, Share = Share, Model = Model, Key = Key };

    /// <summary>The effect of that kind; null when it has none.</summary>
    internal T? Find<T>()
        where T : FaultEffect
    {
        foreach (var effect in Effects)
        {
            if (effect is T found) return found;
        }

        return null;
    }
}

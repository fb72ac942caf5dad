using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Fairlead.Simulator.Notation;

namespace Fairlead.Simulator.Faults;

/// <summary>One thing that goes wrong. <see cref="SimulatedFault"/> has the notation; <c>ToString</c> writes it.</summary>
public abstract record FaultEffect
{
    private FaultEffect()
    {
    }

    /// <summary>Where a stall begins.</summary>
    public enum StallPoint
    {
        /// <summary>Before the status line.</summary>
        Headers,

        /// <summary>After the headers and the opening event, which carries no content; in a JSON answer after the headers.</summary>
        FirstToken,

        /// <summary>After some events; in a JSON answer after half of the body.</summary>
        Event,
    }

    /// <summary>What is wrong with a malformed answer.</summary>
    public enum Malformation
    {
        /// <summary>A proxy's error page with status 200 and its own content type.</summary>
        Html,

        /// <summary>A plain sentence with status 200 and the content type of an answer.</summary>
        Text,

        /// <summary>JSON that stops half way, in a message that is otherwise whole.</summary>
        Cut,
    }

    /// <summary>Connections are refused: nothing listens. Open ones are reset.</summary>
    public sealed record Refuse : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "refuse";
    }

    /// <summary>Connecting hangs: the handshake is never answered. Open connections are reset. Needs Linux; elsewhere it may refuse.</summary>
    public sealed record Unreachable : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "unreachable";
    }

    /// <summary>The connection is accepted and the request read, but not one byte is ever answered. Nothing is billed.</summary>
    public sealed record BlackHole : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "black-hole";
    }

    /// <summary>An error status instead of an answer. Nothing is billed.</summary>
    /// <param name="Code">The status, 200 to 599.</param>
    /// <param name="Body">The body as it is; null for the dialect's own error body of that status.</param>
    /// <param name="Words">What the dialect's own error body says.</param>
    /// <param name="Headers">Further response headers.</param>
    public sealed record Status(int Code, string? Body, ErrorWords Words, ImmutableArray<KeyValuePair<string, string>> Headers) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString()
        {
            var text = new StringBuilder("status ").Append(Code.ToString(CultureInfo.InvariantCulture));
            if (Body is not null) text.Append(" body=").Append(NotationWord.Quote(Body));
            text.Append(Words);
            foreach (var (name, value) in Headers)
            {
                if (name == "retry-after") text.Append(" retry-after=").Append(NotationWord.Quote(value));
                else text.Append(" header=").Append(NotationWord.Quote($"{name}: {value}"));
            }

            return text.ToString();
        }
    }

    /// <summary>Silence at some point.</summary>
    /// <param name="Point">Where.</param>
    /// <param name="After">For <see cref="StallPoint.Event"/>: after how many events.</param>
    /// <param name="For">How long; null for ever.</param>
    /// <param name="Comments">The time between two keep-alive comments in a stalled stream; null for none.</param>
    public sealed record Stall(StallPoint Point, int After, TimeSpan? For, TimeSpan? Comments) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString()
        {
            var text = new StringBuilder("stall ");
            if (Point == StallPoint.Event) text.Append("after=").Append(After.ToString(CultureInfo.InvariantCulture));
            else text.Append(Point == StallPoint.Headers ? "headers" : "first-token");
            if (For is { } length) text.Append(' ').Append(Durations.Format(length));
            if (Comments is { } gap) text.Append(" comments=").Append(Durations.Format(gap));
            return text.ToString();
        }
    }

    /// <summary>The answer ends after some events: FIN in the middle of the HTTP message, or its proper end when clean.</summary>
    /// <param name="After">How many events are sent whole; a JSON answer is cut in half.</param>
    /// <param name="IsClean">Whether the HTTP message ends properly, as a proxy in between would end it.</param>
    public sealed record Truncate(int After, bool IsClean) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"truncate {After}{(IsClean ? " clean" : "")}");
    }

    /// <summary>The connection is reset (RST) after some events; in a JSON answer after half of the body.</summary>
    /// <param name="After">How many events are sent whole.</param>
    public sealed record Reset(int After) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"reset {After}");
    }

    /// <summary>An error inside the answer after some events, then its end without <c>[DONE]</c>; a JSON answer is the error, with status 200.</summary>
    /// <param name="After">How many events come before it.</param>
    /// <param name="Words">What it says.</param>
    public sealed record Error(int After, ErrorWords Words) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"error {After}{Words}");
    }

    /// <summary>Something that is not the answer the dialect promises, with status 200.</summary>
    /// <param name="Kind">What it is.</param>
    /// <param name="At">For <see cref="Malformation.Cut"/>: the event whose JSON stops half way, from 1; the stream goes on after it.</param>
    public sealed record Malformed(Malformation Kind, int At) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => Kind switch
        {
            Malformation.Html => "malformed html",
            Malformation.Text => "malformed text",
            _ => string.Create(CultureInfo.InvariantCulture, $"malformed cut {At}"),
        };
    }

    /// <summary>The body's bytes are sent in pieces, each flushed to the socket on its own.</summary>
    /// <param name="Bytes">The size of a piece.</param>
    public sealed record Split(int Bytes) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"split {Bytes}");
    }

    /// <summary>Every token after the first waits, instead of coming at the vendor's own rate.</summary>
    /// <param name="Gap">How long; drawn for every token.</param>
    public sealed record Slow(Distribution Gap) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => $"slow {Gap}";
    }

    /// <summary>Tokens trickle: after the first they come at this rate, instead of the vendor's own.</summary>
    /// <param name="TokensPerSecond">The rate, above zero; drawn once per request.</param>
    public sealed record Drip(Distribution TokensPerSecond) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => $"drip {TokensPerSecond}";
    }

    /// <summary>Bytes trickle: the body goes out in pieces, each flushed, with a wait before every piece but the first.</summary>
    /// <param name="Bytes">The size of a piece.</param>
    /// <param name="Every">The wait.</param>
    public sealed record DripBytes(int Bytes, TimeSpan Every) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"drip bytes={Bytes} every={Durations.Format(Every)}");
    }

    /// <summary>Everything takes so many times as long: the first token, and every one after it.</summary>
    /// <param name="Factor">How many times; from 1.</param>
    public sealed record Slower(double Factor) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"slower x{Factor}");
    }

    /// <summary>The vendor is partly bad: everything takes longer, and a share of the requests fails as overloaded. Either may grow while it lasts.</summary>
    /// <param name="Latency">How many times as long everything takes, from 1; at its start and at its end.</param>
    /// <param name="Errors">The share of requests that fail, 0 to 1; at its start and at its end.</param>
    public sealed record Brownout(Ramp Latency, Ramp Errors) : FaultEffect
    {
        /// <summary>Whether something changes while it lasts, so that it must have an end.</summary>
        public bool Changes => Latency.Changes || Errors.Changes;

        /// <inheritdoc />
        public override string ToString()
        {
            var text = new StringBuilder("brownout");
            if (Latency != new Ramp(1, 1)) text.Append(" latency=").Append(Latency.Text("x", "", 1));
            if (Errors != new Ramp(0, 0)) text.Append(" errors=").Append(Errors.Text("", "%", 100));
            return text.ToString();
        }
    }

    /// <summary>Another content type than the answer has.</summary>
    /// <param name="Value">The header's value.</param>
    public sealed record ContentType(string Value) : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "content-type " + NotationWord.Quote(Value);
    }

    /// <summary>The stream ends without <c>[DONE]</c>.</summary>
    public sealed record NoDone : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "no-done";
    }

    /// <summary>The answer has no usage, though it was asked for.</summary>
    public sealed record NoUsage : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "no-usage";
    }

    /// <summary>The answer's <c>choices</c> are empty, in every event.</summary>
    public sealed record NoChoices : FaultEffect
    {
        /// <inheritdoc />
        public override string ToString() => "no-choices";
    }
}

/// <summary>What an error says, in the words of the dialect. Null members take what the dialect has for the status.</summary>
/// <param name="Code">The error's code, such as <c>insufficient_quota</c>.</param>
/// <param name="Type">The error's type.</param>
/// <param name="Message">The error's message.</param>
public sealed record ErrorWords(string? Code, string? Type, string? Message)
{
    /// <summary>Their notation, each with a blank before it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Code is not null) text.Append(" code=").Append(NotationWord.Quote(Code));
        if (Type is not null) text.Append(" type=").Append(NotationWord.Quote(Type));
        if (Message is not null) text.Append(" message=").Append(NotationWord.Quote(Message));
        return text.ToString();
    }
}

using System.Collections.Immutable;
using Fairlead.Simulator.Notation;

namespace Fairlead.Simulator.Faults;

/// <summary>Reads and quotes the notation that <see cref="SimulatedFault"/> documents.</summary>
internal static class FaultNotation
{
    private const int MaxLength = 8 * 1024;
    private const int MostSlow = 1_000;

    private delegate bool TryRead(string text, out double value);

    public static SimulatedFault Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength) throw new FormatException($"A fault is at most {MaxLength} characters long.");
        try
        {
            return Read(text);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"Fault '{text}': {exception.Message}", exception);
        }
    }

    private static SimulatedFault Read(string text)
    {
        var scope = new NotationClause("scope");
        var clauses = new List<NotationClause>();
        NotationClause? current = null;
        foreach (var word in NotationWord.Cut(text))
        {
            if (word is { Name: null, Value: "+", IsQuoted: false })
            {
                if (current is null) throw new FormatException("an effect stands on both sides of '+'.");
                current = null;
            }
            else if (word.Name is "times" or "for" or "share" or "model" or "key")
            {
                scope.Add(word);
            }
            else if (current is null)
            {
                if (word.Name is not null) throw new FormatException($"'{word.Name}=' stands before any effect.");
                clauses.Add(current = new NotationClause(word.Value));
            }
            else
            {
                current.Add(word);
            }
        }

        if (current is null) throw new FormatException(clauses.Count == 0 ? "it has no effect, such as 'status 503' or 'truncate 5'." : "an effect stands on both sides of '+'.");
        var fault = new SimulatedFault([.. clauses.Select(Effect)])
        {
            Times = scope.TakeNumber("times", 1, 1_000_000_000),
            For = scope.TakeTime("for"),
            Share = TakeShare(scope),
            Model = scope.TakeNamed("model"),
            Key = scope.TakeNamed("key"),
        };
        if (fault.For == TimeSpan.Zero) throw new FormatException("'for' needs a time above zero.");
        CheckCombination(fault);
        return fault;
    }

    private static FaultEffect Effect(NotationClause clause)
    {
        FaultEffect effect = clause.Name switch
        {
            "refuse" => new FaultEffect.Refuse(),
            "unreachable" => new FaultEffect.Unreachable(),
            "black-hole" => new FaultEffect.BlackHole(),
            "status" => Status(clause),
            "stall" => Stall(clause),
            "truncate" => new FaultEffect.Truncate(clause.RequireCount(), clause.TakeFlag("clean")),
            "reset" => new FaultEffect.Reset(clause.RequireCount()),
            "error" => new FaultEffect.Error(clause.RequireCount(), Words(clause)),
            "malformed" => Malformed(clause),
            "split" => new FaultEffect.Split(clause.RequireNumber("the bytes of a piece", 1, 1_000_000)),
            "slow" => Slow(clause),
            "drip" => Drip(clause),
            "slower" => Slower(clause),
            "brownout" => Brownout(clause),
            "content-type" => new FaultEffect.ContentType(HeaderText(clause.TakeBare() ?? throw new FormatException("'content-type' needs a value, such as text/plain."))),
            "no-done" => new FaultEffect.NoDone(),
            "no-usage" => new FaultEffect.NoUsage(),
            "no-choices" => new FaultEffect.NoChoices(),
            _ => throw new FormatException(
                $"'{clause.Name}' is no effect; there are refuse, unreachable, black-hole, status, stall, truncate, reset, error, malformed, split, slow, drip, slower, brownout, content-type, no-done, no-usage, no-choices."),
        };
        clause.RequireEmpty();
        return effect;
    }

    private static FaultEffect.Status Status(NotationClause clause)
    {
        var code = clause.RequireNumber("a status", 200, 599);
        var body = clause.TakeNamed("body");
        var words = Words(clause);
        if (body is not null && words is not { Code: null, Type: null, Message: null }) throw new FormatException("'body' says it all: code, type and message are for the dialect's own error body.");
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        if (clause.TakeNamed("retry-after") is { } retryAfter) headers.Add(new("retry-after", HeaderText(retryAfter)));
        while (clause.TakeNamed("header", mayRepeat: true) is { } header)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? "" : header[..colon].Trim();
            if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')) throw new FormatException($"the header '{header}' is not of the form \"name: value\".");
            headers.Add(new(name, HeaderText(header[(colon + 1)..].Trim())));
        }

        return new FaultEffect.Status(code, body, words, headers.ToImmutable());
    }

    private static FaultEffect.Stall Stall(NotationClause clause)
    {
        var comments = clause.TakeTime("comments");
        if (comments == TimeSpan.Zero) throw new FormatException("'comments' need a time between them.");
        var after = clause.TakeNumber("after", 0, 1_000_000);
        var point = after is not null ? FaultEffect.StallPoint.Event
            : clause.TakeFlag("headers") ? FaultEffect.StallPoint.Headers
            : clause.TakeFlag("first-token") ? FaultEffect.StallPoint.FirstToken
            : throw new FormatException("'stall' needs a point: headers, first-token or after=5.");
        if (comments is not null && point == FaultEffect.StallPoint.Headers) throw new FormatException("no comment can be sent before the headers.");
        TimeSpan? length = clause.TakeBare() is not { } text ? null
            : Durations.TryParse(text, out var time) ? time
            : throw new FormatException($"'{text}' is not a time such as 500ms.");
        return new FaultEffect.Stall(point, after ?? 0, length, comments);
    }

    private static FaultEffect.Malformed Malformed(NotationClause clause) => clause.TakeBare() switch
    {
        "html" => new(FaultEffect.Malformation.Html, 1),
        "text" => new(FaultEffect.Malformation.Text, 1),
        "cut" => new(FaultEffect.Malformation.Cut, clause.IsSpent ? 1 : clause.RequireNumber("the event that is cut", 1, 1_000_000)),
        _ => throw new FormatException("'malformed' is html, text or cut."),
    };

    private static FaultEffect.Slow Slow(NotationClause clause)
    {
        var gap = Distribution.Parse(clause.TakeAll());
        return gap.IsTime ? new FaultEffect.Slow(gap) : throw new FormatException("'slow' needs a time, such as 100ms.");
    }

    private static FaultEffect Drip(NotationClause clause)
    {
        var bytes = clause.TakeNumber("bytes", 1, 1_000_000);
        var every = clause.TakeTime("every");
        if (bytes is not null || every is not null)
        {
            if (bytes is null || every is null || every == TimeSpan.Zero) throw new FormatException("'drip' of bytes needs their number and the time between: bytes=1 every=200ms.");
            return new FaultEffect.DripBytes(bytes.Value, every.Value);
        }

        var rate = clause.IsSpent ? throw new FormatException("'drip' needs tokens per second, such as 2, or bytes=1 every=200ms.") : Distribution.Parse(clause.TakeAll());
        // A log-normal has no lower end: its lowest thousand-millionth stands for it.
        return !rate.IsTime && rate.Quantile(1e-9) > 1e-6 ? new FaultEffect.Drip(rate) : throw new FormatException("'drip' needs tokens per second above zero, such as 2.");
    }

    private static FaultEffect.Slower Slower(NotationClause clause)
    {
        var text = clause.TakeBare() ?? throw new FormatException("'slower' needs a factor, such as x20.");
        return TryFactor(text, out var factor) ? new FaultEffect.Slower(factor) : throw new FormatException($"'{text}' is not a factor between x1 and x{MostSlow}.");
    }

    private static FaultEffect.Brownout Brownout(NotationClause clause)
    {
        var latency = clause.TakeNamed("latency");
        var errors = clause.TakeNamed("errors");
        if (latency is null && errors is null) throw new FormatException("'brownout' needs latency=x5, errors=30%, or both.");
        return new FaultEffect.Brownout(
            latency is null ? new Ramp(1, 1) : Ramp(latency, TryFactor) ?? throw new FormatException($"'latency={latency}' is not a factor between x1 and x{MostSlow}, nor two such as x1..x5."),
            errors is null ? new Ramp(0, 0) : Ramp(errors, TryPercent) ?? throw new FormatException($"'errors={errors}' is not a percentage up to 100%, nor two such as 0%..30%."));
    }

    private static Ramp? Ramp(string text, TryRead read)
    {
        var ends = text.Split("..");
        if (ends.Length is not (1 or 2) || !read(ends[0], out var from) || !read(ends[^1], out var to)) return null;
        return new Ramp(from, to);
    }

    private static bool TryFactor(string text, out double factor)
    {
        factor = 0;
        return text.StartsWith('x') && Durations.TryParseNumber(text.AsSpan(1), out factor) && factor is >= 1 and <= MostSlow;
    }

    private static bool TryPercent(string text, out double share)
    {
        share = 0;
        if (!text.EndsWith('%') || !Durations.TryParseNumber(text.AsSpan(0, text.Length - 1), out var percent) || percent > 100) return false;
        share = percent / 100;
        return true;
    }

    private static ErrorWords Words(NotationClause clause) => new(clause.TakeNamed("code"), clause.TakeNamed("type"), clause.TakeNamed("message"));

    private static double? TakeShare(NotationClause scope)
    {
        if (scope.TakeNamed("share") is not { } text) return null;
        var share = text.EndsWith('%') && Durations.TryParseNumber(text.AsSpan(0, text.Length - 1), out var number) ? number / 100 : 0;
        return share is > 0 and <= 1 ? share : throw new FormatException($"the share '{text}' is not a percentage above 0% and up to 100%.");
    }

    private static string HeaderText(string value) => value.All(letter => letter is >= ' ' and <= '~') ? value : throw new FormatException("a header is printable ASCII.");

    /// <summary>Refuses what could have no effect, so that a script that is accepted does what it says.</summary>
    private static void CheckCombination(SimulatedFault fault)
    {
        for (var index = 1; index < fault.Effects.Length; index++)
        {
            if (fault.Effects.Take(index).Any(other => other.GetType() == fault.Effects[index].GetType())) throw new FormatException($"'{fault.Effects[index]}': an effect stands once in a line.");
        }

        if (fault.Effects.Length > 1 && fault.Effects.FirstOrDefault(effect => effect is FaultEffect.Refuse or FaultEffect.Unreachable or FaultEffect.BlackHole) is { } alone)
            throw new FormatException($"'{alone}' stands alone: nothing else can happen to that request.");
        if (fault.IsOfTheSocket && fault is not { Times: null, Share: null, Model: null, Key: null })
            throw new FormatException($"'{fault.Effects[0]}' happens before there is a request: of the scope it takes only 'for'.");
        if (fault.Find<FaultEffect.Slow>() is { } slow && fault.Find<FaultEffect.Drip>() is { } drip) throw new FormatException($"'{slow}' and '{drip}' exclude each other.");
        if (fault.Find<FaultEffect.Split>() is { } split && fault.Find<FaultEffect.DripBytes>() is { } pieces) throw new FormatException($"'{split}' and '{pieces}' exclude each other.");
        if (fault is { For: null } && fault.Find<FaultEffect.Brownout>() is { Changes: true } growing) throw new FormatException($"'{growing}' needs 'for': it grows over that time.");
        var endings = fault.Effects.Where(effect => effect is FaultEffect.Status or FaultEffect.Truncate or FaultEffect.Reset or FaultEffect.Error or FaultEffect.Malformed).ToArray();
        if (endings.Length > 1) throw new FormatException($"'{endings[0]}' and '{endings[1]}' exclude each other.");
        if (endings is [FaultEffect.Status or FaultEffect.Malformed { Kind: not FaultEffect.Malformation.Cut }]
            && fault.Effects.FirstOrDefault(effect => effect != endings[0] && effect is not (FaultEffect.Split or FaultEffect.DripBytes or FaultEffect.ContentType or FaultEffect.Stall { Point: FaultEffect.StallPoint.Headers })) is { } idle)
            throw new FormatException($"'{idle}' has no effect beside '{endings[0]}'.");
    }
}

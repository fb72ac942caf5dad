using System.Collections.Immutable;
using Fairlead.Simulator.Notation;

namespace Fairlead.Simulator.Faults;

/// <summary>Reads and quotes the notation that <see cref="SimulatedFault"/> documents.</summary>
internal static class FaultNotation
{
    private const int MaxLength = 8 * 1024;

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
            "content-type" => new FaultEffect.ContentType(HeaderText(clause.TakeBare() ?? throw new FormatException("'content-type' needs a value, such as text/plain."))),
            "no-done" => new FaultEffect.NoDone(),
            "no-usage" => new FaultEffect.NoUsage(),
            "no-choices" => new FaultEffect.NoChoices(),
            _ => throw new FormatException(
                $"'{clause.Name}' is no effect; there are refuse, unreachable, black-hole, status, stall, truncate, reset, error, malformed, split, slow, content-type, no-done, no-usage, no-choices."),
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
        var endings = fault.Effects.Where(effect => effect is FaultEffect.Status or FaultEffect.Truncate or FaultEffect.Reset or FaultEffect.Error or FaultEffect.Malformed).ToArray();
        if (endings.Length > 1) throw new FormatException($"'{endings[0]}' and '{endings[1]}' exclude each other.");
        if (endings is [FaultEffect.Status or FaultEffect.Malformed { Kind: not FaultEffect.Malformation.Cut }]
            && fault.Effects.FirstOrDefault(effect => effect != endings[0] && effect is not (FaultEffect.Split or FaultEffect.ContentType or FaultEffect.Stall { Point: FaultEffect.StallPoint.Headers })) is { } idle)
            throw new FormatException($"'{idle}' has no effect beside '{endings[0]}'.");
    }
}

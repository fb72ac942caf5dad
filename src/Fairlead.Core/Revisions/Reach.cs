using System.Globalization;

namespace Fairlead.Core.Revisions;

/// <summary>
/// How much of past traffic a change touches: the requests whose route, pinned target or sent name stands in it. They were decided by
/// the configuration of their time; whether the next ones go another way is what a change decides.
/// </summary>
/// <param name="Touched">Requests that stand in at least one change.</param>
/// <param name="Requests">All requests of the time.</param>
public readonly record struct Reach(long Touched, long Requests)
{
    /// <summary>How far back it is counted.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromDays(7);

    /// <summary>The touched share from 0 to 1; null when there were no requests.</summary>
    public double? Share => Requests == 0 ? null : (double)Touched / Requests;

    /// <summary>Counts what the changes touch of <paramref name="traffic"/>; each request once. Pure.</summary>
    public static Reach Of(IReadOnlyCollection<SnapshotChange> changes, Traffic traffic)
    {
        if (changes.Any(change => change.IsGlobal)) return new Reach(traffic.Requests, traffic.Requests);
        var routes = changes.SelectMany(change => change.Routes).ToHashSet(StringComparer.Ordinal);
        var targets = changes.SelectMany(change => change.Targets).ToHashSet(StringComparer.Ordinal);
        var names = changes.SelectMany(change => change.Models).ToHashSet(StringComparer.Ordinal);
        var beginnings = names.Where(name => name.EndsWith('*')).Select(name => name[..^1]).ToArray();
        long touched = 0;
        foreach (var group in traffic.Groups)
        {
            var isTouched = group.Route is { } route ? routes.Contains(route) : group.Target is { } target && targets.Contains(target);
            if (isTouched || names.Contains(group.Model) || beginnings.Any(beginning => group.Model.StartsWith(beginning, StringComparison.Ordinal))) touched += group.Requests;
        }

        return new Reach(touched, traffic.Requests);
    }

    /// <summary>A part of a sentence: <c>touches 12 % of last week's requests</c>.</summary>
    public override string ToString() => Share switch
    {
        null => "last week had no requests",
        0 => "touches none of last week's requests",
        < 0.01 => "touches less than 1 % of last week's requests",
        > 0.99 and < 1 => "touches more than 99 % of last week's requests",
        { } share => string.Create(CultureInfo.InvariantCulture, $"touches {share * 100:0} % of last week's requests"),
    };
}

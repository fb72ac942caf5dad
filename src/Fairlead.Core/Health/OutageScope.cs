using System.Collections.Concurrent;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Health;

/// <summary>
/// Targets that are likely to fail together: those of one provider, or providers of one vendor in one region. It is out when two of them
/// at least are open for what failed and none has answered for a while; it is back as soon as one answers, or when nothing has opened there
/// any more for a while: those that failed may have no traffic left that would find out, and the others must not wait for it for ever.
/// Models that clients think up answer for it, and take nobody along: each would be slow, or fail, by a client's choice.
/// Read by any number of threads, looked at by one at a time.
/// </summary>
internal sealed class OutageScope(string shown, TimeProvider time)
{
    /// <summary>A member that answered within this time speaks against an outage.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>What opened longer ago and was not tried since says nothing of now.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, LiveTarget> _members = new(StringComparer.Ordinal);
    private OutageScope? _around;
    private StrongBox? _out;
    private long _outAt;

    /// <summary>What it is called in sentences: <c>openai</c>, or <c>openai in us</c>.</summary>
    public string Shown => shown;

    /// <summary>Whose region it is; null of a provider.</summary>
    public (string Vendor, string? Region)? Place { get; init; }

    /// <summary>The scope around it; null for none.</summary>
    public OutageScope? Around => Volatile.Read(ref _around);

    /// <summary>Whether what is around it is what a provider's configuration says.</summary>
    public bool IsWhere(Provider provider) => Around?.Place is { } place ? place.Vendor == provider.CatalogName && place.Region == provider.Region : provider.CatalogName is null;

    /// <summary>Goes with its members to another place. One thread at a time, as all that changes its members.</summary>
    public void Move(OutageScope? around)
    {
        if (ReferenceEquals(around, _around)) return;
        foreach (var member in _members.Values)
        {
            _around?.Remove(member);
            around?.Add(member);
        }

        Volatile.Write(ref _around, around);
    }

    /// <summary>Since when it is out; null while it is not.</summary>
    public DateTimeOffset? Out => Volatile.Read(ref _out)?.Since ?? Around?.Out;

    /// <summary>What is out: itself, else what is around it.</summary>
    public string OutShown => IsOut || Around is null ? shown : Around.OutShown;

    /// <summary>Whether it itself is out, rather than what is around it.</summary>
    public bool IsOut => Volatile.Read(ref _out) is not null;

    public void Add(LiveTarget target)
    {
        _members[target.Name] = target;
        Around?.Add(target);
    }

    public void Remove(LiveTarget target)
    {
        _members.TryRemove(KeyValuePair.Create(target.Name, target)); // another one may have its name by now
        Around?.Remove(target);
    }

    /// <summary>Whether no member is left.</summary>
    public bool IsEmpty => _members.IsEmpty;

    /// <summary>Looks at its members.</summary>
    /// <param name="now">Now.</param>
    /// <param name="least">How many parts of it must be open: targets of a provider, or providers of a vendor.</param>
    /// <returns>Whether it went out, or came back.</returns>
    public bool Look(long now, int least = 2)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        var answered = long.MinValue;
        foreach (var member in _members.Values)
        {
            answered = Math.Max(answered, member.SucceededAt);
            if (HealthBoard.IsNamedByClient(member.Name)) continue;
            if (member.Breaker.StandingAt(now) is { State: BreakerState.Open or BreakerState.HalfOpen, Cause: BreakerCause.Failures } && time.GetElapsedTime(member.Breaker.OpenedAt, now) < Fresh) open.Add(Around is null && member.Provider is { } provider && !ReferenceEquals(provider, this) ? provider.Shown : member.Name);
        }

        if (_out is null)
        {
            if (open.Count < least || (answered != long.MinValue && time.GetElapsedTime(answered, now) < Silence)) return false;
            _outAt = now;
            Volatile.Write(ref _out, new StrongBox(time.GetUtcNow()));
            return true;
        }

        if (open.Count > 0 && answered <= _outAt) return false;
        Volatile.Write(ref _out, null);
        foreach (var member in _members.Values) member.Breaker.TryNow(now); // what is back is back for all
        return true;
    }

    private sealed record StrongBox(DateTimeOffset Since);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>
/// What is known of each key of each provider: how long the vendor wants it left alone, for one model or altogether, whether it is still
/// good, and what it runs. Chooses the key of a send. Kept over reloads for a key that stays the same. Safe for any number of threads.
/// </summary>
/// <remarks>
/// A limit that the vendor states an end of is waited out, with a little jitter; one without grows from a second to a minute by full
/// jitter. A key without credit is left alone for an hour and then tried once more; one that is not accepted for two seconds, and twice as
/// long each time that it still is not, up to five minutes, for a vendor's own trouble may look like that.
/// A provider without keys has one nameless key.
/// </remarks>
public sealed class KeyBoard(TimeProvider time, Random jitter)
{
    private const int MostModels = 1000;

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostBackOff = TimeSpan.FromMinutes(1);
    private const int ForbiddenToHold = 3;

    private static readonly TimeSpan WithoutQuota = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstNotAccepted = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan NotAccepted = TimeSpan.FromMinutes(5);

    /// <summary>Nothing that a vendor says keeps a key away for longer: an account may be paid for anew.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromDays(31);

    private readonly ConcurrentDictionary<(string Provider, string Key), LiveKey> _keys = new();
    private readonly ConditionalWeakTable<Provider, LiveKey[]> _ofProvider = [];

    /// <summary>A key went out of use, or came back: the provider, which of its keys, why, and until when; a class of none when it came back.</summary>
    public event Action<KeyChange>? Changed;

    /// <summary>The key to send with: of those that may be used the one that runs least, then the one with most of its quota left, then the next in turn.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="tried">One bit for each key that this request has tried.</param>
    /// <param name="refusal">Why there is none; null when there is.</param>
    /// <returns>Its index; 0 for the nameless one; -1 when there is none.</returns>
    public int Choose(Target target, ulong tried, out SendRefusal? refusal)
    {
        var keys = KeysOf(target.Provider);
        refusal = null;
        if (keys.Length == 1 && keys[0].IsFree) return (tried & 1) == 0 ? 0 : -1;
        var now = time.GetTimestamp();
        var best = -1;
        var soonest = long.MaxValue;
        var cause = FailureClass.RateLimited;
        var first = keys.Length == 1 ? 0 : (int)((uint)(Interlocked.Increment(ref keys[0].Turn) - 1) % (uint)keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            var at = (first + i) % keys.Length;
            if ((tried & (1UL << at)) != 0) continue;
            var until = keys[at].UntilFor(target.WireModel, out var why);
            if (until > now)
            {
                if (until < soonest) (soonest, cause) = (until, why);
            }
            else if (best < 0 || keys[at].IsBetterThan(keys[best]))
            {
                best = at;
            }
        }

        if (best >= 0) return best;
        if (soonest != long.MaxValue) refusal = Refusal(cause, soonest, now);
        return -1;
    }

    /// <summary>A send with this key has begun.</summary>
    public void Enter(Target target, int key) => Interlocked.Increment(ref KeysOf(target.Provider)[Math.Max(0, key)].Running);

    /// <summary>A send with this key has ended.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="key">Its index; 0, or less, for the nameless one.</param>
    /// <param name="failure">How it ended.</param>
    /// <param name="retryAfter">What the vendor asks for; null when it does not.</param>
    /// <param name="quotaLeft">What the vendor says is left, 0 to 1; null when it does not.</param>
    /// <param name="isAboutRequest">Whether a failure is about what this one request asked alone: others may be sent with the key all the same.</param>
    /// <param name="isOfModel">Whether a quota that is used up is that of the model alone.</param>
    public void Exit(Target target, int key, FailureClass failure, TimeSpan? retryAfter, double? quotaLeft, bool isAboutRequest = false, bool isOfModel = false)
    {
        var keys = KeysOf(target.Provider);
        var index = Math.Max(0, key);
        var live = keys[index];
        Interlocked.Decrement(ref live.Running);
        if (quotaLeft is { } left) Volatile.Write(ref live.QuotaLeft, left);
        if (isAboutRequest) return;
        if (failure != FailureClass.None) Hold(live, target, index, failure, retryAfter, isOfModel);
        else if (live.Worked(target.WireModel, time)) Changed?.Invoke(new KeyChange(target.Provider.Name, index, FailureClass.None, time.GetUtcNow()));
    }

    /// <summary>Leaves a key alone where a failure is about it. Apart from what is done for every answer, which allocates nothing.</summary>
    private void Hold(LiveKey live, Target target, int index, FailureClass failure, TimeSpan? retryAfter, bool isOfModel)
    {
        var now = time.GetTimestamp();
        var asked = retryAfter > TimeSpan.Zero ? retryAfter : null; // an end that is past is none
        switch (failure)
        {
            case FailureClass.RateLimited:
                live.HoldModel(target.WireModel, now, strikes => Ticks(asked is { } end ? end + ((HoldAtMost(end) - end) * jitter.NextDouble()) : BackOff(strikes)), failure);
                break;
            case FailureClass.Forbidden:
                live.HoldModel(target.WireModel, now, strikes => strikes < ForbiddenToHold - 1 ? 0 : Ticks(NotAccepted), failure); // one alone may be about what was asked
                break;
            case FailureClass.QuotaExhausted when isOfModel:
                live.HoldModel(target.WireModel, now, _ => Ticks(asked ?? WithoutQuota), failure);
                break;
            case FailureClass.QuotaExhausted or FailureClass.CredentialsInvalid:
                var stated = failure == FailureClass.QuotaExhausted ? asked ?? WithoutQuota : (TimeSpan?)null;
                if (live.Hold(now, refusals => Ticks(stated ?? NotAcceptedAfter(refusals)), failure) is { } until) Changed?.Invoke(new KeyChange(target.Provider.Name, index, failure, time.GetUtcNow() + time.GetElapsedTime(now, until)));
                break;
        }
    }

    /// <summary>How long a key is left alone at most that its vendor wants left alone for a time: many gateways must not come back at once.</summary>
    public static TimeSpan HoldAtMost(TimeSpan asked) => asked + TimeSpan.FromMilliseconds(Math.Min(1000, asked.TotalMilliseconds / 10));

    /// <summary>An operator has mended what was wrong: every key of a provider may be tried at once.</summary>
    /// <returns>How many were left alone.</returns>
    public int Release(Provider provider)
    {
        var released = 0;
        foreach (var (index, key) in KeysOf(provider).Index())
        {
            if (!key.Release()) continue;
            released++;
            Changed?.Invoke(new KeyChange(provider.Name, index, FailureClass.None, time.GetUtcNow()));
        }

        return released;
    }

    /// <summary>How the keys of a provider stand.</summary>
    public IReadOnlyList<KeyStanding> StandingOf(Provider provider)
    {
        var now = time.GetTimestamp();
        return [.. KeysOf(provider).Select((key, index) => key.StandingAt(index, now, time))];
    }

    /// <summary>Why a key is out of use, one whose time is over and that nothing was sent with since included; none when it is not, or there is no such key.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="key">Which of its keys, from 0.</param>
    public FailureClass OutOfUse(Provider provider, int key) => KeysOf(provider) is var keys && key < keys.Length ? keys[key].Why : FailureClass.None;

    /// <summary>Models that a key has no quota left for, and for how long yet: those whose time is over and that nothing was sent for since included.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="key">Which of its keys, from 0.</param>
    public IReadOnlyList<(string Model, TimeSpan Left)> ModelsOutOfUse(Provider provider, int key) => KeysOf(provider) is var keys && key < keys.Length ? keys[key].ModelsOutOfUse(time.GetTimestamp(), time) : [];

    private SendRefusal Refusal(FailureClass cause, long until, long now)
    {
        var wait = time.GetElapsedTime(now, until);
        var seconds = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        return new SendRefusal(cause, cause switch
        {
            FailureClass.QuotaExhausted => "no key with quota left",
            FailureClass.CredentialsInvalid => "no key that its vendor accepts",
            FailureClass.Forbidden => "no key that its vendor permits this to",
            _ => $"limited by its vendor for {seconds} s more",
        }, wait);
    }

    private TimeSpan BackOff(int strikes) =>
        TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerSecond / 10, (long)(Math.Min(FirstBackOff.Ticks << Math.Min(strikes, 10), MostBackOff.Ticks) * jitter.NextDouble())));

    private static TimeSpan NotAcceptedAfter(int refusals) => TimeSpan.FromTicks(Math.Min(FirstNotAccepted.Ticks << Math.Clamp(refusals - 1, 0, 10), NotAccepted.Ticks));

    private long Ticks(TimeSpan span) => (long)(Math.Min(span.TotalSeconds, LongestHold.TotalSeconds) * time.TimestampFrequency);

    private LiveKey[] KeysOf(Provider provider) => _ofProvider.TryGetValue(provider, out var keys) ? keys : _ofProvider.GetValue(provider, Keys);

    private LiveKey[] Keys(Provider provider)
    {
        if (provider.Keys.IsEmpty) return [_keys.GetOrAdd((provider.Name, ""), static _ => new LiveKey())];
        // A key that was exchanged under the same reference is another one; its hash stays in this process.
        return [.. provider.Keys.Select(key => _keys.GetOrAdd((provider.Name, $"{key.Reference}#{key.Reveal().GetHashCode(StringComparison.Ordinal):x}"), static _ => new LiveKey()))];
    }

    /// <summary>One key. Its fields are read without a lock and written under one.</summary>
    private sealed class LiveKey
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, (long Until, int Strikes, FailureClass Why)> _models = new(StringComparer.Ordinal);
        private int _modelCount;
        private long _until = long.MinValue;
        private FailureClass _why;
        private int _refusals; // of its credentials, in a row

        public int Running;
        public int Turn;
        public double QuotaLeft = double.NaN;

        /// <summary>Whether nothing is held against it: nothing more needs to be asked.</summary>
        public bool IsFree => Volatile.Read(ref _until) == long.MinValue && Volatile.Read(ref _modelCount) == 0;

        /// <summary>Why nothing is sent with it, or was until it is tried anew.</summary>
        public FailureClass Why
        {
            get
            {
                lock (_gate) return _why;
            }
        }

        public long UntilFor(string model, out FailureClass why)
        {
            why = _why;
            var until = Volatile.Read(ref _until);
            if (Volatile.Read(ref _modelCount) == 0) return until;
            lock (_gate)
            {
                if (!_models.TryGetValue(model, out var held) || held.Until <= until) return until;
                why = held.Why;
                return held.Until;
            }
        }

        public bool IsBetterThan(LiveKey other)
        {
            var (mine, theirs) = (Volatile.Read(ref Running), Volatile.Read(ref other.Running));
            if (mine != theirs) return mine < theirs;
            return Volatile.Read(ref QuotaLeft) > Volatile.Read(ref other.QuotaLeft);
        }

        public void HoldModel(string model, long now, Func<int, long> length, FailureClass why)
        {
            lock (_gate)
            {
                var isKnown = _models.TryGetValue(model, out var held);
                if (!isKnown && _models.Count >= MostModels && !Forget(now)) return; // clients may think up names
                var strikes = held.Why == why ? held.Strikes : 0;
                if (held.Until > now && strikes > 0) strikes--; // what was sent before it was held says nothing new
                var until = now + length(strikes);
                if (held.Why != why && held.Until > until) return; // what holds it for longer stays the reason
                _models[model] = (Math.Max(held.Until, until), strikes + 1, why);
                Volatile.Write(ref _modelCount, _models.Count);
            }
        }

        /// <summary>Makes room where a hold is over; false where there is none.</summary>
        private bool Forget(long now)
        {
            foreach (var (model, held) in _models)
            {
                if (held.Until <= now) _models.Remove(model);
            }

            return _models.Count < MostModels;
        }

        /// <summary>Holds the key altogether; gives until when, where that is news.</summary>
        public long? Hold(long now, Func<int, long> length, FailureClass why)
        {
            lock (_gate)
            {
                // One refusal alone may be the vendor's own trouble; the request has its next key all the same.
                if (why == FailureClass.CredentialsInvalid && _refusals == 0)
                {
                    _refusals = 1;
                    return null;
                }

                var isNew = _why != why;
                if (_until > now && !isNew && _refusals > 1) _refusals--; // what was sent before it was held says nothing new
                _why = why;
                Volatile.Write(ref _until, Math.Max(_until, now + length(_refusals)));
                if (why == FailureClass.CredentialsInvalid) _refusals++;
                return isNew ? _until : null;
            }
        }

        /// <summary>It was accepted, which ends what is over. What is held still was sent before: it ends no limit before its time.</summary>
        public bool Worked(string model, TimeProvider time)
        {
            if (IsFree)
            {
                if (Volatile.Read(ref _refusals) != 0) Volatile.Write(ref _refusals, 0);
                return false;
            }

            var now = time.GetTimestamp();
            lock (_gate)
            {
                if (_models.TryGetValue(model, out var held) && held.Until <= now && _models.Remove(model)) Volatile.Write(ref _modelCount, _models.Count);
                if (_why == FailureClass.None) _refusals = 0;
                if (_why == FailureClass.None || _until > now) return false;
                Free();
                return true;
            }
        }

        public bool Release()
        {
            lock (_gate)
            {
                var wasHeld = _why != FailureClass.None || _models.Count > 0;
                _models.Clear();
                Volatile.Write(ref _modelCount, 0);
                Free();
                return wasHeld;
            }
        }

        private void Free()
        {
            _refusals = 0;
            _why = FailureClass.None;
            Volatile.Write(ref _until, long.MinValue);
        }

        public IReadOnlyList<(string Model, TimeSpan Left)> ModelsOutOfUse(long now, TimeProvider time)
        {
            if (Volatile.Read(ref _modelCount) == 0) return [];
            lock (_gate)
            {
                return [.. _models.Where(model => model.Value.Why == FailureClass.QuotaExhausted).Select(model => (model.Key, model.Value.Until > now ? time.GetElapsedTime(now, model.Value.Until) : TimeSpan.Zero))];
            }
        }

        public KeyStanding StandingAt(int index, long now, TimeProvider time)
        {
            lock (_gate)
            {
                var isHeld = _until > now;
                return new KeyStanding(index, isHeld ? _why : FailureClass.None, isHeld ? time.GetElapsedTime(now, _until) : null, Running, double.IsNaN(QuotaLeft) ? null : QuotaLeft)
                {
                    Models = [.. _models.Where(model => model.Value.Until > now).Select(model => (model.Key, model.Value.Why, time.GetElapsedTime(now, model.Value.Until)))],
                };
            }
        }
    }
}

/// <summary>A key of a provider went out of use, or came back.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Key">Which of its keys, from 0.</param>
/// <param name="Failure">Why; none when it came back.</param>
/// <param name="Until">Until when it is left alone.</param>
public readonly record struct KeyChange(string Provider, int Key, FailureClass Failure, DateTimeOffset Until);

/// <summary>How a key stands.</summary>
/// <param name="Index">Which of the provider's, from 0.</param>
/// <param name="Failure">Why it is left alone; none when it is not.</param>
/// <param name="Left">For how long; null when it is not.</param>
/// <param name="Running">What is sent with it now.</param>
/// <param name="QuotaLeft">What the vendor says is left, 0 to 1; null when it does not.</param>
public sealed record KeyStanding(int Index, FailureClass Failure, TimeSpan? Left, int Running, double? QuotaLeft)
{
    /// <summary>Models that it is left alone for.</summary>
    public IReadOnlyList<(string Model, FailureClass Failure, TimeSpan Left)> Models { get; init; } = [];
}

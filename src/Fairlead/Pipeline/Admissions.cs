using Fairlead.Access;
using Fairlead.Core.Configuration;

namespace Fairlead.Pipeline;

/// <summary>Who may come in now. Safe for any number of threads.</summary>
internal sealed class Admissions(SnapshotSource snapshots, LiveKeys keys, TimeProvider time)
{
    private Admission? _current;

    /// <summary>The keys of the current snapshot and of the store, made once for each pair of them.</summary>
    public Admission Current
    {
        get
        {
            var snapshot = snapshots.Current;
            var stored = keys.Current;
            var current = Volatile.Read(ref _current);
            if (current is not null && ReferenceEquals(current.Snapshot, snapshot) && ReferenceEquals(current.Stored, stored)) return current;
            current = new Admission(snapshot, stored, time);
            Volatile.Write(ref _current, current);
            return current;
        }
    }

    /// <summary>
    /// Admits a request once more whose body has come: it may have been on its way for long, and its key may have been revoked or have ended meanwhile.
    /// Costs nothing where nothing has changed.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="admission">What admitted it; then what does now, whose snapshot is used from here on.</param>
    /// <param name="admitted">What is known of the request; then what is known now.</param>
    /// <returns>Why it is no longer let in; null when it is.</returns>
    public Refusal? AdmitAgain(HttpContext context, string operation, ref Admission admission, ref Admitted admitted)
    {
        var current = Current;
        if (ReferenceEquals(current, admission) && !(time.GetUtcNow() >= admitted.ExpiresAt)) return null;
        admission = current;
        return current.Admit(context, operation, out admitted);
    }
}

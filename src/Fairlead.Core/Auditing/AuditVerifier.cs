using System.Collections.Immutable;

namespace Fairlead.Core.Auditing;

/// <summary>
/// Goes through a chain and says what is wrong first, and where. Pure but for what it is given to read.
///
/// A record is good when it has the next number, the hash before it is that of the last good one, its own hash fits what it says, and its MAC its hash.
/// What the first record is that is not good shows in the rest: whether the one that belongs there stands further on, and whether the one that stands
/// there belongs elsewhere. The rest is read a second time for that, and only then.
/// </summary>
public static class AuditVerifier
{
    /// <summary>Goes through a chain.</summary>
    /// <param name="read">Reads the records from the first in the order they stand in, null for what is none; called twice when something is wrong.</param>
    /// <param name="key">The key of the MACs; null leaves them unchecked.</param>
    /// <param name="checkpoints">What others saw of the chain, authentic.</param>
    /// <param name="highestGiven">The highest number that the store knows to have been given; 0 when it does not know.</param>
    public static AuditVerdict Verify(Func<IEnumerable<AuditRecord?>> read, byte[]? key, ImmutableArray<AuditCheckpoint> checkpoints, long highestGiven)
    {
        var seen = checkpoints.ToLookup(checkpoint => checkpoint.Number);
        AuditRecord? last = null;
        long records = 0, clockSteps = 0;
        AuditFinding? finding = null;
        foreach (var record in read())
        {
            finding = IsNext(record, last)
                ? Mac(record!, key) ?? Checkpoint(record!, seen)
                : Classify(read(), record, last);
            if (finding is not null) break;
            if (record!.At < last?.At) clockSteps++;
            last = record;
            records++;
        }

        finding ??= End(last?.Number ?? 0, checkpoints, highestGiven);
        return new AuditVerdict { Finding = finding, Records = records, Last = last, AreMacsChecked = key is not null, Checkpoints = checkpoints.Length, ClockSteps = clockSteps };
    }

    private static bool IsNext(AuditRecord? record, AuditRecord? last) => record is not null && record.Number == NumberAfter(last) && Follows(record, last, record.Number);

    /// <summary>Whether a record is the one that follows the last good one, when it had a number.</summary>
    private static bool Follows(AuditRecord record, AuditRecord? last, long number) =>
        record.Previous == (last?.Hash ?? AuditChain.Genesis) && record.Hash == AuditChain.HashAs(record, number);

    private static long NumberAfter(AuditRecord? last) => (last?.Number ?? 0) + 1;

    private static AuditFinding? Mac(AuditRecord record, byte[]? key) => key is null || AuditChain.IsSame(record.Mac, AuditChain.Mac(record.Hash, key))
        ? null
        : new AuditFinding(AuditFault.Forged, record.Number, $"record {record.Number} was not written by a gateway with this key: its hash fits, its MAC does not");

    private static AuditFinding? Checkpoint(AuditRecord record, ILookup<long, AuditCheckpoint> seen)
    {
        foreach (var checkpoint in seen[record.Number])
        {
            if (checkpoint.Hash == record.Hash) continue;
            return new AuditFinding(AuditFault.Replaced, record.Number, $"record {record.Number} is not the one that the checkpoint of {AuditTime.Write(checkpoint.At)} saw: the log is an older copy that was written on, or was made anew");
        }

        return null;
    }

    private static AuditFinding? End(long last, ImmutableArray<AuditCheckpoint> checkpoints, long highestGiven)
    {
        var known = checkpoints.Where(checkpoint => checkpoint.Number > last).MaxBy(checkpoint => checkpoint.Number);
        if (known is null && highestGiven <= last) return null;
        var who = known is null ? "the database has given numbers" : $"the checkpoint of {AuditTime.Write(known.At)} saw records";
        return new AuditFinding(AuditFault.CutOff, last + 1, $"the log ends at record {last}, and {who} up to {known?.Number ?? highestGiven}: its end was cut off, or it is an older copy");
    }

    private static AuditFinding Classify(IEnumerable<AuditRecord?> all, AuditRecord? record, AuditRecord? last)
    {
        var expected = NumberAfter(last);
        if (record is null) return new AuditFinding(AuditFault.Changed, expected, $"what stands in the place of record {expected} is no record");

        // The one that belongs here may stand further on, and the one that stands here may belong further on: up to the highest number that there is.
        var (isElsewhere, copies, highest) = (false, 0, expected);
        foreach (var other in all)
        {
            if (other is null) continue;
            highest = Math.Max(highest, other.Number);
            isElsewhere |= Follows(other, last, expected);
            if (other.Hash == record.Hash) copies++;
        }

        var own = NumberOf(record, highest);
        return (record.Number.CompareTo(expected), own) switch
        {
            ( < 0, _) => Inserted(record.Number, last),
            ( > 0, _) when isElsewhere => Moved(expected),
            ( > 0, _) => Removed(expected, record.Number - 1),
            (0, null) when isElsewhere => Inserted(expected, last),
            (0, null) => new AuditFinding(AuditFault.Changed, expected, $"record {expected} was changed: its hash does not fit what it says"),
            (0, { } number) when number < expected || (isElsewhere && copies > 1) => Inserted(expected, last),
            (0, { } number) when number > expected => isElsewhere ? Moved(expected) : Removed(expected, number - 1),
            _ when isElsewhere => Inserted(expected, last),
            _ => new AuditFinding(AuditFault.Changed, expected, $"record {expected} does not follow record {expected - 1}: one of the two was changed, and its hash with it"),
        };
    }

    /// <summary>The number that a record was written with, by its hash; null when it fits none.</summary>
    private static long? NumberOf(AuditRecord record, long highest)
    {
        if (record.Hash == AuditChain.Hash(record)) return record.Number;
        const long most = 1_000_000; // about a second
        for (long number = 1; number <= Math.Min(highest + 1, most); number++)
        {
            if (record.Hash == AuditChain.HashAs(record, number)) return number;
        }

        return null;
    }

    private static AuditFinding Inserted(long position, AuditRecord? last) => new(
        AuditFault.Inserted, position, $"what stands at {position} was put there later: it does not follow {(last is null ? "the beginning" : $"record {last.Number}")}");

    private static AuditFinding Moved(long position) => new(AuditFault.Reordered, position, $"record {position} stands in another place");

    private static AuditFinding Removed(long from, long to) => new(AuditFault.Removed, from, from == to ? $"record {from} is missing" : $"records {from} to {to} are missing");
}

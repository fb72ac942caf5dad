namespace Fairlead.Core.Auditing;

/// <summary>What is wrong with a chain.</summary>
public enum AuditFault
{
    /// <summary>A record is not what it was when it was written.</summary>
    Changed,

    /// <summary>Records are missing, and there are later ones.</summary>
    Removed,

    /// <summary>Something stands among the records that was not written there.</summary>
    Inserted,

    /// <summary>Records stand in another order.</summary>
    Reordered,

    /// <summary>A record's hash fits and its MAC does not: it was written without the key.</summary>
    Forged,

    /// <summary>The end is missing: a checkpoint, or the database's own count, knows of later records.</summary>
    CutOff,

    /// <summary>A checkpoint saw another record in this place: an older copy has been written on, or the chain was made anew.</summary>
    Replaced,
}

/// <summary>The first thing that is wrong.</summary>
/// <param name="Fault">What.</param>
/// <param name="Position">The number of the record where it shows, or that should stand there.</param>
/// <param name="Text">The same in a sentence, without what the record says.</param>
public sealed record AuditFinding(AuditFault Fault, long Position, string Text);

/// <summary>What came of going through a chain.</summary>
public sealed record AuditVerdict
{
    /// <summary>The first thing that is wrong; null when nothing is.</summary>
    public AuditFinding? Finding { get; init; }

    /// <summary>How many records were good before that.</summary>
    public required long Records { get; init; }

    /// <summary>The last good record; null when there is none.</summary>
    public AuditRecord? Last { get; init; }

    /// <summary>Whether the key was there to check that the records were written by a gateway that has it.</summary>
    public required bool AreMacsChecked { get; init; }

    /// <summary>How many checkpoints the chain was held against.</summary>
    public required int Checkpoints { get; init; }

    /// <summary>Records that are older than the one before them: the clock was set back. Nothing wrong by itself.</summary>
    public long ClockSteps { get; init; }
}

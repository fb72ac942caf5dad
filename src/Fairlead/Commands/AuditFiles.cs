using System.Collections.Immutable;
using Fairlead.Auditing;
using Fairlead.Core.Auditing;

namespace Fairlead.Commands;

/// <summary>Reads files of checkpoints, and exports of an audit log.</summary>
internal static class AuditFiles
{
    /// <summary>More than an export or a file of checkpoints has after years.</summary>
    private const int MostBytes = 1024 * 1024 * 1024;

    /// <summary>The checkpoints of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">Their key; null takes them as they are.</param>
    /// <exception cref="InputException">It cannot be read, or a line of it is no checkpoint, or was not made with the key.</exception>
    public static ImmutableArray<AuditCheckpoint> ReadCheckpoints(string path, byte[]? key)
    {
        var checkpoints = ImmutableArray.CreateBuilder<AuditCheckpoint>();
        foreach (var (number, line) in Lines(path))
        {
            var checkpoint = AuditJson.ReadCheckpoint(line) ?? throw new InputException($"{path}({number}) is no checkpoint");
            if (key is not null && !checkpoint.IsAuthentic(key)) throw new InputException($"{path}({number}) was not made with this store's key: it belongs to another store, or was changed");
            checkpoints.Add(checkpoint);
        }

        return checkpoints.Count > 0 ? checkpoints.DrainToImmutable() : throw new InputException($"{path} has no checkpoint");
    }

    /// <summary>Goes through an export.</summary>
    /// <param name="path">The file; <see cref="InputFile.StandardInput"/> for standard input.</param>
    /// <param name="key">The key of the MACs; null leaves them unchecked.</param>
    /// <param name="checkpoints">What the chain is held against.</param>
    /// <exception cref="InputException">It cannot be read, or has nothing that could be verified.</exception>
    public static AuditVerdict Verify(string path, byte[]? key, ImmutableArray<AuditCheckpoint> checkpoints)
    {
        var records = Lines(path).Select(line => AuditJson.ReadRecord(line.Text)).ToImmutableArray();
        // A log has at least its gateway's start: this is an export that failed, not one that is good. Checkpoints tell of one that was emptied.
        if (records.IsEmpty && checkpoints.IsEmpty) throw new InputException($"{(path == InputFile.StandardInput ? "standard input" : path)} has no record: there is nothing to verify");
        return AuditVerifier.Verify(() => records, key, checkpoints, highestGiven: 0);
    }

    /// <summary>Lines that have something, by number from 1.</summary>
    private static IEnumerable<(int Number, string Text)> Lines(string path)
    {
        using var reader = new StringReader(InputFile.ReadText(path, MostBytes));
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length > 0) yield return (number, line);
        }
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using Fairlead.Core.Auditing;

namespace Fairlead.Core.Tests.Auditing;

/// <summary>What is wrong with a chain, and where. The chains have nine records.</summary>
public sealed class AuditVerifierTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = SHA256.HashData("key"u8);
    private static readonly byte[] Other = SHA256.HashData("another"u8);

    [Fact]
    public void Untouched_IsGood()
    {
        var verdict = Verify(Chain());

        Assert.Null(verdict.Finding);
        Assert.Equal((9, 9L, true, 0L), (verdict.Records, verdict.Last!.Number, verdict.AreMacsChecked, verdict.ClockSteps));
    }

    [Fact]
    public void Empty_IsGood()
    {
        var verdict = Verify([]);

        Assert.Null(verdict.Finding);
        Assert.Null(verdict.Last);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void AnyMemberChanged_IsFoundInItsPlace(int at)
    {
        var record = Chain()[at - 1]!;
        AuditRecord[] changed =
        [
            record with { At = record.At.AddTicks(10) }, record with { Entry = record.Entry with { Action = "key.delete" } }, record with { Entry = record.Entry with { Actor = "eve" } },
            record with { Entry = record.Entry with { Subject = "" } }, record with { Entry = record.Entry with { Reason = "none" } }, record with { Entry = record.Entry with { Detail = "{}" } },
            record with { Previous = AuditChain.Genesis[..63] + "1" }, record with { Hash = AuditChain.Genesis }, record with { Hash = record.Hash.ToUpperInvariant() },
        ];

        foreach (var other in changed)
        {
            var chain = Chain();
            chain[at - 1] = other;
            AssertFinds(AuditFault.Changed, at, Verify(chain));
            AssertFinds(AuditFault.Changed, at, Verify(chain, key: null));
        }

        var forged = Chain();
        forged[at - 1] = record with { Mac = AuditChain.Genesis };
        AssertFinds(AuditFault.Forged, at, Verify(forged));
    }

    [Fact]
    public void NoRecord_IsChanged() => AssertFinds(AuditFault.Changed, 4, Verify([.. Chain()[..3], null, .. Chain()[4..]]));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 1)]
    [InlineData(3, 4)]
    public void Removed_IsFoundWhereTheGapIs(int at, int count)
    {
        var chain = Chain();
        chain.RemoveRange(at - 1, count);

        var verdict = Verify(chain);

        AssertFinds(AuditFault.Removed, at, verdict);
        Assert.Equal(count == 1 ? $"record {at} is missing" : $"records {at} to {at + count - 1} are missing", verdict.Finding!.Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void RemovedAndTheRestRenumbered_IsFoundWhereTheGapWas(int at)
    {
        var chain = Chain();
        chain.RemoveAt(at - 1);

        AssertFinds(AuditFault.Removed, at, Verify(Renumbered(chain)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void Inserted_AndTheRestRenumbered_IsFoundWhereItStands(int at)
    {
        var chain = Chain();
        var before = at == 1 ? AuditChain.Genesis : chain[at - 2]!.Hash;
        AuditRecord[] intruders = [AuditChain.Next(at, before, Noon, new AuditEntry("key.create", "eve", "eve"), Other), chain[at == 1 ? 3 : at - 2]!, chain[0]! with { Hash = AuditChain.Genesis }];
        foreach (var intruder in intruders[1..])
        {
            AssertFinds(AuditFault.Inserted, at, Verify(Renumbered([.. Chain()[..(at - 1)], intruder, .. Chain()[(at - 1)..]])));
        }

        // One that is made with care follows its predecessor: only the key tells, or the record after it.
        List<AuditRecord?> careful = Renumbered([.. Chain()[..(at - 1)], intruders[0], .. Chain()[(at - 1)..]]);
        AssertFinds(AuditFault.Forged, at, Verify(careful));
        Assert.Equal(at + 1, Verify(careful, key: null).Finding!.Position);
    }

    [Fact]
    public void Inserted_WithANumberThatIsTaken_IsFound() => AssertFinds(AuditFault.Inserted, 3, Verify([.. Chain()[..5], Chain()[2], .. Chain()[5..]]));

    [Fact]
    public void Inserted_BeforeTheFirst_IsFound() => AssertFinds(AuditFault.Inserted, 0, Verify([Chain()[3]! with { Number = 0 }, .. Chain()]));

    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 5)]
    [InlineData(2, 8)]
    [InlineData(8, 9)]
    public void Swapped_IsFoundAtTheFirst(int one, int other)
    {
        var chain = Chain();
        (chain[one - 1], chain[other - 1]) = (chain[other - 1], chain[one - 1]);

        AssertFinds(AuditFault.Reordered, one, Verify(chain));
        AssertFinds(AuditFault.Reordered, one, Verify(Renumbered(chain)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void HashesMadeAnewWithoutTheKey_IsFoundWhereTheyBegin(int at)
    {
        var chain = Rewritten(at);

        AssertFinds(AuditFault.Forged, at, Verify(chain));
        Assert.Null(Verify(chain, key: null).Finding);
    }

    [Fact]
    public void OneHashMadeAnewWithoutTheKey_IsFoundAtTheNextRecordWhoeverLooks()
    {
        var chain = Chain();
        chain[4] = Rewritten(5)[4];

        AssertFinds(AuditFault.Forged, 5, Verify(chain));
        AssertFinds(AuditFault.Changed, 6, Verify(chain, key: null));
    }

    [Fact]
    public void CutOff_IsFoundByACheckpointOrTheStoresOwnCount()
    {
        var cut = Chain()[..6];

        Assert.Null(Verify(cut).Finding);
        AssertFinds(AuditFault.CutOff, 7, Verify(cut, checkpoints: Checkpoint(Chain()[8]!)));
        AssertFinds(AuditFault.CutOff, 7, Verify(cut, highestGiven: 9));
        AssertFinds(AuditFault.CutOff, 1, Verify([], checkpoints: Checkpoint(Chain()[8]!)));
    }

    [Fact]
    public void OlderCopyThatWasWrittenOn_IsFoundByACheckpoint()
    {
        var chain = Chain()[..6];
        for (var number = 7; number <= 12; number++) chain.Add(AuditChain.Next(number, chain[^1]!.Hash, Noon, new AuditEntry("key.create", "admin", "later"), Key));

        Assert.Null(Verify(chain).Finding);
        AssertFinds(AuditFault.Replaced, 9, Verify(chain, checkpoints: Checkpoint(Chain()[4]!, Chain()[8]!)));
    }

    [Fact]
    public void Checkpoints_ThatFit_AreCounted()
    {
        var verdict = Verify(Chain(), checkpoints: Checkpoint(Chain()[4]!, Chain()[8]!));

        Assert.Null(verdict.Finding);
        Assert.Equal(2, verdict.Checkpoints);
    }

    [Fact]
    public void ClockSetBack_IsToldAndNothingWrong()
    {
        var chain = Chain()[..3];
        chain.Add(AuditChain.Next(4, chain[^1]!.Hash, Noon.AddHours(-1), new AuditEntry("key.create", "admin", "a"), Key));

        var verdict = Verify(chain);

        Assert.Null(verdict.Finding);
        Assert.Equal(1, verdict.ClockSteps);
    }

    [Fact]
    public void AnotherKey_FindsTheFirst() => AssertFinds(AuditFault.Forged, 1, Verify(Chain(), key: Other));

    private static void AssertFinds(AuditFault fault, long position, AuditVerdict verdict) => Assert.Equal((fault, position), (verdict.Finding?.Fault, verdict.Finding?.Position));

    private static AuditVerdict Verify(List<AuditRecord?> records, ImmutableArray<AuditCheckpoint>? checkpoints = null, long highestGiven = 0) => AuditVerifier.Verify(() => records, Key, checkpoints ?? [], highestGiven);

    private static AuditVerdict Verify(List<AuditRecord?> records, byte[]? key) => AuditVerifier.Verify(() => records, key, [], 0);

    private static ImmutableArray<AuditCheckpoint> Checkpoint(params AuditRecord[] records) => [.. records.Select(record => AuditCheckpoint.Of(Noon, record, Key))];

    private static List<AuditRecord?> Chain() => Chain(number => new AuditEntry("key.create", "admin", $"key-{number}") { Reason = "why", Detail = "{\"a\":1}" }, 1, Key);

    /// <summary>From a record on what somebody without the key makes of it.</summary>
    private static List<AuditRecord?> Rewritten(int from) => Chain(number => new AuditEntry("key.create", "admin", number >= from ? "eve" : $"key-{number}") { Reason = "why", Detail = "{\"a\":1}" }, from, Other);

    private static List<AuditRecord?> Chain(Func<int, AuditEntry> entry, int otherFrom, byte[] otherKey)
    {
        var chain = new List<AuditRecord?>();
        for (var number = 1; number <= 9; number++) chain.Add(AuditChain.Next(number, chain.Count == 0 ? AuditChain.Genesis : chain[^1]!.Hash, Noon.AddSeconds(number), entry(number), number < otherFrom ? Key : otherKey));
        return chain;
    }

    private static List<AuditRecord?> Renumbered(List<AuditRecord?> records) => [.. records.Select((record, index) => record! with { Number = index + 1 })];
}

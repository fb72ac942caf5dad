using System.Security.Cryptography;
using System.Text;
using Fairlead.Core.Auditing;

namespace Fairlead.Core.Tests.Auditing;

/// <summary>The bytes that are hashed: fixed, for what was written once must fit for ever, and never the same for two records.</summary>
public sealed class AuditChainTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = SHA256.HashData("key"u8);

    [Fact]
    public void Hash_IsOverTheFieldsWithTheirLengths()
    {
        var record = AuditChain.Next(7, AuditChain.Genesis, Noon.AddTicks(19), new AuditEntry("key.create", "ü", "") { Detail = "{}" }, Key);

        var bytes = new List<byte>();
        Text("fairlead audit record 1");
        Text(AuditChain.Genesis);
        bytes.AddRange(BitConverter.GetBytes(7L).Reverse());
        bytes.AddRange(BitConverter.GetBytes(1772712000000001L).Reverse());
        Text("key.create");
        Text("ü");
        Text("");
        bytes.AddRange([0xff, 0xff, 0xff, 0xff]); // no reason
        Text("{}");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())), record.Hash);
        Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes(record.Hash))), record.Mac);
        Assert.Equal(Noon.AddTicks(10), record.At);

        void Text(string text)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            bytes.AddRange(BitConverter.GetBytes(utf8.Length).Reverse());
            bytes.AddRange(utf8);
        }
    }

    [Fact]
    public void Hash_RecordsThatReadTheSameWithoutLengths_AreDifferent()
    {
        AuditEntry[] entries =
        [
            new("a", "bc", "d"), new("ab", "c", "d"), new("a", "b", "cd"), new("a", "bcd", ""), new("a", "bc", "") { Reason = "d" }, new("a", "bc", "") { Detail = "d" },
            new("a", "bc", "d") { Reason = "" }, new("a", "bc", "d") { Detail = "" }, new("a", "bc", "d") { Reason = "", Detail = "" },
        ];

        Assert.Equal(entries.Length, entries.Select(entry => AuditChain.Next(1, AuditChain.Genesis, Noon, entry, Key).Hash).Distinct().Count());
    }

    [Fact]
    public void Time_IsOneText()
    {
        Assert.Equal("2026-03-05T12:00:00.000001Z", AuditTime.Write(Noon.AddTicks(10).ToOffset(TimeSpan.FromHours(5))));
        Assert.Equal(Noon.AddTicks(10), AuditTime.Read("2026-03-05T12:00:00.000001Z"));
        Assert.All(["2026-03-05T12:00:00.00000Z", "2026-03-05T12:00:00.0000010Z", "2026-03-05T12:00:00.000001+00:00", " 2026-03-05T12:00:00.000001Z", "2026-03-05T12:00:00.000001", ""], text => Assert.Null(AuditTime.Read(text)));
    }

    [Fact]
    public void Checkpoint_IsAuthenticForItsKeyAndAllOfItAlone()
    {
        var checkpoint = AuditCheckpoint.Of(Noon, AuditChain.Next(7, AuditChain.Genesis, Noon, new AuditEntry("a", "b", "c"), Key), Key);

        Assert.True(checkpoint.IsAuthentic(Key));
        Assert.False(checkpoint.IsAuthentic(SHA256.HashData("another"u8)));
        Assert.False((checkpoint with { At = Noon.AddTicks(10) }).IsAuthentic(Key));
        Assert.False((checkpoint with { Number = 8 }).IsAuthentic(Key));
        Assert.False((checkpoint with { Hash = AuditChain.Genesis }).IsAuthentic(Key));
        Assert.False((checkpoint with { Mac = "" }).IsAuthentic(Key));
    }
}

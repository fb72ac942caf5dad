using System.Collections.Immutable;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>A file that is followed: whole or not at all, once, within a second.</summary>
public sealed class SnapshotSourceTests : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-");
    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal) { ["KEY"] = "0123456789abcdef" };
    private readonly List<string> _applied = [];
    private readonly List<ImmutableArray<ConfigurationError>> _refused = [];
    private SnapshotSource? _source;

    private string File => Path.Combine(_folder.FullName, "fairlead.yaml");

    private static string Text(string model, string rest = "") => $$"""
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: {{model}}, price: { input: 0, output: 0 } } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        {{rest}}
        """;

    public async ValueTask DisposeAsync()
    {
        if (_source is not null) await _source.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Change_WithinASecond_IsApplied()
    {
        var source = Open(Text("one"));
        var before = source.Current;
        Write(Text("two"));

        Pass(2);

        Assert.Equal("two", source.Current.Targets["t"].Model);
        Assert.Equal("one", before.Targets["t"].Model);
        Assert.NotEqual(before.Revision, source.Current.Revision);
        Assert.Equal([source.Current.Revision], _applied);
        Assert.Empty(source.LastErrors);
    }

    [Fact]
    public void NoChange_LeavesTheVerySnapshot()
    {
        var source = Open(Text("one"));
        var before = source.Current;
        System.IO.File.SetLastWriteTimeUtc(File, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Pass(20);

        Assert.Same(before, source.Current);
        Assert.Empty(_applied);
        Assert.Empty(_refused);
    }

    [Fact]
    public void Change_WithErrors_LeavesTheOldOneAndIsToldOnce()
    {
        var source = Open(Text("one"));
        var before = source.Current;
        Write(Text("two", "listne: x\nguards: []"));

        Pass(10);

        Assert.Same(before, source.Current);
        var errors = Assert.Single(_refused);
        Assert.Equal(2, errors.Length);
        Assert.Equal(errors, source.LastErrors);
        Assert.Empty(_applied);
        Assert.StartsWith(File + "(4,1): listne: unknown key", errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Change_MadeGoodAgain_IsAppliedAndTheErrorsGo()
    {
        var source = Open(Text("one"));
        Write("nonsense");
        Pass(4);
        Write(Text("two"));

        Pass(4);

        Assert.Equal("two", source.Current.Targets["t"].Model);
        Assert.Empty(source.LastErrors);
        Assert.Single(_applied);
    }

    [Fact]
    public void Change_TakenBack_ClearsTheErrorsAndAppliesNothing()
    {
        var source = Open(Text("one"));
        Write("nonsense");
        Pass(4);
        Assert.Single(source.LastErrors);
        Write(Text("one"));

        Pass(4);

        Assert.Empty(source.LastErrors);
        Assert.Empty(_applied);
        Assert.Single(_refused);
    }

    [Fact]
    public void File_HalfWritten_IsNotTaken()
    {
        var source = Open(Text("one"));
        _time.Advance(TimeSpan.FromMilliseconds(450));
        Write(Text("half"));
        _time.Advance(TimeSpan.FromMilliseconds(50)); // read once
        Write(Text("whole"));

        Pass(2);

        Assert.Equal("whole", source.Current.Targets["t"].Model);
        Assert.Single(_applied);
    }

    [Fact]
    public void File_Gone_LeavesTheOldOneAndIsToldOnce()
    {
        var source = Open(Text("one"));
        System.IO.File.Delete(File);

        Pass(10);

        Assert.Equal("one", source.Current.Targets["t"].Model);
        Assert.Equal(File + "(1,1): there is no such file", Assert.Single(Assert.Single(_refused)).ToString());
        Assert.Single(source.LastErrors);

        Write(Text("two"));
        Pass(4);
        Assert.Equal("two", source.Current.Targets["t"].Model);
        Assert.Empty(source.LastErrors);
    }

    [Fact]
    public void File_TooLargeOrNotUtf8_IsRefused()
    {
        var source = Open(Text("one"));

        System.IO.File.WriteAllBytes(File, new byte[2 * 1024 * 1024]);
        Pass(4);
        Assert.Equal("is larger than 1048576 bytes", Assert.Single(source.LastErrors).Message);

        System.IO.File.WriteAllBytes(File, [(byte)'a', 0xFF]);
        Pass(4);
        Assert.Equal("is not UTF-8", Assert.Single(source.LastErrors).Message);
        Assert.Equal("one", source.Current.Targets["t"].Model);
    }

    [Fact]
    public void Link_PointedElsewhere_IsFollowed()
    {
        if (OperatingSystem.IsWindows()) return; // links need a privilege there
        var first = Path.Combine(_folder.FullName, "first");
        var second = Path.Combine(_folder.FullName, "second");
        System.IO.File.WriteAllText(first, Text("one"));
        System.IO.File.WriteAllText(second, Text("two"));
        System.IO.File.CreateSymbolicLink(File, first);
        var source = Follow();

        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, second);
        Pass(4);

        Assert.Equal("two", source.Current.Targets["t"].Model);
    }

    [Fact]
    public void Change_OfWhatIsReadAtStart_IsAppliedWithAWarning()
    {
        var source = Open(Text("one", "listen: \"http://127.0.0.1:1\"\nstore: { ledger: \":memory:\" }"));
        Write(Text("one", "listen: \"http://127.0.0.1:2\"\nstore: { ledger: \"sqlite:x.db\" }"));

        Pass(4);

        Assert.Equal(
            [$"{File}: listen: takes effect at the next start; until then http://127.0.0.1:1 is served", $"{File}: store: takes effect at the next start"],
            source.Current.Warnings);

        Write(Text("one", "listen: \"http://127.0.0.1:1\"\nstore: { ledger: \":memory:\" }\n# as at start"));
        Pass(4);
        Assert.Empty(source.Current.Warnings);
    }

    [Fact]
    public void Change_ThatTakesAllKeysFromAnOpenAddress_IsRefused()
    {
        var source = Open(Text("one", "listen: \"http://0.0.0.0:1\"\nkeys: [ { name: a, secret: \"env:KEY\" } ]"));
        Write(Text("one", "listen: \"http://127.0.0.1:1\""));

        Pass(4);

        Assert.Single(source.Current.Keys);
        Assert.Contains("cannot all be removed", Assert.Single(source.LastErrors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Change_ReadsSecretsAgain()
    {
        var source = Open(Text("one", "keys: [ { name: a, secret: \"env:KEY\" } ]"));
        _environment["KEY"] = "fedcba9876543210";
        Pass(4);
        Assert.Equal("0123456789abcdef", source.Current.Keys[0].Secret.Reveal());

        Write(Text("one", "keys: [ { name: a, secret: \"env:KEY\" } ] # rotated"));
        Pass(4);

        Assert.Equal("fedcba9876543210", source.Current.Keys[0].Secret.Reveal());
    }

    [Fact]
    public void Change_WhoseSecretIsMissing_IsRefused()
    {
        var source = Open(Text("one", "keys: [ { name: a, secret: \"env:KEY\" } ]"));
        _environment.Clear();
        Write(Text("one", "keys: [ { name: a, secret: \"env:KEY\" } ] # gone"));

        Pass(4);

        Assert.Equal("no value in env:KEY", Assert.Single(source.LastErrors).Message);
        Assert.Equal("0123456789abcdef", source.Current.Keys[0].Secret.Reveal());
    }

    [Fact]
    public async Task Dispose_StopsFollowing()
    {
        var source = Open(Text("one"));
        await source.DisposeAsync();
        Write(Text("two"));

        Pass(10);

        Assert.Equal("one", source.Current.Targets["t"].Model);
    }

    [Fact]
    public void FromFile_NotThere_SaysSo()
    {
        var load = SnapshotSource.FromFile(Compiling.Compiler(), File, _time);
        load.Source?.Follow();

        Assert.Null(load.Source);
        Assert.Equal(File + "(1,1): there is no such file", Assert.Single(load.Errors).ToString());
    }

    [Fact]
    public void FromFile_WithErrors_HasAllAndNoSource()
    {
        Write(Text("one", "listne: x\nguards: []"));

        var load = SnapshotSource.FromFile(Compiling.Compiler(), File, _time);
        load.Source?.Follow();

        Assert.Null(load.Source);
        Assert.Equal(2, load.Errors.Length);
    }

    [Fact]
    public void FromFile_Ledger_IsBesideTheFile()
    {
        var source = Open(Text("one", "store: { ledger: \"sqlite:data/x.db\" }"));

        Assert.Equal(Path.Combine(_folder.FullName, "data/x.db"), source.Current.Store.LedgerPath);
    }

    [Fact]
    public async Task FromText_HoldsTheSnapshot()
    {
        var load = SnapshotSource.FromText(Compiling.Compiler(), Text("one"), "text");
        await using var source = load.Source!;

        Assert.Empty(load.Errors);
        Assert.Equal("one", source.Current.Targets["t"].Model);
        Assert.Empty(source.LastErrors);
        Assert.StartsWith("text(1,1): ", Assert.Single(SnapshotSource.FromText(Compiling.Compiler(), "hello", "text").Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Change_IsWrittenDownBeforeItHolds()
    {
        var source = Open(Text("one"));
        var before = source.Current.Revision;
        var holding = new List<string>();
        source.Audit = new AuditList { OnAppend = _ => holding.Add(source.Current.Revision) };
        Write(Text("two"));

        Pass(4);

        Assert.Equal("two", source.Current.Targets["t"].Model);
        Assert.Equal([before], holding);
        Assert.Equal([new AuditEntry("configuration.reload", "file", source.Current.Revision) { Detail = $$"""{"previous":"{{before}}"}""" }], ((AuditList)source.Audit).Entries);
    }

    [Fact]
    public void Change_CannotBeWrittenDown_WaitsAndIsToldOnce()
    {
        var source = Open(Text("one"));
        var before = source.Current;
        var audit = new AuditList { Refuses = true };
        source.Audit = audit;
        Write(Text("two"));

        Pass(10);

        Assert.Same(before, source.Current);
        Assert.Empty(_applied);
        Assert.Equal(File + "(1,1): is applied once the change can be written down; the disk is full", Assert.Single(Assert.Single(_refused)).ToString());
        Assert.Equal(Assert.Single(_refused), source.LastErrors);
        Assert.InRange(audit.Tries, 2, 10); // again at every look, and not more often

        audit.Refuses = false;
        Pass(2);

        Assert.Equal("two", source.Current.Targets["t"].Model);
        Assert.Single(audit.Entries);
        Assert.Empty(source.LastErrors);
    }

    [Fact]
    public void Change_TakenBackWhileItWaits_IsForgotten()
    {
        var source = Open(Text("one"));
        var audit = new AuditList { Refuses = true };
        source.Audit = audit;
        Write(Text("two"));
        Pass(4);
        Write(Text("one"));
        Pass(2);
        audit.Refuses = false;

        Pass(4);

        Assert.Equal("one", source.Current.Targets["t"].Model);
        Assert.Empty(source.LastErrors);
        Assert.Empty(audit.Entries);
    }

    [Fact]
    public void Change_WithErrors_IsWrittenDownOnceWithoutItsWords()
    {
        var source = Open(Text("one"));
        var audit = new AuditList();
        source.Audit = audit;
        Write(Text("two", "listne: x\nguards: []"));

        Pass(10);

        var entry = Assert.Single(audit.Entries);
        Assert.Equal(("configuration.refuse", "file"), (entry.Action, entry.Actor));
        Assert.Equal("""{"errors":2,"line":4}""", entry.Detail);
    }

    [Fact]
    public async Task Apply_IsWrittenDownBeforeTheFileIs()
    {
        var source = Open(Text("one"));
        var before = source.Current.Revision;
        var written = new List<string>();
        var audit = new AuditList { OnAppend = _ => written.Add(System.IO.File.ReadAllText(File)) };
        source.Audit = audit;

        var outcome = await source.ApplyAsync(Text("two"), new AuditEntry("configuration.apply", "ada", "") { Reason = "why" }, before, CancellationToken.None);

        Assert.IsType<ApplyOutcome.Applied>(outcome);
        Assert.Equal([Text("one")], written);
        Assert.Equal([new AuditEntry("configuration.apply", "ada", source.Current.Revision) { Reason = "why", Detail = $$"""{"previous":"{{before}}"}""" }], audit.Entries);
        Assert.Equal(("ada", "why"), (source.InForce.Author, source.InForce.Reason));
    }

    [Fact]
    public async Task Apply_CannotBeWrittenDown_ChangesNothing()
    {
        var source = Open(Text("one"));
        var before = source.Current;
        source.Audit = new AuditList { Refuses = true };

        var outcome = await source.ApplyAsync(Text("two"), new AuditEntry("configuration.apply", "ada", ""), null, CancellationToken.None);

        Assert.Equal(new ApplyOutcome.NotRecorded("the disk is full"), outcome);
        Assert.Equal(Text("one"), await System.IO.File.ReadAllTextAsync(File));
        Assert.Same(before, source.Current);
    }

    [Fact]
    public async Task Apply_WithErrors_IsWrittenDownAsRefused()
    {
        var source = Open(Text("one"));
        var audit = new AuditList();
        source.Audit = audit;

        Assert.IsType<ApplyOutcome.Invalid>(await source.ApplyAsync(Text("two", "listne: x"), new AuditEntry("configuration.apply", "ada", "") { Reason = "why" }, null, CancellationToken.None));
        var entry = Assert.Single(audit.Entries);
        Assert.Equal(("configuration.refuse", "ada", "why", """{"errors":1,"line":4}"""), (entry.Action, entry.Actor, entry.Reason, entry.Detail));
    }

    [Fact]
    public async Task Apply_FileCannotBeWritten_IsWrittenDownAsFailed()
    {
        var source = Open(Text("one"));
        var audit = new AuditList();
        source.Audit = audit;
        System.IO.File.Delete(File);

        Assert.IsType<ApplyOutcome.NotWritable>(await source.ApplyAsync(Text("two"), new AuditEntry("configuration.apply", "ada", ""), null, CancellationToken.None));

        Assert.Equal(["configuration.apply", "configuration.apply.failed"], audit.Entries.Select(entry => entry.Action));
    }

    private SnapshotSource Open(string text)
    {
        Write(text);
        return Follow();
    }

    private SnapshotSource Follow()
    {
        var compiler = new ConfigurationCompiler(
            Providers.Registry.VendorRegistry.LoadBuiltIn(), new Core.Catalog.ModelCatalog("none", []), new SecretReader(name => _environment.GetValueOrDefault(name), _ => throw new FileNotFoundException()));
        var load = SnapshotSource.FromFile(compiler, File, _time);
        load.Source?.Follow();
        Assert.True(load.Source is not null, string.Join(Environment.NewLine, load.Errors));
        _source = load.Source;
        _source.Applied += snapshot => _applied.Add(snapshot.Revision);
        _source.Refused += _refused.Add;
        return _source;
    }

    private void Write(string text) => System.IO.File.WriteAllText(File, text);

    private void Pass(int halfSeconds)
    {
        // In small steps: a timer that is set again while time jumps counts from after the jump.
        for (var i = 0; i < halfSeconds * 10; i++) _time.Advance(TimeSpan.FromMilliseconds(50));
    }

    /// <summary>An audit log in a list, which refuses when it is told to.</summary>
    private sealed class AuditList : IAuditLog
    {
        public List<AuditEntry> Entries { get; } = [];

        public Action<AuditEntry>? OnAppend { get; init; }

        public bool Refuses { get; set; }

        public int Tries { get; private set; }

        public ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
        {
            Tries++;
            if (Refuses) throw new AuditException("the disk is full");
            OnAppend?.Invoke(entry);
            Entries.Add(entry);
            return ValueTask.CompletedTask;
        }
    }
}

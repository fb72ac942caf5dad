using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Auditing;

namespace Fairlead.Core.Configuration;

/// <summary>What came of loading a configuration at start: a source, or every error.</summary>
/// <param name="Source">Holds the snapshot; null when there are errors.</param>
/// <param name="Errors">In the order of the file; empty when it was loaded.</param>
public sealed record SnapshotLoad(SnapshotSource? Source, ImmutableArray<ConfigurationError> Errors);

/// <summary>
/// Holds the current snapshot. One made from a file follows it: the content is read twice a second, so that links and mounted
/// configuration maps work, and a changed content is applied whole or not at all, within a second. A content is taken once it has
/// been read the same twice, so that a half-written file is not. Reading is safe for any number of threads.
/// </summary>
/// <remarks>
/// Secrets are read again when a changed content is applied, and only then; a changed comment will do. What a file cannot change
/// while the process runs (<c>listen</c>, <c>store</c>) is told as a warning.
/// </remarks>
public sealed class SnapshotSource : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a new content must stay the same.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    private readonly ConfigurationCompiler _compiler;
    private readonly string _name;
    private readonly string _path;
    private readonly string _folder;
    private readonly GatewaySnapshot _started;
    private readonly ITimer? _timer;
    private readonly SemaphoreSlim _gate = new(1, 1);

    private AppliedConfiguration _inForce;
    private ErrorBox _lastErrors = ErrorBox.None;
    private string? _refused;  // revision of the content that was refused last, or why there was none
    private string? _arriving; // the same, of what was read once
    private string? _postponed; // revision of the content that waits for the audit log
    private IAuditLog? _audit;
    private bool _isDisposed;

    private SnapshotSource(ConfigurationCompiler compiler, string name, string path, GatewaySnapshot snapshot, string content, TimeProvider? time)
    {
        _compiler = compiler;
        _name = name;
        _path = path;
        _folder = Path.GetDirectoryName(path) ?? "";
        _started = snapshot;
        _inForce = new AppliedConfiguration(snapshot, content, AppliedConfiguration.ByStart, Reason: null);
        if (time is not null)
        {
            _timer = time.CreateTimer(static state => _ = ((SnapshotSource)state!).PollAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// A changed configuration holds from now on. Raised after <see cref="Current"/> and <see cref="InForce"/> have it, which keep it
    /// until every handler has returned; on a timer's thread, or on one that applies. A handler must not throw.
    /// </summary>
    public event Action<GatewaySnapshot>? Applied;

    /// <summary>
    /// A changed configuration has errors, or cannot be written into the audit log for the time being; the one before it stays. Raised once per content, on a
    /// timer's thread. A handler must not throw.
    /// </summary>
    public event Action<ImmutableArray<ConfigurationError>>? Refused;

    /// <summary>Whether callers need a key though the configuration has none, as where keys are kept elsewhere. Null: they do not.</summary>
    public Func<bool>? HasOtherKeys { get; set; }

    /// <summary>The snapshot that holds.</summary>
    public GatewaySnapshot Current => Volatile.Read(ref _inForce).Snapshot;

    /// <summary>The configuration that holds, as it is written, and by whom.</summary>
    public AppliedConfiguration InForce => Volatile.Read(ref _inForce);

    /// <summary>Whether it follows a file, which <see cref="ApplyAsync"/> then writes.</summary>
    public bool IsFile => _timer is not null;

    /// <summary>
    /// Where a change is written down before it holds, and without which none does; null when nothing is, as long as no gateway serves. A content that was
    /// refused is written down too, if that can be.
    /// </summary>
    public IAuditLog? Audit
    {
        get => Volatile.Read(ref _audit);
        set => Volatile.Write(ref _audit, value);
    }

    /// <summary>Why the file as it is now was refused; empty when it holds.</summary>
    public ImmutableArray<ConfigurationError> LastErrors => Volatile.Read(ref _lastErrors).Errors;

    /// <summary>Loads a configuration that never changes. Relative paths are relative to the process's current folder.</summary>
    /// <param name="compiler">Compiles it.</param>
    /// <param name="text">YAML.</param>
    /// <param name="name">What errors call it.</param>
    public static SnapshotLoad FromText(ConfigurationCompiler compiler, string text, string name)
    {
        var compiled = compiler.Compile(text, name, "");
        return new SnapshotLoad(compiled.Snapshot is { } snapshot ? new SnapshotSource(compiler, name, "", snapshot, text, time: null) : null, compiled.Errors);
    }

    /// <summary>Loads a file, to be followed from <see cref="Follow"/> on. Relative paths are relative to the file's folder.</summary>
    /// <param name="compiler">Compiles it, now and at each change.</param>
    /// <param name="path">The file.</param>
    /// <param name="time">Drives the polling.</param>
    public static SnapshotLoad FromFile(ConfigurationCompiler compiler, string path, TimeProvider time)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full) ?? "";
        if (ConfigurationFile.Read(full, path, out var error) is not { } text) return new SnapshotLoad(null, [error!]);
        var compiled = compiler.Compile(text, path, folder);
        return compiled.Snapshot is { } snapshot
            ? new SnapshotLoad(new SnapshotSource(compiler, path, full, snapshot, text, time), [])
            : new SnapshotLoad(null, compiled.Errors);
    }

    /// <summary>What would come of applying a content now. Applies nothing.</summary>
    /// <param name="content">YAML.</param>
    public CompiledConfiguration Check(string content) => Compile(content);

    /// <summary>
    /// A content as it is written, whatever the environment: no secret is read, so that two contents can be compared. Its snapshot must
    /// serve no request.
    /// </summary>
    /// <param name="content">YAML.</param>
    public CompiledConfiguration Read(string content) => _compiler.WithoutSecrets().Compile(content, _name, _folder);

    /// <summary>
    /// Writes a content into the file and applies it at once, both or neither; the next look at the file finds it in force. Requests
    /// that run keep their snapshot.
    /// </summary>
    /// <param name="content">YAML.</param>
    /// <param name="change">What is done, by whom and why, as it is written down; the revision and the one before it are filled in.</param>
    /// <param name="expected">The revision that must still be the last one; null to replace whichever it is.</param>
    /// <param name="cancellationToken">Gives up waiting for another change.</param>
    public async Task<ApplyOutcome> ApplyAsync(string content, AuditEntry change, string? expected, CancellationToken cancellationToken)
    {
        if (!IsFile) return new ApplyOutcome.NotWritable("it does not come from a file");
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isDisposed) return new ApplyOutcome.NotWritable("the gateway is stopping");
            if (expected is not null && LastRevision() is var last && last != expected) return new ApplyOutcome.MovedOn(last);
            var revision = ConfigurationCompiler.RevisionOf(content);
            var compiled = Compile(content);
            if (compiled.Snapshot is not { } snapshot)
            {
                await RecordAsync(RefusalOf(revision, change.Actor, compiled.Errors) with { Reason = change.Reason }).ConfigureAwait(false);
                return new ApplyOutcome.Invalid(compiled.Errors);
            }

            var entry = change with { Subject = revision, Detail = BeforeIt() };
            if (await RecordAsync(entry).ConfigureAwait(false) is { } unrecorded) return new ApplyOutcome.NotRecorded(unrecorded);
            if (ConfigurationFile.Write(_path, content) is { } failure)
            {
                await RecordAsync(entry with { Action = entry.Action + AuditActions.Failed }).ConfigureAwait(false);
                return new ApplyOutcome.NotWritable(failure);
            }

            if (revision == Current.Revision)
            {
                Forget();
                return new ApplyOutcome.Applied(Current, IsChange: false);
            }

            Hold(new AppliedConfiguration(snapshot, content, change.Actor, change.Reason));
            return new ApplyOutcome.Applied(snapshot, IsChange: true);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Begins to follow the file, where there is one: once everything is there that has to hear of a change.</summary>
    public void Follow() => _timer?.Change(Period, Timeout.InfiniteTimeSpan);

    /// <summary>Stops following the file. <see cref="Current"/> stays readable.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _isDisposed = true;
        _gate.Release();
        if (_timer is not null) await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PollAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed) return;
            await LookAsync().ConfigureAwait(false);
        }
        finally
        {
            _timer!.Change(_arriving is null || _arriving == _postponed ? Period : Settling, Timeout.InfiniteTimeSpan);
            _gate.Release();
        }
    }

    private async Task LookAsync()
    {
        var text = ConfigurationFile.Read(_path, _name, out var error);
        var revision = text is null ? error!.Message : ConfigurationCompiler.RevisionOf(text);
        if (revision == Current.Revision)
        {
            Forget(); // changed back, or there again
        }
        else if (revision == _refused)
        {
            _arriving = null;
        }
        else if (revision != _arriving)
        {
            _arriving = revision;
        }
        else
        {
            _arriving = null;
            var compiled = text is null ? new CompiledConfiguration(null, [error!]) : Compile(text);
            if (compiled.Snapshot is not { } snapshot)
            {
                Refuse(revision, compiled.Errors);
                await RecordAsync(RefusalOf(text is null ? "" : revision, AppliedConfiguration.ByFile, compiled.Errors)).ConfigureAwait(false);
                return;
            }

            var entry = new AuditEntry(AuditActions.ConfigurationReload, AppliedConfiguration.ByFile, revision) { Detail = BeforeIt() };
            if (await RecordAsync(entry).ConfigureAwait(false) is { } unrecorded) Postpone(revision, unrecorded);
            else Hold(new AppliedConfiguration(snapshot, text!, AppliedConfiguration.ByFile, Reason: null));
        }
    }

    /// <summary>Writes down what is about to be; why it could not, or null.</summary>
    private async ValueTask<string?> RecordAsync(AuditEntry entry)
    {
        if (Audit is not { } audit) return null;
        try
        {
            await audit.AppendAsync(entry, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (AuditException exception)
        {
            return exception.Message;
        }
    }

    private string BeforeIt() => $$"""{"previous":"{{Current.Revision}}"}""";

    /// <summary>A content that has errors, as it is written down: how many and where the first is. What they say may quote the content.</summary>
    private static AuditEntry RefusalOf(string revision, string actor, ImmutableArray<ConfigurationError> errors) =>
        new(AuditActions.ConfigurationRefuse, actor, revision) { Detail = string.Create(CultureInfo.InvariantCulture, $$"""{"errors":{{errors.Length}},"line":{{errors[0].Line}}}""") };

    /// <summary>
    /// What a change would replace: the revision in force, or that of a file that is about to be applied. A content that was refused
    /// counts for nothing, and replacing it is what one wants.
    /// </summary>
    private string LastRevision()
    {
        var text = ConfigurationFile.Read(_path, _name, out var error);
        var revision = text is null ? error!.Message : ConfigurationCompiler.RevisionOf(text);
        return text is null || revision == _refused ? Current.Revision : revision;
    }

    private CompiledConfiguration Compile(string text)
    {
        CompiledConfiguration compiled;
        try
        {
            compiled = _compiler.Compile(text, _name, _folder);
        }
        catch (Exception exception)
        {
            // A bug of ours must not end a process that serves.
            return new CompiledConfiguration(null, [new ConfigurationError(_name, 1, 1, "", $"could not be compiled ({exception.GetType().Name}); this is a defect of Fairlead")]);
        }

        if (compiled.Snapshot is not { } snapshot) return compiled;
        return snapshot.Keys.IsEmpty && HasOtherKeys?.Invoke() != true && !Addresses.IsLoopback(_started.Listen)
            ? new CompiledConfiguration(null, [new ConfigurationError(_name, 1, 1, "keys", "cannot all be removed while the process listens on an address that other machines reach; restart it to change 'listen'")])
            : new CompiledConfiguration(snapshot.With(RestartWarnings(snapshot)), []);
    }

    private void Hold(AppliedConfiguration applied)
    {
        Volatile.Write(ref _inForce, applied);
        Forget();
        Applied?.Invoke(applied.Snapshot);
    }

    /// <summary>The file is what holds: of what it was before nothing is left to tell.</summary>
    private void Forget()
    {
        _refused = _arriving = _postponed = null;
        Volatile.Write(ref _lastErrors, ErrorBox.None);
    }

    private void Refuse(string revision, ImmutableArray<ConfigurationError> errors)
    {
        _refused = revision;
        Volatile.Write(ref _lastErrors, new ErrorBox(errors));
        Refused?.Invoke(errors);
    }

    /// <summary>Leaves a content for the next look, which tries again.</summary>
    private void Postpone(string revision, string why)
    {
        var isNews = _postponed != revision;
        _arriving = _postponed = revision;
        ImmutableArray<ConfigurationError> errors = [new ConfigurationError(_name, 1, 1, "", $"is applied once the change can be written down; {why}")];
        Volatile.Write(ref _lastErrors, new ErrorBox(errors));
        if (isNews) Refused?.Invoke(errors);
    }

    private List<string> RestartWarnings(GatewaySnapshot snapshot)
    {
        var warnings = new List<string>();
        if (snapshot.Listen != _started.Listen) warnings.Add($"{_name}: listen: takes effect at the next start; until then {_started.Listen.OriginalString} is served");
        if (snapshot.AdminListen != _started.AdminListen) warnings.Add($"{_name}: admin.listen: takes effect at the next start; until then {_started.AdminListen?.OriginalString ?? "the address of 'listen'"} is served");
        if (!snapshot.Store.IsSameAs(_started.Store)) warnings.Add($"{_name}: store: takes effect at the next start");
        return warnings;
    }

    private sealed record ErrorBox(ImmutableArray<ConfigurationError> Errors)
    {
        public static ErrorBox None { get; } = new([]);
    }
}

using System.Collections.Immutable;
using System.Text;

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

    private GatewaySnapshot _current;
    private ErrorBox _lastErrors = ErrorBox.None;
    private string? _refused;  // revision of the content that was refused last, or why there was none
    private string? _arriving; // the same, of what was read once
    private bool _isDisposed;

    private SnapshotSource(ConfigurationCompiler compiler, string name, string path, GatewaySnapshot snapshot, TimeProvider? time)
    {
        _compiler = compiler;
        _name = name;
        _path = path;
        _folder = Path.GetDirectoryName(path) ?? "";
        _started = _current = snapshot;
        if (time is not null)
        {
            _timer = time.CreateTimer(static state => ((SnapshotSource)state!).Poll(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Period, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A changed configuration holds from now on. Raised on a timer's thread, after <see cref="Current"/> has it. A handler must not throw.</summary>
    public event Action<GatewaySnapshot>? Applied;

    /// <summary>A changed configuration has errors; the one before it stays. Raised once per content, on a timer's thread. A handler must not throw.</summary>
    public event Action<ImmutableArray<ConfigurationError>>? Refused;

    /// <summary>The snapshot that holds.</summary>
    public GatewaySnapshot Current => Volatile.Read(ref _current);

    /// <summary>Why the file as it is now was refused; empty when it holds.</summary>
    public ImmutableArray<ConfigurationError> LastErrors => Volatile.Read(ref _lastErrors).Errors;

    /// <summary>Loads a configuration that never changes. Relative paths are relative to the process's current folder.</summary>
    /// <param name="compiler">Compiles it.</param>
    /// <param name="text">YAML.</param>
    /// <param name="name">What errors call it.</param>
    public static SnapshotLoad FromText(ConfigurationCompiler compiler, string text, string name)
    {
        var compiled = compiler.Compile(text, name, "");
        return new SnapshotLoad(compiled.Snapshot is { } snapshot ? new SnapshotSource(compiler, name, "", snapshot, time: null) : null, compiled.Errors);
    }

    /// <summary>Loads a file and follows it. Relative paths are relative to the file's folder.</summary>
    /// <param name="compiler">Compiles it, now and at each change.</param>
    /// <param name="path">The file.</param>
    /// <param name="time">Drives the polling.</param>
    public static SnapshotLoad FromFile(ConfigurationCompiler compiler, string path, TimeProvider time)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full) ?? "";
        if (ReadFile(full, path, out var error) is not { } text) return new SnapshotLoad(null, [error!]);
        var compiled = compiler.Compile(text, path, folder);
        return compiled.Snapshot is { } snapshot
            ? new SnapshotLoad(new SnapshotSource(compiler, path, full, snapshot, time), [])
            : new SnapshotLoad(null, compiled.Errors);
    }

    /// <summary>Stops following the file. <see cref="Current"/> stays readable.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _isDisposed = true;
        _gate.Release();
        if (_timer is not null) await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private void Poll()
    {
        _gate.Wait();
        try
        {
            if (_isDisposed) return;
            Look();
            _timer!.Change(_arriving is null ? Period : Settling, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Look()
    {
        var text = ReadFile(_path, _name, out var error);
        var revision = text is null ? error!.Message : ConfigurationCompiler.RevisionOf(text);
        if (revision == Current.Revision)
        {
            // Changed back, or there again.
            _refused = _arriving = null;
            Volatile.Write(ref _lastErrors, ErrorBox.None);
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
            if (text is null) Refuse(revision, [error!]);
            else Apply(text, revision);
        }
    }

    private void Apply(string text, string revision)
    {
        CompiledConfiguration compiled;
        try
        {
            compiled = _compiler.Compile(text, _name, _folder);
        }
        catch (Exception exception)
        {
            // A bug of ours must not end a process that serves.
            compiled = new CompiledConfiguration(null, [new ConfigurationError(_name, 1, 1, "", $"could not be compiled ({exception.GetType().Name}); this is a defect of Fairlead")]);
        }

        if (compiled.Snapshot is not { } snapshot)
        {
            Refuse(revision, compiled.Errors);
        }
        else if (snapshot.Keys.IsEmpty && !Addresses.IsLoopback(_started.Listen))
        {
            Refuse(revision, [new ConfigurationError(_name, 1, 1, "keys", "cannot all be removed while the process listens on an address that other machines reach; restart it to change 'listen'")]);
        }
        else
        {
            snapshot = snapshot.With(RestartWarnings(snapshot));
            _refused = null;
            Volatile.Write(ref _current, snapshot);
            Volatile.Write(ref _lastErrors, ErrorBox.None);
            Applied?.Invoke(snapshot);
        }
    }

    private void Refuse(string revision, ImmutableArray<ConfigurationError> errors)
    {
        _refused = revision;
        Volatile.Write(ref _lastErrors, new ErrorBox(errors));
        Refused?.Invoke(errors);
    }

    private List<string> RestartWarnings(GatewaySnapshot snapshot)
    {
        var warnings = new List<string>();
        if (snapshot.Listen != _started.Listen) warnings.Add($"{_name}: listen: takes effect at the next start; until then {_started.Listen.OriginalString} is served");
        if (snapshot.Store != _started.Store) warnings.Add($"{_name}: store: takes effect at the next start");
        return warnings;
    }

    /// <summary>The text of the file, or why there is none. Reads no more than a configuration may have.</summary>
    private static string? ReadFile(string path, string name, out ConfigurationError? error)
    {
        error = null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[Math.Min(Math.Max(0, file.Length), YamlReader.MostBytes) + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > YamlReader.MostBytes) error = new ConfigurationError(name, 1, 1, "", $"is larger than {YamlReader.MostBytes} bytes");
            else return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            error = new ConfigurationError(name, 1, 1, "", "is not UTF-8");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = new ConfigurationError(name, 1, 1, "", exception is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "cannot be read");
        }

        return null;
    }

    private sealed record ErrorBox(ImmutableArray<ConfigurationError> Errors)
    {
        public static ErrorBox None { get; } = new([]);
    }
}

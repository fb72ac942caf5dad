using System.Runtime.CompilerServices;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// The ledger in SQLite. Appending never waits: one writer commits what came together, every few milliseconds. Reading has a
/// connection of its own and holds up no writing; other processes may read the file beside it, and only one gateway may write it.
/// Safe for any number of threads.
/// </summary>
public sealed class SqliteLedger : ILedger
{
    /// <summary>How long a read waits for what else there may be of its record to be committed, should that be among those that still wait.</summary>
    internal static readonly TimeSpan ReadPatience = TimeSpan.FromMilliseconds(100);

    /// <summary>How long what is to have everything in it waits for what is not committed yet; and a read that finds nothing, while nothing says that the disk refuses.</summary>
    internal static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(2);

    /// <summary>Requests that a step of the rollups takes in: what it holds up the writer for is some milliseconds, be each a group of its own.</summary>
    private const long MostRequestsPerStep = 5000;

    private readonly FileStream? _lock;
    private readonly SqliteConnection _writing;
    private readonly SqliteConnection _reading;
    private readonly SharedConnection _read;
    private readonly SharedConnection _write;
    private readonly SemaphoreSlim _upkeep = new(1, 1); // held by what changes rows that are settled, or adds them up
    private readonly UserErasure _erasure = new();
    private readonly LedgerWriter _writer;
    private readonly TimeProvider _time;
    private readonly bool _isStrict;
    private readonly int _mostWaiting;
    private readonly string? _path; // null: in memory

    private SqliteLedger(FileStream? @lock, SqliteConnection writing, SqliteConnection reading, SqliteKeys? keys, SqliteLedgerOptions options, TimeProvider time)
    {
        _lock = @lock;
        _writing = writing;
        _reading = reading;
        _time = time;
        _isStrict = options.Durability == LedgerDurability.Strict;
        _mostWaiting = options.MostWaiting;
        _path = ReferenceEquals(writing, reading) ? null : options.Path;
        var writeGate = new SemaphoreSlim(1, 1);
        _read = new SharedConnection(reading, ReferenceEquals(writing, reading) ? writeGate : new SemaphoreSlim(1, 1));
        _write = new SharedConnection(writing, writeGate);
        Revisions = new SqliteRevisions(_read, _write, options.Path == SqliteLedgerOptions.InMemory ? null : options.Path);
        Keys = keys ?? new SqliteKeys(_write);
        _writer = new LedgerWriter(writing, writeGate, time, error => WritingChanged?.Invoke(error));
        Outcomes = new SqliteOutcomes(_write, _writer, time);
    }

    /// <summary>How many requests a crash had left open: they were settled as interrupted when the ledger was opened.</summary>
    public int Interrupted { get; private init; }

    /// <summary>Configurations that were in force: they stand in the same database.</summary>
    public SqliteRevisions Revisions { get; }

    /// <summary>Keys that are made while gateways run: they stand in the same database.</summary>
    public SqliteKeys Keys { get; }

    /// <summary>The audit log: it stands in the same database.</summary>
    /// <param name="key">The store's key.</param>
    public SqliteAuditLog AuditWith(StoreKey key) => new(_read, _write, _path, Synchronous, key, _time);

    /// <summary>What applications report of their requests: it stands in the same database.</summary>
    public SqliteOutcomes Outcomes { get; }

    /// <summary>Records that are not committed yet. Grows while the disk refuses: nothing is lost, all of it is held in memory.</summary>
    public int Waiting => _writer.Waiting;

    /// <inheritdoc />
    /// <remarks>With <see cref="LedgerDurability.Strict"/> already while the last commit failed: an answer would wait for the disk, and be paid for all the same.</remarks>
    public bool IsFull => Waiting >= _mostWaiting || (_isStrict && _writer.IsHeldUp);

    /// <summary>
    /// Records that could never be written because of what they are, such as text that is too long. Zero unless there is a bug.
    /// </summary>
    public long Refused => _writer.Refused;

    /// <summary>Why the last commit failed; null once one succeeded.</summary>
    public string? LastError => _writer.LastError;

    /// <summary>Commits begin to fail, and why; or, with null, they succeed again. Raised on the writer's thread; a handler must not throw.</summary>
    public event Action<string?>? WritingChanged;

    /// <summary>Costs of requests that were settled before are others now. Raised once for all of them; a handler must not throw.</summary>
    public event Action? CostsCorrected;

    /// <summary>What the writing connection flushes: 1 at checkpoints, 2 at every commit.</summary>
    internal long Synchronous { get; private init; }

    /// <summary>Opens the ledger: makes or migrates its schema, and settles what a crash left open.</summary>
    /// <param name="options">Which, and how durable.</param>
    /// <param name="time">Times groups, back-offs and what was interrupted.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">
    /// The file is damaged or no ledger, comes from a newer version, may not be written, or another gateway has it open.
    /// </exception>
    public static Task<SqliteLedger> OpenAsync(SqliteLedgerOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        Task.Run(() => Open(options, time), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="ObjectDisposedException">The ledger is closed.</exception>
    public void Begin(RequestIntent intent) => _writer.Add(_erasure.Apply(intent));

    /// <inheritdoc />
    /// <remarks>
    /// With <see cref="LedgerDurability.Group"/> the task is complete at once and says nothing of the disk. With
    /// <see cref="LedgerDurability.Strict"/> it completes when the record has been flushed to disk; a disk that refuses makes it wait,
    /// and it fails only with a <see cref="LedgerException"/> for a record that can never be written, or when the ledger is closed
    /// before the disk gives in. A second settlement of a request is dropped: the first one counts.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The ledger is closed.</exception>
    public ValueTask Settle(RequestRecord record)
    {
        var intent = _erasure.Apply(record.Intent);
        if (!ReferenceEquals(intent, record.Intent)) record = record with { Intent = intent };
        if (_isStrict) return new ValueTask(_writer.AddDurably(record));
        _writer.Add(record);
        return ValueTask.CompletedTask;
    }

    /// <summary>Completes when everything appended so far is committed. While the disk refuses it waits.</summary>
    /// <exception cref="ObjectDisposedException">The ledger is closed.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _writer.Flush().WaitAsync(cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be read; or nothing is found, and it may be among records that cannot be written now.</exception>
    public async ValueTask<StoredRequest?> FindAsync(string id, string tenant, CancellationToken cancellationToken)
    {
        var mayWait = _writer.Waiting > 0; // looked at first: what is committed during the read is not in it, and waits no more
        var found = await ReadAsync(connection => LedgerReader.Find(connection, id, tenant), cancellationToken).ConfigureAwait(false);
        if (found?.Record is not null || !mayWait) return found;
        // It may be among those that wait. A client that asks right after its answer should not have to ask twice.
        var flushed = _writer.IsHeldUp ? null : _writer.Flush();
        if (flushed is not null)
        {
            await Task.WhenAny(flushed, Task.Delay(found is null ? ReportPatience : ReadPatience, _time, cancellationToken)).ConfigureAwait(false);
            found = await ReadAsync(connection => LedgerReader.Find(connection, id, tenant), cancellationToken).ConfigureAwait(false);
        }

        // To say that there is none would be to forget what is owed.
        return found is not null || flushed is { IsCompletedSuccessfully: true } ? found : throw Unwritten();
    }

    /// <summary>Sums over everything appended before the call. Reads the whole ledger: for reports, not for metrics.</summary>
    /// <exception cref="LedgerException">The file cannot be read, or what was appended cannot be written now.</exception>
    public async ValueTask<LedgerTotals> TotalsAsync(CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(LedgerReader.Totals, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What the requests cost that were accepted in a range of time, corrections included, by what is asked for; whatever was
    /// appended before the call is in it. Costs that are not known are not. Over a connection of its own, which holds up neither
    /// writing nor other reads.
    /// </summary>
    /// <param name="from">The first time of acceptance.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="groupBy">What to tell apart; empty for one sum.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <returns>A row for each group that has a cost, in no order.</returns>
    /// <exception cref="LedgerException">The file cannot be read, or what was appended cannot be written now.</exception>
    /// <exception cref="ObjectDisposedException">The ledger is closed.</exception>
    public async ValueTask<IReadOnlyList<SpentRow>> SpentAsync(
        DateTimeOffset from, DateTimeOffset until, IReadOnlyList<CostDimension> groupBy, CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        return await ReadApartAsync(connection => CostReader.Spent(connection, from, until, groupBy), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A report of costs: whatever was appended before the call is in it. Over a connection of its own, as <see cref="SpentAsync"/>.</summary>
    /// <exception cref="CostQueryException">It cannot be made as it is asked for.</exception>
    /// <exception cref="LedgerException">The file cannot be read, or what was appended cannot be written now.</exception>
    /// <exception cref="ObjectDisposedException">The ledger is closed.</exception>
    public async ValueTask<CostReport> CostsAsync(CostQuery query, CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        return await ReadApartAsync(connection => CostReader.Report(connection, query), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the routes cost, and how many successful outcomes they have: what is committed, over a connection of its own. Costs come from the rollups, so that it is quick.</summary>
    /// <param name="from">The first time of acceptance.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<IReadOnlyList<RouteOutcomes>> RouteOutcomesAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        ReadApartAsync(connection => RouteOutcomesReader.Read(connection, from, until), cancellationToken);

    /// <summary>Groups of requests with their outcomes: whatever was appended before the call is in them. Over a connection of its own, as <see cref="SpentAsync"/>.</summary>
    /// <param name="query">Its limit is not looked at.</param>
    /// <param name="tellsRescued">Whether <see cref="RequestSums.Rescued"/> is counted, which takes longer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The groups, in no order.</returns>
    /// <exception cref="CostQueryException">There are too many groups, or requests of that time were removed.</exception>
    /// <exception cref="LedgerException">The file cannot be read, or what was appended cannot be written now.</exception>
    /// <exception cref="ObjectDisposedException">The ledger is closed.</exception>
    public async ValueTask<IReadOnlyCollection<SumsRow>> SumsAsync(CostQuery query, bool tellsRescued, CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        return await ReadApartAsync(connection => SumsReader.Read(connection, query, tellsRescued, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Requests or attempts in the order of their ids, page by page; <see cref="LedgerExport.Columns"/> says what their values are. Whatever was appended
    /// before the call is in it.
    /// </summary>
    /// <param name="from">The first time of acceptance.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="areAttempts">Whether attempts are read, a row each, rather than requests.</param>
    /// <param name="cancellationToken">Ends it between two pages.</param>
    /// <exception cref="LedgerException">The file cannot be read, or what was appended cannot be written now.</exception>
    public async IAsyncEnumerable<IReadOnlyList<object?[]>> ExportAsync(DateTimeOffset from, DateTimeOffset until, bool areAttempts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        string? after = null;
        do
        {
            yield return await ReadApartAsync(connection => LedgerExport.Page(connection, from, until, areAttempts, ref after), cancellationToken).ConfigureAwait(false);
        }
        while (after is not null);
    }

    /// <summary>
    /// Adds what is committed to the rollups, which reports are read from: the more of it they have, the faster a report is; its sums
    /// are the same either way. Rows are read over a connection of their own; only to add sums the writer is held up, for some milliseconds.
    /// </summary>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <returns>How many requests it passed.</returns>
    /// <exception cref="LedgerException">The file cannot be read or written; what was added stays.</exception>
    public async ValueTask<long> RollUpAsync(CancellationToken cancellationToken)
    {
        await _upkeep.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await RollUpAloneAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _upkeep.Release();
        }
    }

    /// <summary>Whether something is older than it is to be kept.</summary>
    /// <param name="oldestRequest">Requests that were accepted before are to go; null: none.</param>
    /// <param name="oldestRollup">Sums of before are to go; null: none.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<bool> HasExpiredAsync(DateTimeOffset? oldestRequest, DateTimeOffset? oldestRollup, CancellationToken cancellationToken) => ReadApartAsync(
        connection => (oldestRequest is { } requests && ExpiredRows.Requests(connection, requests, atMost: 1).Count > 0) || (oldestRollup is { } rollups && ExpiredRows.HasRollups(connection, rollups)),
        cancellationToken);

    /// <summary>
    /// Removes what is older than it is to be kept: requests with their attempts, corrections, decisions and outcomes, once the rollups have them, and
    /// the rollups themselves. The newest request and the newest outcome stay, however old. The file keeps its size; what is free in it is used again.
    /// </summary>
    /// <param name="oldestRequest">Requests that were accepted before go; null: none.</param>
    /// <param name="oldestRollup">Sums of before go; null: none.</param>
    /// <param name="cancellationToken">Ends it between two pieces; what was removed stays so.</param>
    /// <exception cref="LedgerException">The file cannot be read or written.</exception>
    public async ValueTask<RemovedRows> RemoveExpiredAsync(DateTimeOffset? oldestRequest, DateTimeOffset? oldestRollup, CancellationToken cancellationToken)
    {
        await _upkeep.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RollUpAloneAsync(cancellationToken).ConfigureAwait(false);
            long requests = 0, rollups = 0;
            if (oldestRequest is { } oldest)
            {
                while (await ReadApartAsync(connection => ExpiredRows.Requests(connection, oldest), cancellationToken).ConfigureAwait(false) is { Count: > 0 } expired)
                {
                    await WriteAsync(connection => ExpiredRows.Remove(connection, expired), cancellationToken).ConfigureAwait(false);
                    requests += expired.Count;
                }

                await WriteAsync(ExpiredRows.RemoveLeftBehind, cancellationToken).ConfigureAwait(false);
                if (requests > 0) await RemoveDecisionsAsync(cancellationToken).ConfigureAwait(false);
            }

            if (oldestRollup is { } before)
            {
                while (await WriteAsync(connection => ExpiredRows.RemoveRollups(connection, before), cancellationToken).ConfigureAwait(false) is var removed and > 0) rollups += removed;
                while (rollups > 0 && await WriteAsync(ExpiredRows.RemoveDimensions, cancellationToken).ConfigureAwait(false) > 0)
                {
                }
            }

            return new RemovedRows(requests, rollups);
        }
        finally
        {
            _upkeep.Release();
        }
    }

    /// <summary>When each target last answered, as far as the last attempts tell that the ledger has, and whether a tenant asked that asks for nobody.</summary>
    /// <param name="prober">The tenant.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<IReadOnlyList<LastAnswer>> LastAnswersAsync(string prober, CancellationToken cancellationToken) =>
        ReadApartAsync(connection => LastAnswersReader.Read(connection, prober), cancellationToken);

    /// <summary>The names of the targets that the ledger tells of: whatever was appended before the call is in them.</summary>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read, or what was appended cannot be written now.</exception>
    public async ValueTask<IReadOnlyList<string>> TargetsAsync(CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        return await ReadApartAsync(CostCorrections.Targets, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Computes costs anew from the tokens that are kept, at the prices in force: where one is another, or is known only now, the difference is written
    /// down as a correction. What was written before stays as it is. Asked for twice, there is nothing new the second time.
    /// </summary>
    /// <param name="asked">Which.</param>
    /// <param name="cancellationToken">Gives up in between; what was corrected stays so, and the rest is corrected by the next call.</param>
    /// <exception cref="LedgerException">The file cannot be read or written.</exception>
    public async ValueTask<RerateResult> RerateAsync(Rerating asked, CancellationToken cancellationToken)
    {
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        await _upkeep.WaitAsync(cancellationToken).ConfigureAwait(false);
        var result = new RerateResult(0, 0, 0, 0, Usd.Zero);
        try
        {
            string? after = null;
            do
            {
                var page = await ReadApartAsync(connection => CostCorrections.Find(connection, asked, ref after), cancellationToken).ConfigureAwait(false);
                result += page.Result; // before it is written: a page whose writing was given up may be there all the same, and budgets must hear of it
                if (!asked.IsDryRun && page.Corrections.Count > 0)
                {
                    await WriteAsync(connection => CostCorrections.Write(connection, page.Corrections, asked.Reason, _time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
                }
            }
            while (after is not null);
        }
        finally
        {
            _upkeep.Release();
            if (!asked.IsDryRun && result.Corrected > 0) CostsCorrected?.Invoke();
        }

        return result;
    }

    /// <summary>
    /// Takes an end user out of the ledger: nothing tells any more which requests were theirs. What was accepted before now, and what of it is still on
    /// its way, is all in it; what the user asks later is recorded anew.
    /// </summary>
    /// <param name="tenant">Whose user it is.</param>
    /// <param name="user">The user's pseudonym.</param>
    /// <param name="cancellationToken">Gives up in between; what was erased stays so, and the rest is erased by the next call.</param>
    /// <returns>How many settled requests were theirs.</returns>
    /// <exception cref="LedgerException">The file cannot be read or written.</exception>
    public async ValueTask<long> EraseUserAsync(string tenant, string user, CancellationToken cancellationToken)
    {
        _erasure.Begin(tenant, user, _time.GetUtcNow());
        await WrittenAsync(cancellationToken).ConfigureAwait(false);
        await _upkeep.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var rows = await ReadApartAsync(connection => UserErasure.Find(connection, tenant, user), cancellationToken).ConfigureAwait(false);
            foreach (var piece in UserErasure.Pieces(rows)) await WriteAsync(connection => UserErasure.Erase(connection, piece), cancellationToken).ConfigureAwait(false);
            await WriteAsync(connection => UserErasure.EraseOpen(connection, tenant, user), cancellationToken).ConfigureAwait(false);
            var renamings = await ReadApartAsync(connection => Rollups.OfUser(connection, tenant, user, UserPseudonyms.Erased), cancellationToken).ConfigureAwait(false);
            while (renamings.Count > 0) await WriteAsync(connection => Rollups.Rename(connection, renamings), cancellationToken).ConfigureAwait(false);
            return rows.Count;
        }
        finally
        {
            _upkeep.Release();
        }
    }

    /// <summary>
    /// Counts how the requests of routes ended, an hour at a time, over a connection of its own that holds up neither writing nor other
    /// reads. A ledger in memory has nothing from before its process, and tells nothing.
    /// </summary>
    /// <param name="promised">The routes, at least one, and the time in which each promises its answers; null where it promises none.</param>
    /// <param name="from">The first time of an end.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="add">Called for each slice; one route and slice may come several times, and are then to be added up.</param>
    /// <param name="cancellationToken">Ends it between two hours.</param>
    /// <exception cref="LedgerException">The file cannot be read, or holds what this version does not know.</exception>
    public async Task ReadRoutesAsync(
        IReadOnlyList<(string Route, TimeSpan? P95)> promised, DateTimeOffset from, DateTimeOffset until, Action<RouteSlice> add, CancellationToken cancellationToken)
    {
        if (_path is not { } path) return;
        try
        {
            await using var connection = await Task.Run(() => Connect(path, SqliteOpenMode.ReadWrite), cancellationToken).ConfigureAwait(false);
            Execute(connection, "PRAGMA query_only = ON");
            var hour = TimeSpan.FromHours(1);
            for (var accepted = from - hour; accepted < until; accepted += hour) // a request takes less than an hour
            {
                cancellationToken.ThrowIfCancellationRequested();
                var begin = accepted;
                foreach (var slice in await Task.Run(() => RouteHistory.Read(connection, promised, begin, begin + hour, from, until), cancellationToken).ConfigureAwait(false)) add(slice);
            }
        }
        catch (SqliteException exception)
        {
            throw new LedgerException("The ledger cannot be read: " + exception.Message, exception);
        }
    }

    /// <summary>Commits what waits, and closes. While the disk refuses it goes on trying for five seconds.</summary>
    /// <exception cref="LedgerException">The disk refused to the end: the message says how many records are lost.</exception>
    public async ValueTask DisposeAsync()
    {
        await _upkeep.WaitAsync().ConfigureAwait(false);
        _upkeep.Release();
        try
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await Keys.DisposeAsync().ConfigureAwait(false);
            await _reading.DisposeAsync().ConfigureAwait(false);
            await _writing.DisposeAsync().ConfigureAwait(false);
            if (_lock is not null) await _lock.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static SqliteLedger Open(SqliteLedgerOptions options, TimeProvider time)
    {
        var isMemory = options.Path == SqliteLedgerOptions.InMemory;
        FileStream? @lock = null;
        SqliteConnection? writing = null, reading = null;
        SqliteKeys? keys = null;
        try
        {
            if (!isMemory) @lock = Lock(options.Path);
            writing = Connect(options.Path, SqliteOpenMode.ReadWriteCreate);
            Prepare(writing, options.Durability, isMemory);
            SqliteMigrator.Apply(writing, time);
            var interrupted = InterruptedRequests.Settle(writing, time);
            // A database in memory belongs to its one connection, which reader and writer then take in turns.
            reading = isMemory ? writing : Connect(options.Path, SqliteOpenMode.ReadWrite);
            if (!isMemory) Execute(reading, "PRAGMA query_only = ON");
            keys = isMemory ? null : SqliteKeys.Open(options.Path);
            return new SqliteLedger(@lock, writing, reading, keys, options, time)
            {
                Interrupted = interrupted,
                Synchronous = Number(writing, "PRAGMA synchronous"),
            };
        }
        catch (Exception exception)
        {
            reading?.Dispose();
            writing?.Dispose();
            @lock?.Dispose();
            throw Explain(options.Path, exception);
        }
    }

    private static Exception Explain(string path, Exception exception) => exception switch
    {
        LedgerException => exception,
        SqliteException { SqliteErrorCode: raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT } =>
            new LedgerException($"The ledger {path} is damaged or is no SQLite database. Move it away, or put a backup in its place.", exception),
        SqliteException or IOException or UnauthorizedAccessException =>
            new LedgerException($"The ledger {path} cannot be opened for writing: {exception.Message}", exception),
        _ => exception,
    };

    /// <summary>Keeps a second gateway away: it would settle our running requests as interrupted. The system frees it when we die.</summary>
    private static FileStream Lock(string path)
    {
        const int wouldBlockOnLinux = 11, wouldBlockOnMac = 35, sharingViolation = unchecked((int)0x80070020);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        try
        {
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException exception) when (exception.HResult is wouldBlockOnLinux or wouldBlockOnMac or sharingViolation)
        {
            throw new LedgerException($"The ledger {path} is in use by another gateway. Stop that one, or give this one a store of its own.", exception) { IsInUse = true };
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        // Without pooling, closing is closing: the write-ahead log is folded into the file.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        return connection;
    }

    private static void Prepare(SqliteConnection connection, LedgerDurability durability, bool isMemory)
    {
        if (isMemory) return;
        // With a write-ahead log, NORMAL keeps all commits when the process dies, and an intact database when the machine does; FULL
        // also keeps all commits when the machine does.
        // Half as many writes as with pages of 4 KiB; a new file only, an old one keeps what it has.
        Execute(connection, "PRAGMA page_size = 8192");
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, durability == LedgerDurability.Strict ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        // Folded into the file every 16 MiB instead of 4: fewer flushes under load, and still read back quickly after a crash.
        Execute(connection, "PRAGMA wal_autocheckpoint = 2048");
        Execute(connection, "PRAGMA journal_size_limit = 67108864");
        Execute(connection, "PRAGMA cache_size = -16384");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Completes when everything appended so far is committed, for a while. What waits for a report does not wait for a disk.</summary>
    private async Task WrittenAsync(CancellationToken cancellationToken)
    {
        if (_writer.Waiting == 0) return;
        try
        {
            await _writer.Flush().WaitAsync(ReportPatience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Unwritten();
        }
    }

    private LedgerException Unwritten() => new($"Records wait to be written to the ledger{(LastError is { } error ? $" ({error})" : "")}: what was answered lately is not in it yet.");

    /// <summary>Reads what takes long over a connection of its own; in memory there is only the one.</summary>
    private async ValueTask<T> ReadApartAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        if (_path is not { } path) return await ReadAsync(read, cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(
                () =>
                {
                    using var connection = Connect(path, SqliteOpenMode.ReadWrite);
                    Execute(connection, "PRAGMA query_only = ON");
                    return read(connection);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException exception)
        {
            throw new LedgerException("The ledger cannot be read: " + exception.Message, exception);
        }
    }

    /// <summary>Adds to the rollups; the caller keeps others from doing it.</summary>
    private async ValueTask<long> RollUpAloneAsync(CancellationToken cancellationToken)
    {
        var passed = 0L;
        while (await ReadApartAsync(connection => Rollups.Read(connection, MostRequestsPerStep), cancellationToken).ConfigureAwait(false) is { } step)
        {
            await WriteAsync(connection => Rollups.Write(connection, step), cancellationToken).ConfigureAwait(false);
            passed += step.UpTo.Requests - step.After.Requests;
        }

        return passed;
    }

    /// <summary>Removes the decisions that no request names any more.</summary>
    private async ValueTask RemoveDecisionsAsync(CancellationToken cancellationToken)
    {
        var last = await WriteAsync(
            connection =>
            {
                _writer.ForgetDecisions(); // nor will one that comes from now on
                return ExpiredRows.LastDecision(connection);
            },
            cancellationToken).ConfigureAwait(false);
        var unnamed = await ReadApartAsync(connection => ExpiredRows.Decisions(connection, last), cancellationToken).ConfigureAwait(false);
        foreach (var piece in ExpiredRows.Pieces(unnamed)) await WriteAsync(connection => ExpiredRows.RemoveDecisions(connection, piece), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(Action<SqliteConnection> write, CancellationToken cancellationToken) => await WriteAsync(
        connection =>
        {
            write(connection);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    private ValueTask<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellationToken) => _write.RunAsync("written", write, cancellationToken);

    private ValueTask<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) => _read.RunAsync("read", read, cancellationToken);
}

using Fairlead.Providers.Transport;

namespace Fairlead.Core.Tests.Transport;

/// <summary>What comes over a connection comes out as it is, in few reads; a connection that waits holds no buffer.</summary>
public sealed class ReadAheadStreamTests : IAsyncDisposable
{
    private readonly Connection _connection = new();
    private readonly ReadAheadStream _stream;

    public ReadAheadStreamTests() => _stream = new ReadAheadStream(_connection);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task Read_ABurst_IsTakenInLargePieces()
    {
        var sent = Bytes(60_000);
        _connection.Arrive(sent);

        Assert.Equal(sent, await ReadAsync(60_000, size: 4096));

        // The first one fills what it is given, the second takes 32 KiB, the third what is left.
        Assert.Equal([4096, 32 * 1024, 32 * 1024], _connection.Asked);
    }

    [Fact]
    public async Task Read_LittleAtATime_GoesStraightIntoTheReadersMemory()
    {
        for (var i = 0; i < 3; i++)
        {
            _connection.Arrive(Bytes(100));
            Assert.Equal(100, (await ReadAsync(100, size: 4096)).Length);
        }

        Assert.Equal([4096, 4096, 4096], _connection.Asked);
    }

    [Fact]
    public async Task Read_LargerThanAPiece_GoesStraightIntoTheReadersMemory()
    {
        _connection.Arrive(Bytes(300_000));

        await ReadAsync(300_000, size: 100_000);

        Assert.Equal([100_000, 100_000, 100_000], _connection.Asked);
    }

    [Fact]
    public async Task Wait_NothingThere_IsAReadOfNothing()
    {
        var waiting = _stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal([0], _connection.Asked);

        _connection.Arrive(Bytes(5));
        Assert.Equal(0, await waiting);
        Assert.Equal(5, (await ReadAsync(5, size: 4096)).Length);
    }

    [Fact]
    public async Task Wait_BetweenFullReads_TakesWhatIsThereAndLosesNothing()
    {
        var sent = Bytes(50_000);
        _connection.Arrive(sent);
        var received = new List<byte>();
        while (received.Count < sent.Length)
        {
            Assert.Equal(0, await _stream.ReadAsync(Memory<byte>.Empty));
            received.AddRange(await ReadOnceAsync(4096));
        }

        Assert.Equal(sent, received);
        Assert.Equal([0, 4096, 32 * 1024, 32 * 1024], _connection.Asked);
    }

    [Fact]
    public async Task Read_AtTheEnd_IsNothing()
    {
        _connection.Arrive(Bytes(4096));
        _connection.End();

        Assert.Equal(4096, (await ReadOnceAsync(4096)).Length);
        Assert.Equal(0, await _stream.ReadAsync(new byte[10]));
        Assert.Equal(0, await _stream.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task Read_Fails_FailsAndGoesOnAfterwards()
    {
        _connection.Arrive(Bytes(4096));
        await ReadOnceAsync(4096);
        using var cancelled = new CancellationTokenSource();
        var reading = _stream.ReadAsync(new byte[10], cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        _connection.Arrive([1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReadOnceAsync(10));
    }

    [Fact]
    public async Task Read_AnySizesInAnyOrder_GivesTheSameBytes()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            await using var connection = new Connection();
            await using var stream = new ReadAheadStream(connection);
            var sent = Bytes(random.Next(1, 120_000));
            var received = new List<byte>();
            for (var from = 0; received.Count < sent.Length;)
            {
                var size = random.Next(4) switch { 0 => 0, 1 => 4096, 2 => random.Next(1, 100), _ => random.Next(1, 70_000) };
                var buffer = new byte[size];
                var reading = stream.ReadAsync(buffer).AsTask();
                while (!reading.IsCompleted)
                {
                    var count = Math.Min(random.Next(1, 50_000), sent.Length - from);
                    connection.Arrive(sent.AsSpan(from, count));
                    from += count;
                }

                var read = await reading;
                Assert.True(read > 0 || size == 0, $"Seed {seed}: a read of {size} gave nothing.");
                received.AddRange(buffer[..read]);
            }

            Assert.Equal(sent, received);
        }
    }

    [Fact]
    public async Task Write_GoesToTheConnection()
    {
        await _stream.WriteAsync(new byte[] { 1, 2 });
        _stream.Write([4]);

        Assert.Equal([1, 2, 4], _connection.Written);
    }

    [Fact]
    public async Task Dispose_EndsTheConnection()
    {
        await _stream.DisposeAsync();

        Assert.True(_connection.IsDisposed);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private async Task<byte[]> ReadOnceAsync(int size)
    {
        var buffer = new byte[size];
        return buffer[..await _stream.ReadAsync(buffer)];
    }

    private async Task<byte[]> ReadAsync(int count, int size)
    {
        var received = new List<byte>();
        while (received.Count < count) received.AddRange(await ReadOnceAsync(size));
        return [.. received];
    }

    /// <summary>A connection whose bytes arrive when the test says so; notes how much each read asked for.</summary>
    private sealed class Connection : Stream
    {
        private readonly Queue<byte> _bytes = new();
        private TaskCompletionSource _arrived = new();
        private bool _hasEnded;

        public List<int> Asked { get; } = [];

        public List<byte> Written { get; } = [];

        public bool IsDisposed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Arrive(ReadOnlySpan<byte> bytes)
        {
            foreach (var value in bytes) _bytes.Enqueue(value);
            _arrived.TrySetResult();
        }

        public void End()
        {
            _hasEnded = true;
            _arrived.TrySetResult();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Asked.Add(buffer.Length);
            while (_bytes.Count == 0 && !_hasEnded)
            {
                _arrived = new TaskCompletionSource();
                await _arrived.Task.WaitAsync(cancellationToken);
            }

            var count = Math.Min(buffer.Length, _bytes.Count);
            for (var i = 0; i < count; i++) buffer.Span[i] = _bytes.Dequeue();
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.AddRange(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(ReadOnlySpan<byte> buffer) => Written.AddRange(buffer);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}

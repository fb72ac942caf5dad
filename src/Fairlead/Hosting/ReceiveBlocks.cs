using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Fairlead.Hosting;

/// <summary>
/// Kestrel's memory in blocks of 32 KiB instead of 4: a large prompt then takes an eighth of the receives. Blocks are pinned
/// once and kept; idle connections hold none.
/// </summary>
internal sealed class ReceiveBlocks : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private const int BlockSize = 32 * 1024;
        private const int MostIdle = 512;

        private readonly ConcurrentQueue<Block> _idle = new();
        private int _idleCount;

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            if (!_idle.TryDequeue(out var block)) return new Block(this);
            Interlocked.Decrement(ref _idleCount);
            return block;
        }

        private void Return(Block block)
        {
            if (Interlocked.Increment(ref _idleCount) <= MostIdle) _idle.Enqueue(block);
            else Interlocked.Decrement(ref _idleCount);
        }

        protected override void Dispose(bool disposing) => _idle.Clear();

        private sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);

            public void Dispose() => pool.Return(this);
        }
    }
}

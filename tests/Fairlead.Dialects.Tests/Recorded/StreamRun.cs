using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>
/// Does with a stream what the contract of <see cref="ObservedEvents"/> says: lets whole events out, keeps held ones, drops
/// withheld ones. The bytes may come in any pieces.
/// </summary>
internal sealed class StreamRun
{
    private readonly Func<StreamObserver>? _create;
    private readonly ChatStreamObserver _chat = new();
    private readonly byte[] _bytes;
    private readonly byte[] _released;
    private readonly byte[] _held;
    private int _releasedLength;
    private int _heldLength;
    private int _consumed;
    private int _received;

    /// <param name="bytes">The stream.</param>
    /// <param name="create">Makes an observer for each run; null for the chat dialect's, which is used over and over.</param>
    public StreamRun(byte[] bytes, Func<StreamObserver>? create = null)
    {
        _create = create;
        _bytes = bytes;
        _released = new byte[bytes.Length];
        _held = new byte[bytes.Length];
    }

    public StreamObserver Observer { get; private set; } = new ChatStreamObserver();

    /// <summary>What went out.</summary>
    public ReadOnlySpan<byte> Released => _released.AsSpan(0, _releasedLength);

    public int Consumed => _consumed;

    public void Start(bool withholds, int choices = 1)
    {
        _chat.Reset(withholds, choices);
        Observer = _create?.Invoke() ?? _chat;
        _releasedLength = _heldLength = _consumed = _received = 0;
    }

    /// <summary>The bytes up to an offset have come.</summary>
    public void Receive(int upTo)
    {
        _received = upTo;
        Observe(isFinal: false);
    }

    /// <summary>The stream has ended; what was held goes out when it is complete.</summary>
    public void End()
    {
        Observe(isFinal: true);
        if (!Observer.IsComplete) return;
        ReleaseHeld();
    }

    private void Observe(bool isFinal)
    {
        var buffer = _bytes.AsSpan(_consumed.._received);
        var observed = Observer.Observe(buffer, isFinal);
        Assert.InRange(observed.Consumed, 0, buffer.Length);
        Assert.InRange(observed.HeldFrom, 0, observed.Consumed);
        if (observed.ReleasesHeld) ReleaseHeld();
        var from = 0;
        foreach (var withheld in observed.Withheld)
        {
            Assert.InRange(withheld.Start, from, withheld.End);
            Assert.InRange(withheld.End, withheld.Start, observed.Consumed);
            Pass(buffer, from, withheld.Start, observed.HeldFrom);
            from = withheld.End;
        }

        Pass(buffer, from, observed.Consumed, observed.HeldFrom);
        _consumed += observed.Consumed;
    }

    private void Pass(ReadOnlySpan<byte> buffer, int from, int to, int heldFrom)
    {
        var middle = Math.Clamp(heldFrom, from, to);
        buffer[from..middle].CopyTo(_released.AsSpan(_releasedLength));
        _releasedLength += middle - from;
        buffer[middle..to].CopyTo(_held.AsSpan(_heldLength));
        _heldLength += to - middle;
    }

    private void ReleaseHeld()
    {
        _held.AsSpan(0, _heldLength).CopyTo(_released.AsSpan(_releasedLength));
        _releasedLength += _heldLength;
        _heldLength = 0;
    }
}

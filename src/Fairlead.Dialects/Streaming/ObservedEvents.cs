namespace Fairlead.Dialects.Streaming;

/// <summary>A range of an observed buffer.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">Behind its last byte.</param>
public readonly record struct ByteRange(int Start, int End);

/// <summary>What may be done with the bytes of one observed buffer.</summary>
/// <param name="Consumed">Bytes at the front that are whole events; the rest belongs to an event that is not whole yet.</param>
/// <param name="HeldFrom">
/// From here on the events say that the answer is finished: they are held back until the stream has ended as its dialect ends, so
/// that a broken one never looks finished. Equal to <paramref name="Consumed"/> when nothing is held.
/// </param>
/// <param name="ReleasesHeld">What was held before may go: the answer was not finished after all.</param>
/// <param name="Withheld">Whole events that the client must not see, in order; within what is consumed.</param>
public readonly record struct ObservedEvents(int Consumed, int HeldFrom, bool ReleasesHeld, IReadOnlyList<ByteRange> Withheld);

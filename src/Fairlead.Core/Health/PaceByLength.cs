using System.Numerics;

namespace Fairlead.Core.Health;

/// <summary>
/// How many times slower a target is than it is used to, each answer held against those of about its length: the first content of streams
/// against that of streams whose prompts have the same power of two of tokens, a JSON answer against those whose own tokens have. A JSON answer is waited for until its last
/// token: who asks for long ones makes no target slow, and within a length less than twice the time is no slowness yet. A target that has
/// become slow takes longer for any length. Safe for any number of threads; of two samples at the same moment one may be lost.
/// </summary>
internal sealed class PaceByLength(TimeProvider time)
{
    /// <summary>More than 2^24 tokens has no prompt and no answer.</summary>
    private const int MostBits = 25;

    /// <summary>After so long a length counts a third beside one that was answered just now.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(10);

    /// <summary>One for each power of two: of streams by their prompts, then of JSON answers.</summary>
    private readonly Length?[] _lengths = new Length?[2 * MostBits];

    private long _at;

    /// <summary>How many times longer it takes than it is used to, over all lengths by how many answers they had; not a number without a sample.</summary>
    public double Slowness
    {
        get
        {
            var at = Volatile.Read(ref _at);
            var (sum, weights) = (0.0, 0.0);
            for (var i = 0; i < _lengths.Length; i++)
            {
                if (Volatile.Read(ref _lengths[i]) is not { } length) continue;
                var weight = length.WeightAt(at);
                weights += weight;
                sum += weight * Math.Log(length.Pace.Slowness);
            }

            return Math.Exp(sum / weights);
        }
    }

    /// <summary>Adds a sample.</summary>
    /// <param name="milliseconds">The time to the answer.</param>
    /// <param name="tokens">Those of a JSON answer; null for the first content of a stream.</param>
    /// <param name="promptTokens">Those of the prompt, about.</param>
    /// <param name="now">Now.</param>
    public void Add(double milliseconds, long? tokens, long promptTokens, long now)
    {
        ref var place = ref _lengths[tokens is { } many ? MostBits + PowerOf(many) : PowerOf(promptTokens)];
        var length = Volatile.Read(ref place) ?? Interlocked.CompareExchange(ref place, new Length(time), null) ?? place;
        length.Add(milliseconds, now);
        Volatile.Write(ref _at, now);
    }

    private static int PowerOf(long tokens) => Math.Min(BitOperations.Log2((ulong)Math.Max(1, tokens)), MostBits - 1);

    /// <summary>What is known of answers of one length.</summary>
    private sealed class Length(TimeProvider time)
    {
        private double _weight;
        private long _at;

        public UsualPace Pace { get; } = new(time);

        /// <summary>How many answers it had lately.</summary>
        public double WeightAt(long now) => Volatile.Read(ref _weight) * Math.Exp(-Math.Max(0, time.GetElapsedTime(Volatile.Read(ref _at), now) / Lately));

        public void Add(double milliseconds, long now)
        {
            var weight = WeightAt(now) + 1;
            Volatile.Write(ref _at, now);
            Volatile.Write(ref _weight, weight);
            Pace.Add(milliseconds, now);
        }
    }
}

using System.Text.Json.Nodes;
using CsCheck;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>One thing that an answer says.</summary>
internal abstract record Said
{
    private Said()
    {
    }

    public sealed record Text(string Words) : Said;

    /// <summary>A thought; without a signature where its vendor signs none.</summary>
    public sealed record Thought(string Words, string? Signature) : Said;

    /// <summary>A thought that only its vendor can read.</summary>
    public sealed record SealedThought(string Data) : Said;

    public sealed record Call(string Id, string Name, JsonObject Input) : Said;
}

/// <summary>Tokens as both dialects can tell them: cached and written ones within the input, thinking within the output.</summary>
internal sealed record SaidUsage(long Input, long Cached, long Written, long Output, long Thinking);

/// <summary>What a vendor answers, in no dialect. A refusal has words and nothing else is said.</summary>
internal sealed record SaidAnswer(int Seed, string Id, string Model, IReadOnlyList<Said> Parts, string? Refusal, string Finish, string? Stop, SaidUsage Usage)
{
    public const string Ended = "ended", Limit = "limit", Filtered = "filtered", StoppedAt = "stopped at", Refused = "refused";

    /// <summary>Any answer that a vendor may give: it signs all thoughts or none.</summary>
    public static Gen<SaidAnswer> Any { get; } = Gen.Int.Select(Make);

    public IEnumerable<Said.Call> Calls => Parts.OfType<Said.Call>();

    public string Words => string.Concat(Parts.OfType<Said.Text>().Select(text => text.Words));

    /// <summary>The parts in the order that OpenAI's dialect has them in: thoughts, text, calls.</summary>
    public SaidAnswer InMembers() => this with { Parts = [.. Parts.OrderBy(part => part switch { Said.Thought or Said.SealedThought => 0, Said.Text => 1, _ => 2 })] };

    public override string ToString() => $"seed {Seed}: {string.Join("; ", Parts)}; refusal {Refusal}; {Finish} {Stop}; {Usage}";

    private static SaidAnswer Make(int seed)
    {
        var random = new Random(seed);
        var parts = new List<Said>();
        var signs = random.Chance(2);
        var isRefused = random.Chance(8);
        if (!isRefused)
        {
            for (var i = random.Next(4); i > 0; i--)
            {
                if (random.Chance(4) && signs) parts.Add(new Said.SealedThought(random.Pick("ErUB", "gAAAA+/==") + i));
                else if (random.Chance(2)) parts.Add(new Said.Thought(signs && random.Chance(4) ? "" : random.Text(halves: true), signs ? "Sig+/=" + i : null));
                else parts.Add(new Said.Text(random.Text(halves: true)));
            }

            for (var i = random.Pick(0, 0, 1, 2, 3, 4); i > 0; i--) parts.Add(new Said.Call(random.Pick("call_", "toolu_", "x-") + i, random.Pick("look", "set_\u00E9", "f"), random.Value()));
            if (parts.Count == 0) parts.Add(new Said.Text(random.Text()));
        }

        var (input, output) = (random.Next(1, 5000), random.Next(1, 5000));
        var cached = random.Chance(2) ? 0 : random.Next(input);
        var written = random.Chance(2) ? 0 : random.Next(input - cached);
        var finish = isRefused ? Refused : random.Pick(Ended, Ended, Ended, Limit, Filtered, StoppedAt);
        if (finish is Filtered or StoppedAt && parts.Exists(part => part is Said.Call)) finish = Ended;
        return new SaidAnswer(
            seed, "answer_" + random.Next(1000), random.Pick("a-model", "vendor/model:free", "mod\u00E8le"), parts, isRefused ? random.Text(halves: true) : null,
            finish, finish == StoppedAt ? random.Text() : null, new SaidUsage(input, cached, written, output, random.Chance(2) ? 0 : random.Next(output)));
    }
}

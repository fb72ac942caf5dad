using System.Globalization;
using Fairlead.Core.Messages;
using Fairlead.Core.Tokens;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Tokens;

/// <summary>The counts against what the vendors themselves reported.</summary>
[Trait("Category", "SharedData")]
public sealed class PromptTokensRecordedTests
{
    [Fact]
    public void Count_PlainTextForOpenAi_IsExact()
    {
        var plain = Known().Where(one => IsTokenizer(one) && !IsOpenWeights(one) && IsPlain(one.Conversation)).ToList();
        var exact = plain.Count(one => Count(one) == one.Reported);

        Figures("tokenizer, text alone", plain, Count);
        SharedFolder.Report("prompt tokens, text alone by the tokenizer: exact", exact, plain.Count);
        Assert.True(plain.Count >= 25, $"{plain.Count}");
        Assert.Equal(plain.Count, exact);
    }

    [Fact]
    public void Count_ToolsAndSchemasForOpenAi_IsWithinTenPercent()
    {
        var rich = Known().Where(one => IsTokenizer(one) && !IsOpenWeights(one) && !IsPlain(one.Conversation)).ToList();

        Figures("tokenizer, tools, schemas, images", rich, Count);
        Check("prompt tokens, tools and schemas by the tokenizer: within 10 %", rich, one => Math.Abs(Error(one, Count)) <= 0.10, Count);
    }

    [Fact]
    public void Count_OpenWeights_IsNeverBelowTheHostsCount()
    {
        var open = Known().Where(IsOpenWeights).ToList();

        Figures("tokenizer and the dearest host's marks, gpt-oss", open, Count);
        Check("prompt tokens, gpt-oss: not below the host's count", open, one => Count(one) >= one.Reported, Count);
    }

    [Fact]
    public void Count_OtherModels_IsNeverBelowTheVendorsCount()
    {
        var others = Known().Where(one => !IsTokenizer(one)).ToList();
        foreach (var provider in others.GroupBy(one => one.Provider).OrderByDescending(group => group.Count())) Figures("estimate, " + provider.Key, [.. provider], Count);
        Figures("estimate, all", others, Count);
        Check("prompt tokens, estimate: not below the vendor's count", others, one => Count(one) >= one.Reported, Count);
    }

    [Fact]
    public void Estimate_OpenAiModels_IsNeverBelowTheVendorsCount()
    {
        var known = Known().Where(one => IsTokenizer(one) && !IsOpenWeights(one)).ToList();

        Figures("estimate, OpenAI's models without their tokenizer", known, Estimate);
        Check("prompt tokens, estimate for OpenAI's models: not below the vendor's count", known, one => Estimate(one) >= one.Reported, Estimate);
    }

    [Fact]
    public void Recordings_LeftOut_AreFewAndSayWhy()
    {
        var all = RecordedPrompt.All();
        var groups = all.Where(one => one.Unknowable is not null).GroupBy(one => one.Unknowable!).OrderBy(group => group.Key, StringComparer.Ordinal);

        SharedFolder.Figures("prompt tokens, left out: " + string.Join(", ", groups.Select(group => $"{group.Key} {group.Count()}")));
        SharedFolder.Report("prompt tokens: counts that can be told from the request", all.Count(one => one.Unknowable is null), all.Count);
        Assert.True(all.Count >= 240, $"{all.Count}");
        Assert.InRange(all.Count(one => one.Unknowable is not null), 0, all.Count / 6);
    }

    private static IEnumerable<RecordedPrompt> Known() => RecordedPrompt.All().Where(one => one.Unknowable is null);

    private static bool IsTokenizer(RecordedPrompt one) => OpenAiRules.For(ModelName.Of(one.Model)) is not null;

    private static bool IsOpenWeights(RecordedPrompt one) => one.Model.Contains("gpt-oss", StringComparison.Ordinal);

    private static bool IsPlain(Conversation conversation) =>
        conversation.Tools.Count == 0 && conversation.OutputFormat is null or OutputFormat.JsonObject && conversation.Messages.All(message => message.Parts.All(part => part is TextPart));

    private static long Count(RecordedPrompt one) => PromptTokens.Count(one.Conversation, one.Provider, one.Model).Tokens;

    private static long Estimate(RecordedPrompt one) => PromptTokens.Estimate(one.Conversation, one.Provider, one.Model).Tokens;

    private static double Error(RecordedPrompt one, Func<RecordedPrompt, long> count) => (count(one) - one.Reported) / (double)one.Reported;

    private static void Check(string name, List<RecordedPrompt> prompts, Func<RecordedPrompt, bool> isGood, Func<RecordedPrompt, long> count)
    {
        Assert.NotEmpty(prompts);
        var bad = prompts.Where(one => !isGood(one)).ToList();
        SharedFolder.Report(name, prompts.Count - bad.Count, prompts.Count);
        Assert.True(bad.Count == 0, string.Join("\n", bad.Select(one => $"{one}: reported {one.Reported}, counted {count(one)}")));
    }

    /// <summary>Prints the distribution of the errors, in percent of the vendor's count.</summary>
    private static void Figures(string name, List<RecordedPrompt> prompts, Func<RecordedPrompt, long> count)
    {
        if (prompts.Count == 0) return;
        var errors = prompts.Select(one => 100 * Error(one, count)).Order().ToList();
        var sizes = errors.Select(Math.Abs).Order().ToList();
        SharedFolder.Figures(string.Create(
            CultureInfo.InvariantCulture,
            $"prompt tokens, {name}: {errors.Count} counts, median {Signed(errors[errors.Count / 2])}, p95 of the error's size {sizes[(int)Math.Ceiling(0.95 * sizes.Count) - 1]:0.0} %, worst over {Signed(Math.Max(0, errors[^1]))}, worst under {Signed(Math.Min(0, errors[0]))}"));
        if (Environment.GetEnvironmentVariable("FAIRLEAD_TOKENS_VERBOSE") == "1")
        {
            foreach (var one in prompts.OrderBy(one => Error(one, count))) SharedFolder.Figures($"    {one.Id[..6]} {one.Provider} {one.Model}: reported {one.Reported}, counted {count(one)}, {100 * Error(one, count):0}");
        }
    }

    private static string Signed(double percent) => percent.ToString("+0.0 '%';-0.0 '%';0.0 '%'", CultureInfo.InvariantCulture);
}

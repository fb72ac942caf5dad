using System.Text.RegularExpressions;
using Fairlead.Core.Budgets;
using Fairlead.Core.Classification;
using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Core.Tests.Classification;
using Fairlead.Core.Tests.Routing;

namespace Fairlead.Core.Tests.Policy;

/// <summary>What rules read of one request.</summary>
public sealed class RequestInputsTests
{
    [Theory]
    [InlineData(@"[[:digit:]]", "d", false)]
    [InlineData(@"[[:digit:]]", "5", true)]
    [InlineData(@"^(?P<n>ab)+$", "abab", true)]
    [InlineData(@"\Qa.b\E", "a.b", true)]
    [InlineData(@"\Qa.b\E", "axb", false)]
    [InlineData(@"^123$", "123", true)]
    [InlineData(@"^123$", "123\n", false)]
    [InlineData(@"^\d$", "٣", false)]
    [InlineData(@"^[a-z-[aeiou]]$", "b]", true)]
    [InlineData(@"(?i)secret", "a SECRET", true)]
    public void Signal_Pattern_MeansInPromptsWhatItMeansInTexts(string pattern, string text, bool due)
    {
        var signals = new RuleSignals();
        var inPrompt = RuleSignalsTests.Compile($"prompt.matches(r\"\"\"{pattern}\"\"\")", signals);
        var inText = RuleSignalsTests.Compile($"request.template.matches(r\"\"\"{pattern}\"\"\")", signals);
        var inputs = new RequestInputs(Policies.Request() with { Content = new PlainContent(text), Template = text }, signals, BudgetView.None);

        Assert.Equal(CelValue.Of(due), inPrompt.Evaluate(inputs));
        Assert.Equal(CelValue.Of(due), inText.Evaluate(inputs));
    }

    [Theory]
    [InlineData(@"a(?=b)", "the pattern has a group that RE2 does not know")]
    [InlineData(@"(a)\1", "the pattern refers back to a group, which RE2 does not know")]
    [InlineData(@"((a{1000}){1000}){1000}", "the pattern repeats too much")]
    [InlineData(@"[[:digit:]", "the pattern has a '[' without ']'")]
    public void Signal_PatternThatTextsDoNotTake_IsAnErrorOfTheRule(string pattern, string message)
    {
        foreach (var receiver in new[] { "prompt", "request.template" })
        {
            var isCompiled = CelExpression.TryCompile($"{receiver}.matches(r'{pattern}')", PolicyVariables.DeclarationsOf(RuleScope.Routing), new RuleSignals(), CelType.Bool, out _, out var errors);

            Assert.False(isCompiled);
            Assert.Equal(message, Assert.Single(errors).Message);
        }
    }

    [Fact]
    public void Signal_SearchOutOfTime_IsAnErrorAndIsMadeOnce()
    {
        var signals = new RuleSignals();
        var rule = RuleSignalsTests.Compile("prompt.matches('a')", signals);
        var content = new SlowContent();
        var inputs = Of(content, signals);

        for (var i = 0; i < 2; i++) Assert.Equal("the pattern takes too long on this text", rule.Evaluate(inputs).AsString);

        Assert.Equal(1, content.Searches);
        Assert.Equal(TimeSpan.FromMilliseconds(250), content.Time);
        Assert.Equal(CelValue.Of(false), RuleSignalsTests.Compile("prompt.matches('a') && prompt.mentions(['b'])", signals).Evaluate(Of(content, signals)));
    }

    [Fact]
    public void Plan_SearchOutOfTime_CountsAsMatchedForConstraintsAndLabels()
    {
        var snapshot = Policies.Snapshot("""
            sensitivity: [ { label: phi, when: 'prompt.matches("a")' } ]
            constraints:
              - { name: labelled, when: '"phi" in sensitivity', require: '"hipaa" in provider.facts' }
              - { name: direct, when: 'prompt.matches("b")', require: 'provider.region == "onprem"' }
            routes:
              - { name: slow, when: 'prompt.matches("c")', tiers: [ { use: [mini] } ] }
              - { name: other, tiers: [ { prefer: cost } ] }
            """);

        var plan = Policies.Plan(snapshot, Policies.Request() with { Content = new SlowContent() });

        Assert.Equal(["local"], plan.All());
        Assert.Contains("labelled", plan.Why("mini"), StringComparison.Ordinal);
        Assert.Contains("direct", plan.Why("eumini"), StringComparison.Ordinal);
    }

    [Fact]
    public void Record_SearchOutOfTime_IsNull()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: r, when: 'prompt.matches(\"a\")', tiers: [ { use: [mini] } ] }, { name: s, tiers: [ { use: [big] } ] } ]");

        var inputs = Of(new SlowContent(), snapshot.Signals);
        RoutePlanner.Plan(inputs, snapshot, Core.Health.HealthView.Empty, new RuleErrors());

        Assert.Equal("""{"prompt.matches(\u0022a\u0022)":null}""", RecordedInputs.Of(inputs, snapshot));
    }

    internal static RequestInputs Of(IRequestContent content, RuleSignals signals) => new(Policies.Request() with { Content = content }, signals, BudgetView.None);

    /// <summary>A prompt that every pattern takes too long on.</summary>
    private sealed class SlowContent : IRequestContent
    {
        public int Searches { get; private set; }

        public TimeSpan Time { get; private set; }

        public long TextLength => 1;

        public long PromptTokens => 1;

        public bool HasImages => false;

        public bool HasCodeFence => false;

        public IReadOnlyList<string> ToolNames => [];

        public IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>();

        public bool Mentions(PhraseSet phrases) => false;

        public bool Matches(Regex pattern)
        {
            Searches++;
            Time = pattern.MatchTimeout;
            throw new RegexMatchTimeoutException("alice@example.org", pattern.ToString(), pattern.MatchTimeout);
        }
    }
}

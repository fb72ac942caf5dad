using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.PolicyTests;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Dialects;
using Fairlead.Pipeline;

namespace Fairlead.PolicyTests;

/// <summary>
/// Runs policy tests against a configuration: a real body goes the way of a request – peek, claims, classification, plan – with the
/// figures that the test writes down, and the plan is walked as execution would. Nothing is sent. Not safe for several threads.
/// </summary>
internal sealed class PolicyTestRunner(GatewaySnapshot snapshot, TimeProvider time)
{
    private long _version; // plans of one view are taken for those of another of the same version

    public TestedResult Run(PolicyTest test)
    {
        var outcome = Outcome(test);
        return new TestedResult(test.Name, outcome, ExpectationCheck.Of(test.Expect, outcome));
    }

    private TestedOutcome Outcome(PolicyTest test)
    {
        var caller = test.Key is { } key ? Admission.CallerOf(snapshot.Keys.First(known => known.Name == key.Name)) : Caller.Anonymous;
        var claims = Claims.None;
        foreach (var header in test.Headers)
        {
            if (Claims.TryAddHeader(header.Name, header.Value, caller.Permissions, snapshot, ref claims) is { } wrong) return Refused(wrong, []);
        }

        var views = new DecisionViews(Health(test), test.Budget);
        var errors = new RuleErrors();
        TestedOutcome? outcome = null;
        var refusal = Decider.DecideDry(
            KnownDialects.Of(test.Request.Dialect), TestedBody.Of(test.Request), RequestIdOf(test), test.Time ?? time.GetUtcNow(), new Admitted(caller, claims), snapshot, views, errors,
            decision => outcome = Walk(decision, test), isWhole: true);
        return (refusal is null ? outcome! : Refused(refusal, errors.All)) with { RuleErrors = errors.All };
    }

    /// <summary>The sends that execution would make, with what the test says of each.</summary>
    private TestedOutcome Walk(Decision decision, PolicyTest test)
    {
        var plan = decision.Plan;
        var down = test.Down.ToDictionary(failure => failure.Target.Name, failure => failure.Failure, StringComparer.Ordinal);
        var failed = new List<FailedAttempt>();
        var sequence = new AttemptSequence(plan, snapshot.Retries, OpenGate.Instance);
        var choice = sequence.First();
        while (choice is { } tried && down.TryGetValue(tried.Target.Name, out var failure) && !plan.Failures.Accepts(failure))
        {
            failed.Add(new FailedAttempt(tried.Target.Name, failure, null));
            choice = sequence.After(failure);
        }

        var outcome = new TestedOutcome { Plan = plan, Answered = choice, Sentence = "", Workload = decision.Facts.Workload.Name, Sensitivity = decision.Facts.Sensitivity };
        if (choice is { } answered) return outcome with { Sentence = DecisionSentence.ForAnswer(plan, answered, failed) };
        if (failed.Count == 0) return outcome with { Sentence = DecisionSentence.ForFailure(plan, failed), Code = decision.NotCarried?.Code ?? NoCandidate.RowOf(plan).Code };
        var row = FailureTable.Of(failed[^1].Failure);
        return outcome with { Sentence = DecisionSentence.ForFailure(plan, failed, sequence.Cause), Code = row.Code };
    }

    private static TestedOutcome Refused(Refusal refusal, IReadOnlyList<RuleError> errors) => new() { Sentence = refusal.Message, Code = refusal.Code, RuleErrors = errors };

    private HealthView Health(PolicyTest test) =>
        new(++_version, test.Health.ToFrozenDictionary(health => health.Target.Name, health => health.Health, StringComparer.Ordinal));

    /// <summary>Draws follow from the request's id: it follows from the test's name, so that a test draws the same every time.</summary>
    private static string RequestIdOf(PolicyTest test) => RequestId.Create(DateTimeOffset.UnixEpoch, SHA256.HashData(Encoding.UTF8.GetBytes(test.Name)).AsSpan(0, 10));
}

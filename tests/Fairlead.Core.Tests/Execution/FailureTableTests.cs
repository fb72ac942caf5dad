using Fairlead.Core.Execution;

namespace Fairlead.Core.Tests.Execution;

/// <summary>The failure table, held against the list of names and the decided statuses, typed by hand.</summary>
public sealed class FailureTableTests
{
    /// <summary>RELIABILITY 1.1b, in its order; statuses as DESIGN 5.2 decides them where it does.</summary>
    public static TheoryData<FailureClass, string> Names => new()
    {
        { FailureClass.ConnectFailed, "connect_failed" },
        { FailureClass.TlsFailed, "tls_failed" },
        { FailureClass.ConnectionReset, "connection_reset" },
        { FailureClass.Timeout, "timeout" },
        { FailureClass.Stalled, "stalled" },
        { FailureClass.TooSlow, "too_slow" },
        { FailureClass.RateLimited, "rate_limited" },
        { FailureClass.QuotaExhausted, "quota_exhausted" },
        { FailureClass.ServerError, "server_error" },
        { FailureClass.Overloaded, "overloaded" },
        { FailureClass.CredentialsInvalid, "credentials_invalid" },
        { FailureClass.Forbidden, "forbidden" },
        { FailureClass.ModelGone, "model_gone" },
        { FailureClass.BadRequest, "bad_request" },
        { FailureClass.ContextLengthExceeded, "context_length_exceeded" },
        { FailureClass.PolicyRejected, "policy_rejected" },
        { FailureClass.OutputFiltered, "output_filtered" },
        { FailureClass.FilterSkipped, "filter_skipped" },
        { FailureClass.Refused, "refused" },
        { FailureClass.MalformedResponse, "malformed_response" },
        { FailureClass.SchemaInvalid, "schema_invalid" },
        { FailureClass.Truncated, "truncated" },
        { FailureClass.EmptyOutput, "empty_output" },
        { FailureClass.LengthReached, "length_reached" },
        { FailureClass.DegradedQuality, "degraded_quality" },
        { FailureClass.VendorOutage, "vendor_outage" },
        { FailureClass.WrongModel, "wrong_model" },
        { FailureClass.Unpriced, "unpriced" },
        { FailureClass.AbsurdUsage, "absurd_usage" },
        { FailureClass.HostileResponse, "hostile_response" },
        { FailureClass.ClientGone, "client_gone" },
        { FailureClass.ClientSlow, "client_slow" },
        { FailureClass.GatewayOverloaded, "gateway_overloaded" },
        { FailureClass.BudgetExceeded, "budget_exceeded" },
        { FailureClass.DependencyDown, "dependency_down" },
        { FailureClass.HedgeLost, "hedge_lost" },
        { FailureClass.ClockSkew, "clock_skew" },
        { FailureClass.NoCandidate, "no_candidate" }, // ours: DESIGN 5.4 names it beside the classes
        { FailureClass.GatewayStopping, "gateway_stopping" }, // ours: INV-14 needs a word for it
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Row_OfEveryClass_HasItsName(FailureClass failure, string name)
    {
        Assert.Equal(name, FailureTable.Of(failure).Name);
        Assert.Equal(name, FailureTable.NameOf(failure));
        Assert.Equal(failure, FailureTable.Find(name)!.Class);
    }

    [Fact]
    public void Rows_AreOnePerClassAndInOrder()
    {
        Assert.Equal(Names.Select(row => row.Data.Item2), FailureTable.Rows.Select(row => row.Name));
        Assert.Equal(Enum.GetValues<FailureClass>().Where(failure => failure != FailureClass.None).Order(), FailureTable.Rows.Select(row => row.Class).Order());
    }

    /// <summary>
    /// RELIABILITY section 1.1, its columns Action, Health and Money and the rule of what is proven not processed, typed by hand: R, K, N and X
    /// as there, A where the answer is passed on as it is unless a route says otherwise (X of a success, "if route says so", "strict routes").
    /// </summary>
    public static TheoryData<string, FailureAction, HealthWeight, FailureBilling, bool> Reliability => new()
    {
        { "connect_failed", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Nothing, true },
        { "tls_failed", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Nothing, true },
        { "connection_reset", FailureAction.Retry, HealthWeight.Full, FailureBilling.Estimate, false }, // F03 asks for H0 unless repeated: the repetition is what a share of many sees
        { "timeout", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Estimate, false },
        { "stalled", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Estimate, false },
        { "too_slow", FailureAction.NextCandidate, HealthWeight.Half, FailureBilling.Estimate, false },
        { "rate_limited", FailureAction.NextKey, HealthWeight.Key, FailureBilling.Nothing, true },
        { "quota_exhausted", FailureAction.NextKey, HealthWeight.Key, FailureBilling.Nothing, true },
        { "server_error", FailureAction.Retry, HealthWeight.Full, FailureBilling.Estimate, false },
        { "overloaded", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Nothing, false },
        { "credentials_invalid", FailureAction.NextKey, HealthWeight.Key, FailureBilling.Nothing, true },
        { "forbidden", FailureAction.NextKey, HealthWeight.Key, FailureBilling.Nothing, true }, // F16 asks for N: another key may be of an account that is permitted, and N follows it
        { "model_gone", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Nothing, true },
        { "bad_request", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "context_length_exceeded", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "policy_rejected", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "output_filtered", FailureAction.Accept, HealthWeight.None, FailureBilling.Estimate, false },
        { "filter_skipped", FailureAction.Accept, HealthWeight.Half, FailureBilling.Estimate, false },
        { "refused", FailureAction.Accept, HealthWeight.None, FailureBilling.Estimate, false },
        { "malformed_response", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Estimate, false },
        { "schema_invalid", FailureAction.NextCandidate, HealthWeight.Half, FailureBilling.Estimate, false },
        { "truncated", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Estimate, false },
        { "empty_output", FailureAction.Accept, HealthWeight.Half, FailureBilling.Estimate, false },
        { "length_reached", FailureAction.Accept, HealthWeight.None, FailureBilling.Estimate, false },
        { "degraded_quality", FailureAction.NextCandidate, HealthWeight.Half, FailureBilling.Estimate, false },
        { "vendor_outage", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Nothing, false },
        { "wrong_model", FailureAction.Accept, HealthWeight.None, FailureBilling.Estimate, false },
        { "unpriced", FailureAction.NextCandidate, HealthWeight.None, FailureBilling.Nothing, true },
        { "absurd_usage", FailureAction.Accept, HealthWeight.Half, FailureBilling.Estimate, false },
        { "hostile_response", FailureAction.NextCandidate, HealthWeight.Full, FailureBilling.Estimate, false },
        { "client_gone", FailureAction.Surface, HealthWeight.None, FailureBilling.Estimate, false },
        { "client_slow", FailureAction.Surface, HealthWeight.None, FailureBilling.Estimate, false },
        { "gateway_overloaded", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "budget_exceeded", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "dependency_down", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "hedge_lost", FailureAction.Surface, HealthWeight.None, FailureBilling.Estimate, false },
        { "clock_skew", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, false },
        { "no_candidate", FailureAction.Surface, HealthWeight.None, FailureBilling.Nothing, true },
        { "gateway_stopping", FailureAction.Surface, HealthWeight.None, FailureBilling.Estimate, false }, // what was being answered had been sent
    };

    [Theory]
    [MemberData(nameof(Reliability))]
    public void Row_OfEveryClass_IsAsReliabilityHasIt(string name, FailureAction action, HealthWeight health, FailureBilling billing, bool isProvenUnprocessed)
    {
        var row = FailureTable.Find(name)!;
        Assert.Equal((action, health, billing, isProvenUnprocessed), (row.Action, row.Health, row.Billing, row.IsProvenUnprocessed));
        Assert.Equal(health == HealthWeight.Full, row.CountsAgainstTarget);
    }

    [Fact]
    public void Reliability_HasARowForEveryClass()
    {
        Assert.Equal(FailureTable.Rows.Select(row => row.Name), Reliability.Select(row => row.Data.Item1));
    }

    [Theory]
    [InlineData("budget_exceeded", 402)]
    [InlineData("rate_limited", 429)]
    [InlineData("gateway_overloaded", 503)]
    [InlineData("credentials_invalid", 503)]
    [InlineData("quota_exhausted", 503)]
    [InlineData("schema_invalid", 502)]
    [InlineData("timeout", 504)]
    [InlineData("server_error", 502)]
    [InlineData("overloaded", 503)]
    [InlineData("connect_failed", 503)]
    [InlineData("malformed_response", 502)]
    [InlineData("truncated", 502)]
    [InlineData("bad_request", 400)]
    [InlineData("context_length_exceeded", 400)]
    [InlineData("policy_rejected", 400)]
    public void Status_WhereItIsDecided_IsThat(string name, int status)
    {
        Assert.Equal(status, FailureTable.Find(name)!.Status);
    }

    [Theory]
    [InlineData("bad_request", "Surface")]
    [InlineData("context_length_exceeded", "Surface")]
    [InlineData("policy_rejected", "Surface")]
    [InlineData("client_gone", "Surface")]
    [InlineData("connection_reset", "Retry")]
    [InlineData("server_error", "Retry")]
    [InlineData("rate_limited", "NextKey")]
    [InlineData("quota_exhausted", "NextKey")]
    [InlineData("credentials_invalid", "NextKey")]
    [InlineData("connect_failed", "NextCandidate")]
    [InlineData("tls_failed", "NextCandidate")]
    [InlineData("overloaded", "NextCandidate")]
    [InlineData("model_gone", "NextCandidate")]
    [InlineData("malformed_response", "NextCandidate")]
    [InlineData("truncated", "NextCandidate")]
    public void Action_WhereTheTableSaysIt_IsThat(string name, string action)
    {
        Assert.Equal(action, FailureTable.Find(name)!.Action.ToString());
    }

    [Fact]
    public void ClientFault_IsWhereTheVendorsWordsReachTheClient()
    {
        Assert.Equal(["bad_request", "context_length_exceeded", "policy_rejected"], FailureTable.Rows.Where(row => row.IsClientFault).Select(row => row.Name));
    }

    [Theory]
    [InlineData("connect_failed", "Nothing")]     // proven not processed
    [InlineData("tls_failed", "Nothing")]
    [InlineData("rate_limited", "Nothing")]
    [InlineData("credentials_invalid", "Nothing")]
    [InlineData("bad_request", "Nothing")]
    [InlineData("timeout", "Estimate")]           // unknown is never zero
    [InlineData("stalled", "Estimate")]
    [InlineData("truncated", "Estimate")]
    [InlineData("client_gone", "Estimate")]
    [InlineData("connection_reset", "Estimate")]
    public void Billing_OfWhatMayHaveBeenProcessed_IsNeverNothing(string name, string billing)
    {
        Assert.Equal(billing, FailureTable.Find(name)!.Billing.ToString());
    }

    [Fact]
    public void Codes_AndMessages_AreThereAndPlain()
    {
        Assert.All(FailureTable.Rows, row =>
        {
            Assert.Matches("^[a-z]+(_[a-z]+)*$", row.Code);
            Assert.EndsWith(".", row.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void None_HasNoRow()
    {
        Assert.Equal("none", FailureTable.NameOf(FailureClass.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => FailureTable.Of(FailureClass.None));
        Assert.Null(FailureTable.Find("none"));
        Assert.Null(FailureTable.Find("no_such_class"));
    }
}

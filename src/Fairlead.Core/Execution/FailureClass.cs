namespace Fairlead.Core.Execution;

/// <summary>
/// Why an attempt, or a whole request, did not give the answer that was asked for. One name per class, used in
/// configuration, metrics, logs, errors and the ledger (see <see cref="FailureTable"/> for the names).
/// </summary>
public enum FailureClass
{
    /// <summary>No failure.</summary>
    None = 0,

    /// <summary>The provider could not be reached: DNS, refused, or no connection in time. Nothing was processed.</summary>
    ConnectFailed,

    /// <summary>The TLS handshake failed. Never retried with weaker checks.</summary>
    TlsFailed,

    /// <summary>The connection was reset before any byte of an answer.</summary>
    ConnectionReset,

    /// <summary>A clock ran out before the first meaningful content; the record says which.</summary>
    Timeout,

    /// <summary>Content stopped coming in the middle of an answer.</summary>
    Stalled,

    /// <summary>Content comes, but slower than the floor.</summary>
    TooSlow,

    /// <summary>The provider asks for fewer requests.</summary>
    RateLimited,

    /// <summary>The account at the provider has no quota or credit left.</summary>
    QuotaExhausted,

    /// <summary>The provider failed inside (500, 502).</summary>
    ServerError,

    /// <summary>The provider has no capacity now (503, 529).</summary>
    Overloaded,

    /// <summary>The provider does not accept our key.</summary>
    CredentialsInvalid,

    /// <summary>The provider does not permit this to our account or region.</summary>
    Forbidden,

    /// <summary>The model or deployment is not there (any more).</summary>
    ModelGone,

    /// <summary>The client's own request is at fault.</summary>
    BadRequest,

    /// <summary>The prompt does not fit the model's window.</summary>
    ContextLengthExceeded,

    /// <summary>The prompt was refused by a policy.</summary>
    PolicyRejected,

    /// <summary>The output was filtered while or after it was generated.</summary>
    OutputFiltered,

    /// <summary>The provider skipped its own filter.</summary>
    FilterSkipped,

    /// <summary>The model declined in words. A normal answer; counted for quality only.</summary>
    Refused,

    /// <summary>The answer is not what its dialect says an answer is.</summary>
    MalformedResponse,

    /// <summary>Structured output or tool arguments do not meet their schema.</summary>
    SchemaInvalid,

    /// <summary>The stream ended without its dialect's end.</summary>
    Truncated,

    /// <summary>An answer without content.</summary>
    EmptyOutput,

    /// <summary>The output reached its length limit. A success with a reason.</summary>
    LengthReached,

    /// <summary>Our own scores say that quality fell.</summary>
    DegradedQuality,

    /// <summary>Many targets of one vendor or region fail together.</summary>
    VendorOutage,

    /// <summary>Another model answered than was asked for.</summary>
    WrongModel,

    /// <summary>No price is known for the model.</summary>
    Unpriced,

    /// <summary>The reported usage cannot be true.</summary>
    AbsurdUsage,

    /// <summary>The provider sent what no provider should: a redirect, an endless line, a flood.</summary>
    HostileResponse,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>The client reads too slowly.</summary>
    ClientSlow,

    /// <summary>Fairlead itself has no capacity now.</summary>
    GatewayOverloaded,

    /// <summary>A budget is used up.</summary>
    BudgetExceeded,

    /// <summary>Something that Fairlead depends on is down.</summary>
    DependencyDown,

    /// <summary>A second call answered first.</summary>
    HedgeLost,

    /// <summary>A time that cannot be: a hint in the past, a negative reset.</summary>
    ClockSkew,

    /// <summary>No target may be tried: rules, permissions or credentials leave none. No attempt is made.</summary>
    NoCandidate,

    /// <summary>The gateway stops, and takes no more time for the answer.</summary>
    GatewayStopping,
}

namespace Fairlead.Telemetry;

/// <summary>
/// What the gateway logs: ids, names and classes, never the text of a prompt, an answer, a header or a key. A request that went
/// as planned is logged at Debug, so that the hot path stays silent.
/// </summary>
internal static partial class GatewayLog
{
    [LoggerMessage(100, LogLevel.Debug, "{RequestId}: {Sentence}")]
    public static partial void Answered(this ILogger logger, string requestId, string sentence);

    [LoggerMessage(101, LogLevel.Information, "{RequestId}: {Sentence}")]
    public static partial void AnsweredAfterFailover(this ILogger logger, string requestId, string sentence);

    [LoggerMessage(102, LogLevel.Warning, "{RequestId}: status {Status}, {Failure}. {Sentence}")]
    public static partial void NotAnswered(this ILogger logger, string requestId, int status, string failure, string sentence);

    [LoggerMessage(103, LogLevel.Debug, "{RequestId}: the client went away. {Sentence}")]
    public static partial void ClientGone(this ILogger logger, string requestId, string sentence);

    [LoggerMessage(104, LogLevel.Debug, "{RequestId}: attempt {Attempt} to {Target} failed: {Failure}, status {UpstreamStatus} ({Detail})")]
    public static partial void AttemptFailed(this ILogger logger, string requestId, int attempt, string target, string failure, int? upstreamStatus, string? detail);

    [LoggerMessage(105, LogLevel.Debug, "{RequestId}: refused with {Status} {Code}")]
    public static partial void Refused(this ILogger logger, string requestId, int status, string code);

    [LoggerMessage(106, LogLevel.Error, "{RequestId}: an error of Fairlead's own")]
    public static partial void Unexpected(this ILogger logger, string requestId, Exception exception);

    [LoggerMessage(110, LogLevel.Information, "Configuration {Revision} applied: {Targets} targets, {Routes} routes")]
    public static partial void ConfigurationApplied(this ILogger logger, string revision, int targets, int routes);

    [LoggerMessage(111, LogLevel.Warning, "{Warning}")]
    public static partial void ConfigurationWarning(this ILogger logger, string warning);

    [LoggerMessage(112, LogLevel.Error, "The changed configuration was refused and {Revision} stays: {Errors}")]
    public static partial void ConfigurationRefused(this ILogger logger, string revision, string errors);

    [LoggerMessage(113, LogLevel.Information, "Fairlead listens on {Address}")]
    public static partial void Listening(this ILogger logger, string address);

    [LoggerMessage(114, LogLevel.Warning, "No keys are configured: requests from this machine only are served, without authentication")]
    public static partial void NoKeys(this ILogger logger);

    [LoggerMessage(115, LogLevel.Error, "The simulated vendor of provider {Provider} did not start: {Reason}")]
    public static partial void SimulatedVendorFailed(this ILogger logger, string provider, string reason);

    [LoggerMessage(116, LogLevel.Information, "Fairlead is stopping: no new requests, running answers may end within {Seconds} s")]
    public static partial void Stopping(this ILogger logger, double seconds);

    [LoggerMessage(117, LogLevel.Warning, "{Count} requests were running when Fairlead last ended; the ledger has them as interrupted, at an estimate")]
    public static partial void SettledInterrupted(this ILogger logger, int count);

    [LoggerMessage(118, LogLevel.Information, "The simulated vendor of provider {Provider} listens on {Address}")]
    public static partial void SimulatedVendorListening(this ILogger logger, string provider, string address);

    [LoggerMessage(119, LogLevel.Error, "{RequestId}: {Reason}")]
    public static partial void LedgerNotRead(this ILogger logger, string requestId, string reason);

    [LoggerMessage(120, LogLevel.Error, "The ledger cannot be written, its records wait in memory: {Reason}")]
    public static partial void LedgerNotWritten(this ILogger logger, string reason);

    [LoggerMessage(121, LogLevel.Information, "The ledger is written again")]
    public static partial void LedgerWritten(this ILogger logger);

    [LoggerMessage(EventId = 180, Message = "Alert {Event} {Subject}, {Severity}: {Text}")]
    public static partial void AlertFiring(this ILogger logger, LogLevel level, string @event, string subject, string severity, string text);

    [LoggerMessage(181, LogLevel.Information, "Alert {Event} {Subject} is over: {Text}")]
    public static partial void AlertResolved(this ILogger logger, string @event, string subject, string text);

    [LoggerMessage(182, LogLevel.Warning, "Alerts are not taken by {Sink} for now: {Reason}")]
    public static partial void AlertsNotTaken(this ILogger logger, string sink, string reason);

    [LoggerMessage(183, LogLevel.Information, "Alerts are taken by {Sink} again")]
    public static partial void AlertsTaken(this ILogger logger, string sink);

    [LoggerMessage(184, LogLevel.Error, "Alert {Event} {Subject} was given up at {Sink}: {Reason}")]
    public static partial void AlertGivenUp(this ILogger logger, string @event, string subject, string sink, string reason);

    [LoggerMessage(190, LogLevel.Warning, "Fairlead has no room for all: {Refused} is refused, for its {Reason} ({InFlight} requests in flight, work {Delay:0} ms late, {Memory:P0} of the memory)")]
    public static partial void OverloadBegan(this ILogger logger, string refused, string reason, int inFlight, double delay, double memory);

    [LoggerMessage(191, LogLevel.Information, "Fairlead has more room: {Refused} is refused yet, for its {Reason}")]
    public static partial void OverloadFell(this ILogger logger, string refused, string reason);

    [LoggerMessage(192, LogLevel.Information, "Fairlead has room again: nothing is refused for want of it")]
    public static partial void OverloadEnded(this ILogger logger);

    [LoggerMessage(193, LogLevel.Information, "{RequestId}: the client did not take its answer and was cut off")]
    public static partial void AnswerNotTaken(this ILogger logger, string requestId);

    [LoggerMessage(194, LogLevel.Information, "Fairlead is about to stop: it is not ready any more, and takes requests for {Seconds} s yet")]
    public static partial void StopNoticed(this ILogger logger, double seconds);

    [LoggerMessage(195, LogLevel.Warning, "The time to drain is over: {Count} answers end with an error")]
    public static partial void DrainEnded(this ILogger logger, int count);

    [LoggerMessage(196, LogLevel.Information, "Fairlead has stopped")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(160, LogLevel.Warning, "Costs could not be rolled up; reports read them from the rows until they are: {Reason}")]
    public static partial void NotRolledUp(this ILogger logger, string reason);

    [LoggerMessage(161, LogLevel.Information, "Older than the ledger keeps: {Requests} requests and {Rollups} sums of their costs were removed")]
    public static partial void ExpiredRemoved(this ILogger logger, long requests, long rollups);

    [LoggerMessage(162, LogLevel.Warning, "What is older than the ledger keeps could not be removed, it is tried again in an hour: {Reason}")]
    public static partial void ExpiredNotRemoved(this ILogger logger, string reason);

    [LoggerMessage(122, LogLevel.Error, "The rule {Place} could not be evaluated: {Reason}. It is told once; fairlead_rule_errors_total counts")]
    public static partial void RuleErred(this ILogger logger, string place, string reason);

    [LoggerMessage(123, LogLevel.Error, "The keys of the store cannot be read, the last known ones hold: {Reason}")]
    public static partial void KeysNotRead(this ILogger logger, string reason);

    [LoggerMessage(124, LogLevel.Information, "The keys of the store are read again")]
    public static partial void KeysReadAgain(this ILogger logger);

    [LoggerMessage(125, LogLevel.Warning, "The key {Key} of the store: {Warning}")]
    public static partial void KeyWarning(this ILogger logger, string key, string warning);

    [LoggerMessage(126, LogLevel.Information, "The administration listens on {Address}")]
    public static partial void AdminListening(this ILogger logger, string address);

    [LoggerMessage(127, LogLevel.Warning, "The store has keys and admin.key is not configured: the administration API and, unless they are open, /metrics are closed")]
    public static partial void AdministrationClosed(this ILogger logger);

    [LoggerMessage(128, LogLevel.Warning, "When keys of the store were last used cannot be written down: {Reason}")]
    public static partial void KeyUsesNotWritten(this ILogger logger, string reason);

    [LoggerMessage(129, LogLevel.Error, "The key {Key} ({Id}) of the store cannot be read and lets nobody in: {Reason}")]
    public static partial void KeyUnreadable(this ILogger logger, string key, string id, string reason);

    [LoggerMessage(130, LogLevel.Warning, "The promises of routes are counted from now on only, for the ledger does not tell of the day before: {Reason}")]
    public static partial void PromisesNotRestored(this ILogger logger, string reason);

    [LoggerMessage(131, LogLevel.Warning, "Budget {Budget}: {Percent} percent reached, ${Spent} of ${Limit} spent; it begins anew at {ResetsAt:yyyy-MM-dd HH:mm:ss}Z")]
    public static partial void BudgetReached(this ILogger logger, string budget, int percent, string spent, string limit, DateTime resetsAt);

    [LoggerMessage(132, LogLevel.Error, "What was spent before in new or corrected budgets could not be counted: {Reason}")]
    public static partial void BudgetsNotCounted(this ILogger logger, string reason);

    [LoggerMessage(133, LogLevel.Warning, "The breaker of target {Target} opened: {Cause} ({Failure})")]
    public static partial void BreakerOpened(this ILogger logger, string target, string cause, string failure);

    [LoggerMessage(134, LogLevel.Information, "Target {Target} takes every request again")]
    public static partial void BreakerClosed(this ILogger logger, string target);

    [LoggerMessage(135, LogLevel.Warning, "Target {Target} takes {Share:P0} of the requests while it fails or is slow in part")]
    public static partial void TrafficShifted(this ILogger logger, string target, double share);

    [LoggerMessage(136, LogLevel.Error, "Outage of {Scope}: its targets fail together")]
    public static partial void OutageBegan(this ILogger logger, string scope);

    [LoggerMessage(137, LogLevel.Information, "The outage of {Scope} is over: it answers")]
    public static partial void OutageEnded(this ILogger logger, string scope);

    [LoggerMessage(138, LogLevel.Error, "Key {Key} of provider {Provider} is left alone until {Until:yyyy-MM-dd HH:mm:ss}Z: {Failure}")]
    public static partial void KeyOfProviderHeld(this ILogger logger, string provider, int key, string failure, DateTime until);

    [LoggerMessage(139, LogLevel.Information, "Key {Key} of provider {Provider} is used again")]
    public static partial void KeyOfProviderBack(this ILogger logger, string provider, int key);

    [LoggerMessage(200, LogLevel.Information, "Target {Target}, which nobody had used for long, was probed: {Outcome}, status {Status}")]
    public static partial void Probed(this ILogger logger, string target, string outcome, int status);

    [LoggerMessage(201, LogLevel.Warning, "Fallbacks could not be looked at, it is tried again: {Reason}")]
    public static partial void ProbeFailed(this ILogger logger, string reason);

    [LoggerMessage(203, LogLevel.Warning, "What is left for probes today is less than one of {Target} may cost: it is not probed before tomorrow, nor what costs as much")]
    public static partial void ProbesSpent(this ILogger logger, string target);

    [LoggerMessage(202, LogLevel.Warning, "When targets last answered is counted from now on only, for the ledger does not tell: {Reason}")]
    public static partial void ExercisesNotRestored(this ILogger logger, string reason);

    [LoggerMessage(140, LogLevel.Error, "Configuration {Revision} holds but could not be recorded among the revisions: {Reason}")]
    public static partial void RevisionNotRecorded(this ILogger logger, string revision, string reason);

    [LoggerMessage(141, LogLevel.Warning, "What a change of the configuration touches could not be counted: {Reason}")]
    public static partial void ReachNotCounted(this ILogger logger, string reason);

    [LoggerMessage(150, LogLevel.Error, "{RequestId}: nothing was changed. {Reason}")]
    public static partial void AuditNotWritten(this ILogger logger, string requestId, string reason);

    [LoggerMessage(151, LogLevel.Error, "The end of the gateway could not be written down. {Reason}")]
    public static partial void StopNotAudited(this ILogger logger, string reason);

    [LoggerMessage(152, LogLevel.Error, "Checkpoints of the audit log cannot be delivered to the {Destination} and are tried again: {Reason}")]
    public static partial void CheckpointFailed(this ILogger logger, string destination, string reason);

    [LoggerMessage(153, LogLevel.Information, "Checkpoints of the audit log are delivered to the {Destination} again")]
    public static partial void CheckpointDelivered(this ILogger logger, string destination);

    [LoggerMessage(154, LogLevel.Critical, "The audit log ends at record {Number}, and a checkpoint has seen record {Seen}: it was cut off or replaced while the gateway ran")]
    public static partial void AuditLogShrank(this ILogger logger, long number, long seen);

    [LoggerMessage(170, LogLevel.Error, "{RequestId}: an outcome was not kept: {Reason}")]
    public static partial void OutcomeNotWritten(this ILogger logger, string requestId, string reason);

    [LoggerMessage(171, LogLevel.Warning, "What a successful outcome costs could not be read: {Reason}")]
    public static partial void CostsPerOutcomeNotRead(this ILogger logger, string reason);
}

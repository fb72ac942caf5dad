using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Core.Routing;
using Fairlead.Core.Validation;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>
/// Finds out whether answers have the form that was asked for: once they are with the client, and only where somebody reads the result. It runs on
/// the thread pool: a schema and a text that are meant to cost must not hold up the thread that serves sockets. Safe for any number of threads.
/// </summary>
/// <param name="settlement">Takes what is found out.</param>
internal sealed class AnswerJudge(Settlement settlement)
{
    private readonly SchemaCache _schemas = new();

    /// <summary>Whether the answer to a request is to be judged.</summary>
    public static bool IsWanted(GatewaySnapshot snapshot, RequestPeek peek) => (peek.HasSchema || peek.HasTools) && RoutePlanner.ReadsOf(snapshot).Validity;

    /// <summary>Judges a whole JSON answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="attempt">The attempt that answered.</param>
    /// <param name="body">The client's body.</param>
    /// <param name="vendors">The vendor's answer.</param>
    /// <param name="translated">The same in canonical form and what reading it has lost, where the vendor speaks another dialect; null where it speaks the client's.</param>
    public Task JudgeAsync(GatewayRequest request, Attempt attempt, RequestBody body, PooledBytes vendors, (Answer Answer, TranslationLosses Losses)? translated) => Task.Run(() =>
    {
        var dialect = request.Call.Dialect;
        var heard = translated is { } read ? AnswerForm.Hear(read.Answer, read.Losses) : AnswerForm.Hear(dialect, vendors.Memory);
        if (AnswerForm.ReadDemand(dialect, body.Bytes, _schemas) is { } demand) Tell(attempt, demand.Judge(heard));
    });

    /// <summary>Reads what the request of a stream asks for while the stream goes on; the body may be given back meanwhile.</summary>
    public Task<AnswerDemand?> ReadDemandAsync(GatewayRequest request, RequestBody body)
    {
        if (!body.TryHold()) return Task.FromResult<AnswerDemand?>(null);
        return Task.Run(() =>
        {
            try
            {
                return AnswerForm.ReadDemand(request.Call.Dialect, body.Bytes, _schemas);
            }
            finally
            {
                body.Release();
            }
        });
    }

    /// <summary>Judges a stream that has ended whole.</summary>
    public async Task JudgeAsync(GatewayRequest request, Attempt attempt, Task<AnswerDemand?> reading, HeardAnswer heard)
    {
        if (await reading is { } demand) Tell(attempt, await Task.Run(() => demand.Judge(heard)));
    }

    private void Tell(Attempt attempt, AnswerValidity validity) => settlement.Judged(attempt, validity.Schema, validity.Tools);
}

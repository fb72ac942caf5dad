using System.Text;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>
/// Gives one answer at the vendor's pace, with what its fault makes of it. Knows no dialect.
/// </summary>
/// <remarks>
/// Headers go out with the first token, as large vendors have it. Bytes that are due together are flushed together: the flush
/// comes before a wait, at the end, and where a fault wants it.
/// </remarks>
internal sealed class AnswerRun
{
    private const string Page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
    private const string Sentence = "upstream connect error or disconnect/reset before headers";

    private static readonly byte[] KeepAlive = ": keep-alive\n\n"u8.ToArray();

    private readonly Exchange _exchange;
    private readonly Answer _answer;
    private readonly FaultStrike? _strike;
    private readonly SimulatedFault? _fault;
    private readonly FaultEffect.Stall? _stall;
    private readonly Reply _reply;
    private readonly Pace _pace;
    private readonly AnswerShape _shape;
    private readonly CancellationToken _aborted;

    public AnswerRun(Exchange exchange, Answer answer, FaultStrike? strike)
    {
        _exchange = exchange;
        _answer = answer;
        _strike = strike;
        var fault = _fault = strike?.Fault;
        _stall = fault?.Find<FaultEffect.Stall>();
        _reply = new Reply(exchange, fault);
        _pace = new Pace(exchange, strike);
        _shape = new AnswerShape(
            HasDone: fault?.Find<FaultEffect.NoDone>() is null,
            HasUsage: fault?.Find<FaultEffect.NoUsage>() is null,
            HasChoices: fault?.Find<FaultEffect.NoChoices>() is null);
        _aborted = exchange.Aborted;
    }

    private HttpResponse Response => _exchange.Http.Response;

    /// <summary>Answers; returns when the answer is over, whatever its end. Throws when the connection is gone.</summary>
    public async Task RunAsync(bool isStream)
    {
        if (_strike is { IsOverloaded: true })
        {
            await StatusAsync(new FaultEffect.Status(_answer.OverloadedStatus, null, new ErrorWords(null, null, null), []));
            return;
        }

        if (_fault?.Find<FaultEffect.BlackHole>() is not null) await Task.Delay(Timeout.InfiniteTimeSpan, _exchange.Time, _aborted);
        var malformed = _fault?.Find<FaultEffect.Malformed>();
        var status = _fault?.Find<FaultEffect.Status>();
        if (status is null && malformed is not { Kind: FaultEffect.Malformation.Html or FaultEffect.Malformation.Text }) _exchange.Accept(_answer.InputTokens);
        if (_stall is { Point: FaultEffect.StallPoint.Headers }) await StallAsync(isStream);

        if (status is not null) await StatusAsync(status);
        else if (malformed is { Kind: FaultEffect.Malformation.Html }) await BodyAsync("text/html", Encoding.UTF8.GetBytes(Page), RequestEnding.Answered);
        else if (malformed is { Kind: FaultEffect.Malformation.Text }) await BodyAsync(ContentTypeOf(isStream), Encoding.UTF8.GetBytes(Sentence), RequestEnding.Answered);
        else if (isStream) await StreamAsync(malformed?.At ?? 0);
        else await JsonAsync(isCut: malformed is not null);
    }

    private static string ContentTypeOf(bool isStream) => isStream ? "text/event-stream; charset=utf-8" : "application/json";

    private async Task StatusAsync(FaultEffect.Status status)
    {
        foreach (var (name, value) in status.Headers) Response.Headers[name] = value;
        Response.StatusCode = status.Code;
        var body = status.Body is { } text
            ? Encoding.UTF8.GetBytes(text)
            : _answer.ErrorBody(_answer.Error(status.Code, status.Words.Code, status.Words.Type, status.Words.Message));
        if (status.Code is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified) body = [];
        await BodyAsync("application/json", body, status.Code < 400 ? RequestEnding.Answered : RequestEnding.Rejected);
    }

    /// <summary>A whole body of known length.</summary>
    private async Task BodyAsync(string contentType, ReadOnlyMemory<byte> body, RequestEnding ending)
    {
        Head(contentType, body.Length);
        await _reply.WriteAsync(body, _aborted, () => _exchange.Settle(ending));
        await _reply.FlushAsync(_aborted);
    }

    private async Task StreamAsync(int cutAt)
    {
        Head(ContentTypeOf(isStream: true), length: null);
        await WaitAsync(_pace.UntilNext);
        foreach (var next in _answer.Events(_shape))
        {
            _aborted.ThrowIfCancellationRequested();
            if (IsStalledHere()) await StallAsync(isStream: true);
            if (await EndsHereAsync()) return;
            if (next.Tokens > 0)
            {
                if (_pace.UntilNext is var wait && wait > TimeSpan.Zero)
                {
                    await _reply.FlushAsync(_aborted);
                    await WaitAsync(wait);
                }

                _pace.Advance();
            }

            _exchange.Events++;
            _exchange.OutputTokens += next.Tokens;
            await _reply.WriteAsync(_exchange.Events == cutAt ? Cut(next.Bytes) : next.Bytes, _aborted, next.IsLast ? () => _exchange.Settle(RequestEnding.Answered) : null);
        }

        await _reply.FlushAsync(_aborted);
    }

    private bool IsStalledHere() => _stall is { } stall && stall.Point switch
    {
        FaultEffect.StallPoint.FirstToken => _exchange.Events == 1,
        FaultEffect.StallPoint.Event => _exchange.Events == stall.After,
        _ => false,
    };

    /// <summary>Ends the stream if its fault has it end after the events written so far.</summary>
    private async Task<bool> EndsHereAsync()
    {
        if (_fault?.Find<FaultEffect.Error>() is { } error && error.After == _exchange.Events)
        {
            await _reply.WriteAsync(_answer.ErrorEvent(_answer.Error(500, error.Words.Code, error.Words.Type, error.Words.Message)), _aborted, () => _exchange.Settle(RequestEnding.Failed));
            await _reply.FlushAsync(_aborted);
            return true;
        }

        if (_fault?.Find<FaultEffect.Truncate>() is { } truncate && truncate.After == _exchange.Events)
        {
            await _reply.FlushAsync(_aborted);
            _exchange.Settle(RequestEnding.Truncated);
            if (!truncate.IsClean) await FinishAsync();
            return true;
        }

        if (_fault?.Find<FaultEffect.Reset>() is { } reset && reset.After == _exchange.Events)
        {
            await _reply.FlushAsync(_aborted);
            _exchange.Settle(RequestEnding.Reset);
            _exchange.Http.Abort();
            return true;
        }

        return false;
    }

    private async Task JsonAsync(bool isCut)
    {
        var isFailed = _fault?.Find<FaultEffect.Error>();
        await GenerateAsync();
        if (isFailed is not null)
        {
            _exchange.OutputTokens = 0;
            await BodyAsync("application/json", _answer.ErrorBody(_answer.Error(500, isFailed.Words.Code, isFailed.Words.Type, isFailed.Words.Message)), RequestEnding.Failed);
            return;
        }

        var body = _answer.Json(_shape);
        var half = body[..(body.Length / 2)];
        var truncate = _fault?.Find<FaultEffect.Truncate>();
        if (isCut) body = half;
        if (truncate is { IsClean: true })
        {
            // Ends as HTTP wants it: indistinguishable from an answer that is that short.
            await BodyAsync("application/json", half, RequestEnding.Truncated);
            return;
        }

        Head("application/json", body.Length);
        if (_stall is { Point: FaultEffect.StallPoint.FirstToken }) await StallAsync(isStream: false);
        var isBroken = truncate is not null || _fault?.Find<FaultEffect.Reset>() is not null;
        if (isBroken || _stall is { Point: FaultEffect.StallPoint.Event })
        {
            await _reply.WriteAsync(half, _aborted);
            if (_stall is { Point: FaultEffect.StallPoint.Event }) await StallAsync(isStream: false);
            await _reply.FlushAsync(_aborted);
            if (isBroken)
            {
                _exchange.Settle(truncate is null ? RequestEnding.Reset : RequestEnding.Truncated);
                if (truncate is null) _exchange.Http.Abort();
                else await FinishAsync();
                return;
            }

            body = body[half.Length..];
        }

        await _reply.WriteAsync(body, _aborted, () => _exchange.Settle(RequestEnding.Answered));
        await _reply.FlushAsync(_aborted);
    }

    /// <summary>Produces all tokens of a JSON answer: one wait, and if it is broken off, the tokens that were due by then.</summary>
    private async Task GenerateAsync()
    {
        var tokens = _answer.OutputTokens;
        for (var token = 1; token < tokens; token++) _pace.Advance();
        try
        {
            await WaitAsync(_pace.UntilNext);
            _exchange.OutputTokens = tokens;
        }
        catch (OperationCanceledException)
        {
            var produced = new Pace(_exchange, _strike);
            if (_stall is { Point: FaultEffect.StallPoint.Headers, For: { } stalled }) produced.Postpone(stalled);
            while (_exchange.OutputTokens < tokens && produced.UntilNext <= TimeSpan.Zero)
            {
                _exchange.OutputTokens++;
                produced.Advance();
            }

            throw;
        }
    }

    private void Head(string contentType, long? length)
    {
        Response.ContentType = _fault?.Find<FaultEffect.ContentType>()?.Value ?? contentType;
        Response.ContentLength = length;
    }

    private Task WaitAsync(TimeSpan length) => length <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(length, _exchange.Time, _aborted);

    private async Task StallAsync(bool isStream)
    {
        var stall = _stall!;
        if (stall.Point != FaultEffect.StallPoint.Headers) await _reply.FlushAsync(_aborted);
        if (isStream && stall.Comments is { } gap)
        {
            var left = stall.For ?? TimeSpan.MaxValue;
            for (; left >= gap; left -= gap)
            {
                await Task.Delay(gap, _exchange.Time, _aborted);
                await _reply.WriteAsync(KeepAlive, _aborted);
                await _reply.FlushAsync(_aborted);
            }

            await WaitAsync(left);
        }
        else
        {
            await Task.Delay(stall.For ?? Timeout.InfiniteTimeSpan, _exchange.Time, _aborted);
        }

        _pace.Postpone(stall.For ?? TimeSpan.Zero);
    }

    /// <summary>FIN in the middle of the HTTP message; then waits for the connection's end, lest Kestrel write the proper one.</summary>
    private async Task FinishAsync()
    {
        _exchange.Connection.Finish();
        await Task.Delay(Timeout.InfiniteTimeSpan, _exchange.Time, _aborted);
    }

    /// <summary>The event's data up to its middle, then the blank line.</summary>
    private static byte[] Cut(ReadOnlyMemory<byte> bytes)
    {
        // At least one byte of "data: {…}\n\n" is left of what follows the field name.
        var keep = Math.Max(bytes.Length / 2, Math.Min(7, bytes.Length));
        return [.. bytes.Span[..keep], (byte)'\n', (byte)'\n'];
    }
}

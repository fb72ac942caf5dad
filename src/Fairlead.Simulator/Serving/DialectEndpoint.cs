using System.Buffers;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.Outages;
using Fairlead.Simulator.Quotas;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>The vendor's side of one dialect. A dialect derives its own.</summary>
internal abstract class DialectEndpoint(FaultScript faults, QuotaBook quotas, VendorOutages outages)
{
    /// <summary>Answers any request; unknown paths with the dialect's 404.</summary>
    public async Task HandleAsync(Exchange exchange)
    {
        var (body, isTooLarge) = await ReadAsync(exchange);
        exchange.Received(body.Span);
        exchange.Http.Response.OnStarting(() =>
        {
            var own = new HeaderDictionary();
            WriteHeaders(exchange, own);
            foreach (var header in own) exchange.Http.Response.Headers.TryAdd(header.Key, header.Value); // what a fault says stands
            return Task.CompletedTask;
        });

        if (outages.Current is { } outage) await DownAsync(exchange, isTooLarge ? default : body, outage);
        else if (isTooLarge) await RejectAsync(exchange, TooLarge);
        else if (exchange.Options.Keys.Count > 0 && exchange.Key is not { Length: > 0 }) await RejectAsync(exchange, NoKey);
        else if (exchange.Options.Keys.Count > 0 && !exchange.Options.Keys.Contains(exchange.Key, StringComparer.Ordinal)) await RejectAsync(exchange, WrongKey);
        else await AnswerAsync(exchange, body);
    }

    protected abstract ApiError TooLarge { get; }

    protected abstract ApiError NoKey { get; }

    protected abstract ApiError WrongKey { get; }

    protected abstract ApiError BrokenJson { get; }

    protected abstract ApiError CreditSpent { get; }

    /// <summary>Whether a quota counts the tokens of answers, once they have been produced, as it counts those of prompts.</summary>
    protected abstract bool AnswersCount { get; }

    /// <summary>Answers a request that may come in, by its path.</summary>
    protected abstract Task AnswerAsync(Exchange exchange, ReadOnlyMemory<byte> body);

    protected abstract (ModelRequest? Request, ApiError? Error) Read(JsonElement root);

    protected abstract Answer Answer(ModelRequest request, Exchange exchange);

    protected abstract ApiError UnknownModel(string model);

    /// <summary>The error of a status, with a fault's words in place of its own.</summary>
    protected abstract ApiError Error(int status, ErrorWords words);

    protected abstract ApiError RateLimited(QuotaRefusal refusal, string model);

    /// <summary>What a quota counts as tokens of a request before it is answered.</summary>
    protected abstract long CountedTokens(ModelRequest request);

    protected abstract byte[] Body(ApiError error, Exchange exchange);

    protected abstract void WriteHeaders(Exchange exchange, IHeaderDictionary headers);

    /// <summary>Answers with what the model says, or with what its fault makes of it.</summary>
    protected async Task CompleteAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        if (Parse(body) is not { } document)
        {
            await RejectAsync(exchange, BrokenJson);
            return;
        }

        using (document)
        {
            var (request, error) = Read(document.RootElement);
            if (request is null)
            {
                await RejectAsync(exchange, error!);
                return;
            }

            var models = exchange.Options.Models;
            if (models.Count > 0 && !models.Contains(request.Model, StringComparer.Ordinal))
            {
                exchange.Understood(request.Model, request.IsStream, null);
                await RejectAsync(exchange, UnknownModel(request.Model));
                return;
            }

            if (quotas.Find(exchange.Key, request.Model) is { } quota && !exchange.TryAdmit(quota, CountedTokens(request), request.PromptTokens, AnswersCount))
            {
                exchange.Understood(request.Model, request.IsStream, null);
                await RejectAsync(exchange, exchange.Refusal is { } refusal ? RateLimited(refusal, request.Model) : CreditSpent);
                return;
            }

            var strike = faults.Take(exchange.Number, request.Model, exchange.Key);
            exchange.Understood(request.Model, request.IsStream, strike?.Fault);
            await new AnswerRun(exchange, Answer(request, exchange), strike).RunAsync(request.IsStream);
        }
    }

    /// <summary>Meets a request of any kind while the vendor is down. What is asked for is read for the log alone.</summary>
    private async Task DownAsync(Exchange exchange, ReadOnlyMemory<byte> body, SimulatedFault outage)
    {
        using (var document = Parse(body))
        {
            var request = document is null ? null : Read(document.RootElement).Request;
            exchange.Understood(request?.Model, request?.IsStream == true, outage);
        }

        // A refusal that comes too late for this connection is silence until it is reset.
        if (outage.Find<FaultEffect.Status>() is not { } status)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, exchange.Time, exchange.Aborted);
            return;
        }

        foreach (var (name, value) in status.Headers) exchange.Http.Response.Headers[name] = value;
        var text = status.Body is { } own ? System.Text.Encoding.UTF8.GetBytes(own) : Body(Error(status.Code, status.Words), exchange);
        await WriteAsync(exchange, status.Code, text, status.Code < 400 ? RequestEnding.Answered : RequestEnding.Rejected);
    }

    protected static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The models that are listed.</summary>
    protected static IReadOnlyList<string> Models(Exchange exchange) => exchange.Options.Models is { Count: > 0 } models ? models : ["simulated"];

    protected Task RejectAsync(Exchange exchange, ApiError error) => WriteAsync(exchange, error.Status, Body(error, exchange), RequestEnding.Rejected);

    protected static async Task WriteAsync(Exchange exchange, int status, ReadOnlyMemory<byte> body, RequestEnding ending)
    {
        var response = exchange.Http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        exchange.Settle(ending);
        await response.BodyWriter.WriteAsync(body, exchange.Aborted);
    }

    private static async Task<(ReadOnlyMemory<byte> Body, bool IsTooLarge)> ReadAsync(Exchange exchange)
    {
        var most = exchange.Options.MaxRequestBytes;
        var request = exchange.Http.Request;
        if (request.ContentLength > most) return (default, true);
        var body = new ArrayBufferWriter<byte>((int)Math.Max(request.ContentLength ?? 0, 256));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(exchange.Aborted);
            foreach (var segment in read.Buffer) body.Write(segment.Span);
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (body.WrittenCount > most) return (body.WrittenMemory, true);
            if (read.IsCompleted) return (body.WrittenMemory, false);
        }
    }
}

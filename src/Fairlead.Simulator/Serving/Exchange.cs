using System.Globalization;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Listening;
using Fairlead.Simulator.Quotas;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>One request to the vendor with its line in the log and on the bill. Used by one request, one step after another.</summary>
internal sealed class Exchange
{
    private static readonly HashSet<string> Credentials = new(StringComparer.OrdinalIgnoreCase) { "authorization", "api-key", "x-api-key", "x-goog-api-key" };

    private readonly RequestLog _log;
    private readonly VendorBill _bill;
    private LoggedRequest _record;
    private bool _answerCounts;
    private bool _isAccepted;
    private bool _isSettled;

    public Exchange(HttpContext http, SimulatedVendorOptions options, RequestLog log, VendorBill bill, TimeProvider time)
    {
        Http = http;
        Options = options;
        Time = time;
        Connection = http.Features.Get<VendorConnection>()!;
        StartedAt = time.GetTimestamp();
        _log = log;
        _bill = bill;
        var request = http.Request;
        var now = time.GetUtcNow();
        _record = log.Begin(number => new LoggedRequest
        {
            Number = number,
            ReceivedAt = now,
            Stamp = string.Create(CultureInfo.InvariantCulture, $"{options.Name}#{number}"),
            Method = request.Method,
            Path = request.Path.Value ?? "/",
            Key = BearerKey(request) ?? ApiKey(request),
            Headers = Headers(request),
        });
    }

    public HttpContext Http { get; }

    public SimulatedVendorOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>The connection it came on.</summary>
    public VendorConnection Connection { get; }

    /// <summary>When it came, a timestamp of the time provider.</summary>
    public long StartedAt { get; }

    public long Number => _record.Number;

    public string Stamp => _record.Stamp;

    public string? Key => _record.Key;

    /// <summary>Cancelled when the client goes away or the vendor breaks.</summary>
    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>The quota it is held to; null for none, and until it is known what is asked for.</summary>
    public QuotaAccount? Quota { get; private set; }

    /// <summary>Why its quota refuses it; null when it does not.</summary>
    public QuotaRefusal? Refusal { get; private set; }

    /// <summary>Events written so far.</summary>
    public int Events { get; set; }

    /// <summary>Prompt tokens; charged if the request is accepted.</summary>
    public int InputTokens { get; private set; }

    /// <summary>Answer tokens produced so far; charged if the request is accepted.</summary>
    public int OutputTokens { get; set; }

    /// <summary>Logs the body.</summary>
    public void Received(ReadOnlySpan<byte> body)
    {
        _record = _record with { Body = body[..Math.Min(body.Length, Options.LoggedBodyBytes)].ToArray(), BodyLength = body.Length };
        _log.Update(_record);
    }

    /// <summary>Logs what is asked for, and the fault it suffers.</summary>
    public void Understood(string? model, bool isStream, SimulatedFault? fault)
    {
        _record = _record with { Model = model, IsStream = isStream, Fault = fault?.ToString() };
        _log.Update(_record);
    }

    /// <summary>Holds it to a quota, and takes what it needs of it.</summary>
    /// <param name="quota">The quota.</param>
    /// <param name="tokens">What it counts as tokens from the start.</param>
    /// <param name="inputTokens">The prompt's.</param>
    /// <param name="answerCounts">Whether the answer's tokens count as well, when they have been produced.</param>
    /// <returns>Whether it is admitted; <see cref="Refusal"/> says why not, or is null where the credit is spent.</returns>
    public bool TryAdmit(QuotaAccount quota, long tokens, long inputTokens, bool answerCounts)
    {
        Quota = quota;
        _answerCounts = answerCounts;
        if (quota.IsSpent) return false;
        Refusal = quota.TryTake(tokens, inputTokens);
        return Refusal is null;
    }

    /// <summary>The vendor starts to work on it: from here on it costs money.</summary>
    public void Accept(int inputTokens)
    {
        _isAccepted = true;
        InputTokens = inputTokens;
    }

    /// <summary>Charges and logs the end, once; whatever else happens afterwards changes neither. Called before the last byte goes out.</summary>
    public void Settle(RequestEnding ending)
    {
        if (_isSettled) return;
        _isSettled = true;
        var charge = _isAccepted ? _bill.Charge(_record.Model ?? "", InputTokens, OutputTokens) : 0;
        if (_isAccepted) Quota?.Use(_answerCounts ? OutputTokens : 0, OutputTokens, charge);
        _record = _record with
        {
            Ending = ending,
            EndedAt = Time.GetUtcNow(),
            StatusCode = Http.Response.HasStarted || ending is not (RequestEnding.ClientClosed or RequestEnding.Broken) ? Http.Response.StatusCode : 0,
            EventsWritten = Events,
            InputTokens = _isAccepted ? InputTokens : 0,
            OutputTokens = _isAccepted ? OutputTokens : 0,
            NanoDollars = charge,
        };
        _log.End(_record);
    }

    /// <summary>The request is over because its connection is.</summary>
    public void SettleAborted() => Settle(Connection.IsBroken ? RequestEnding.Broken : RequestEnding.ClientClosed);

    private static string? BearerKey(HttpRequest request)
    {
        var value = request.Headers.Authorization.ToString();
        return value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..].Trim() : null;
    }

    private static string? ApiKey(HttpRequest request) => request.Headers.TryGetValue("x-api-key", out var values) ? values.ToString() : null;

    private static Dictionary<string, string> Headers(HttpRequest request)
    {
        var headers = new Dictionary<string, string>(request.Headers.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in request.Headers)
        {
            if (!Credentials.Contains(name)) headers[name] = values.ToString();
        }

        return headers;
    }
}

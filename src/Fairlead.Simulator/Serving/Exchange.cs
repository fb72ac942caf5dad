using System.Globalization;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Listening;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>One request to the vendor with its line in the log and on the bill. Used by one request, one step after another.</summary>
internal sealed class Exchange
{
    private static readonly HashSet<string> Credentials = new(StringComparer.OrdinalIgnoreCase) { "authorization", "api-key", "x-api-key", "x-goog-api-key" };

    private readonly RequestLog _log;
    private readonly VendorBill _bill;
    private LoggedRequest _record;
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
    public void Understood(string model, bool isStream, SimulatedFault? fault)
    {
        _record = _record with { Model = model, IsStream = isStream, Fault = fault?.ToString() };
        _log.Update(_record);
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
        _record = _record with
        {
            Ending = ending,
            EndedAt = Time.GetUtcNow(),
            StatusCode = Http.Response.HasStarted || ending is not (RequestEnding.ClientClosed or RequestEnding.Broken) ? Http.Response.StatusCode : 0,
            EventsWritten = Events,
            InputTokens = _isAccepted ? InputTokens : 0,
            OutputTokens = _isAccepted ? OutputTokens : 0,
            NanoDollars = _isAccepted ? _bill.Charge(_record.Model ?? "", InputTokens, OutputTokens) : 0,
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

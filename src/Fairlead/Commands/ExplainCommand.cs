using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Explaining;
using Fairlead.Pipeline;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary><c>fairlead explain</c>: why a request went where it went, or where one would go.</summary>
internal static class ExplainCommand
{
    private const int MostBytes = 32 * 1024 * 1024;
    private const string DefaultEndpoint = "/v1/chat/completions";

    public static Command Build()
    {
        var what = new Argument<string>("ID|FILE") { Description = "A request's id; or a file with a request, {endpoint, headers, body} or a body alone; '-' reads standard input." };
        var config = ConfigurationArgument.Option();
        var url = new Option<string?>("--url") { Description = $"The running gateway to ask. Default for an id: {GatewayClient.DefaultAddress}. A file is explained without one, by the configuration." };
        var key = new Option<string?>("--key") { Description = "Who asks: env:NAME or file:PATH. With a configuration, the client key that has this secret, or its name." };
        var endpoint = new Option<string>("--endpoint") { Description = "The endpoint of a body that stands alone.", DefaultValueFactory = _ => DefaultEndpoint };
        var json = new Option<bool>("--json") { Description = "Print the JSON object." };
        var command = new Command("explain", "Tell why a request went where it went, or where one would go.") { what, config, url, key, endpoint, json };
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var asked = parsed.GetValue(what)!;
            var isId = RequestId.IsWellFormed(asked);
            var envelope = isId ? [] : Envelope(InputFile.ReadBytes(asked, MostBytes), parsed.GetValue(endpoint)!);
            if (!isId && parsed.GetValue(url) is null) return Explain(console, envelope, parsed.GetValue(config) ?? ConfigurationArgument.Default, parsed.GetValue(key), parsed.GetValue(json));
            using var client = new GatewayClient(GatewayClient.AddressOf(parsed.GetValue(url) ?? GatewayClient.DefaultAddress), GatewayClient.KeyOf(parsed.GetValue(key)));
            try
            {
                var reply = isId ? await client.GetAsync("v1/requests/" + asked, cancellationToken) : await client.PostAsync("v1/explain", envelope, cancellationToken);
                using var body = reply.Body;
                return reply.Status == 200 ? Tell(console, body.RootElement, parsed.GetValue(json)) : Refused(console, reply.Status, body.RootElement);
            }
            catch (GatewayException exception)
            {
                await console.Error.WriteLineAsync("fairlead: " + exception.Message);
                return ExitCodes.Failure;
            }
            catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
            {
                // JSON of another shape than a Fairlead of this version sends.
                await console.Error.WriteLineAsync("fairlead: what answers is no Fairlead of this version: its JSON is of another form");
                return ExitCodes.Failure;
            }
        }));
        return command;
    }

    /// <summary>Without a gateway: by the configuration alone, when nothing is measured and every secret is set.</summary>
    private static int Explain(CommandConsole console, byte[] envelope, string config, string? key, bool asJson)
    {
        var snapshot = ConfigurationArgument.Load(config);
        var admitted = new Admitted(CallerOf(key, snapshot), Claims.None);
        ReadOnlyMemory<byte> answer = default;
        var errors = new RuleErrors();
        var now = TimeProvider.System.GetUtcNow();
        var refusal = ExplainEnvelope.Read(envelope, snapshot, ref admitted, out var dialect, out var body)
            ?? Decider.DecideDry(dialect!, body, RequestId.Create(now), now, admitted, snapshot, new DecisionViews(HealthView.Empty, BudgetView.None), errors, decision => answer = ExplainEndpoint.Render(decision, snapshot));
        foreach (var error in errors.All) console.Error.WriteLine($"{error.Place} could not be evaluated: {error.Message}");
        if (refusal is not null)
        {
            console.Error.WriteLine($"Refused with {refusal.Status} {refusal.Code}{(refusal.Param is { } param ? $" ({param})" : "")}: {refusal.Message}");
            return ExitCodes.Failure;
        }

        using var told = JsonDocument.Parse(answer);
        var code = Tell(console, told.RootElement, asJson);
        if (!asJson) console.Line("By the configuration alone: nothing is measured, no budget is spent, every secret is taken as set.", new Style(Color.Grey));
        return code;
    }

    private static int Tell(CommandConsole console, JsonElement record, bool asJson)
    {
        var told = record.TryGetProperty("sentence", out var sentence) ? sentence.GetString() : null;
        var derived = DerivedSentence.Of(record);
        var differs = told is not null && derived is not null && told != derived;
        if (asJson) WriteJson(console, record, derived, differs);
        else Story.Write(console, record);
        if (differs)
        {
            console.Error.WriteLine("THE SENTENCE IS NOT WHAT FOLLOWS FROM THE RECORD. Derived again it is:");
            console.Error.WriteLine(derived);
            return ExitCodes.Failure;
        }

        if (!asJson && derived is not null) console.Line("Derived again from the record: the same sentence.", new Style(Color.Grey));
        return ExitCodes.Success;
    }

    private static void WriteJson(CommandConsole console, JsonElement record, string? derived, bool differs) => console.Json(json =>
    {
        json.WriteStartObject();
        foreach (var member in record.EnumerateObject()) member.WriteTo(json);
        if (derived is not null)
        {
            json.WriteString("derived_sentence", derived);
            json.WriteBoolean("derived_is_same", !differs);
        }

        json.WriteEndObject();
    });

    private static int Refused(CommandConsole console, int status, JsonElement body)
    {
        var error = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        console.Error.WriteLine($"fairlead: the gateway answers {status} {Text(error, "code")}: {Text(error, "message")}");
        return ExitCodes.Failure;
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>A body that stands alone, in the form that has its endpoint; anything else as it is, for the one reader of that form to judge.</summary>
    private static byte[] Envelope(byte[] bytes, string endpoint)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 130 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InputException("a request is a JSON object");
            if (document.RootElement.TryGetProperty("body", out _) || document.RootElement.TryGetProperty("endpoint", out _)) return bytes;
            var buffer = new ArrayBufferWriter<byte>(bytes.Length + 64);
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                json.WriteString("endpoint", endpoint);
                json.WritePropertyName("body");
                document.RootElement.WriteTo(json);
                json.WriteEndObject();
            }

            return buffer.WrittenSpan.ToArray();
        }
        catch (JsonException exception)
        {
            throw new InputException($"the request is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})");
        }
    }

    private static Caller CallerOf(string? key, GatewaySnapshot snapshot)
    {
        if (key is null) return Caller.Anonymous;
        var found = snapshot.Keys.FirstOrDefault(known => known.Name == key || known.Secret.Reference == key);
        return found is not null ? Admission.CallerOf(found) : throw new InputException($"no client key of the configuration is '{key}', by its secret or its name");
    }
}

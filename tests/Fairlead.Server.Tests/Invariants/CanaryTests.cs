using System.Text;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// INV-17: secrets that are known by their looks are put everywhere where one belongs, everything is used, well and badly, and then they are looked for
/// in all that came out: logs at trace, errors, answers, metrics, exports, the files of the store.
/// </summary>
public sealed class CanaryTests
{
    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["VENDOR"] = "canaryVENDORq8Zr2LmXw7",
        ["APP"] = "canaryCLIENTt5Yp9KdHs3",
        ["OLD"] = "canaryEXPIREDb6Vn1QgJc4",
        ["ADMIN"] = "canaryADMINe7Uj4RkTf0",
        ["STORE"] = "canarySTOREm3Wx6ZbPv9",
        ["HOOK"] = "http://127.0.0.1:9/canaryHOOKh2Sa8DlGy5",
        ["SIGN"] = "canarySIGNo1Fq7NcMu6",
    };

    [Fact]
    public async Task NoSecretComesOutAnywhere()
    {
        using var folder = new TemporaryFolder();
        var heard = new StringBuilder();
        // A vendor that says the key it was given in everything it answers.
        await using var vendor = ByteServer.Start(request =>
        {
            var said = request.Headers.GetValueOrDefault("authorization") ?? request.Headers.GetValueOrDefault("Authorization") ?? "";
            return request.Text.Contains("fail", StringComparison.Ordinal)
                ? Reply.Json(Error("invalid_api_key", "Incorrect API key provided: " + said), 401)
                : request.Text.Contains("wrong", StringComparison.Ordinal) ? Reply.Json(Error("bad", "You sent " + said), 400) : Reply.Json(Answer("yes"));
        });
        var secrets = new Dictionary<string, string>(Secrets);
        await using (var gateway = await RunningGateway.StartAsync($$"""
            providers: { one: { kind: openai-compatible, base_url: "{{vendor.Address}}", keys: ["env:VENDOR"] } }
            targets: { first: { provider: one, model: m, price: { input: 1, output: 2 } } }
            aliases: { m: auto }
            defaults: { {{Patient}} }
            routes: [ { name: default, tiers: [ { use: [first] } ] } ]
            budgets: [ { name: all, limit: $100, per: month } ]
            keys:
              - { name: app, secret: "env:APP", tenant: acme }
              - { name: old, secret: "env:OLD", tenant: acme, expires: 2020-01-31 }
            admin: { key: "env:ADMIN" }
            audit: { checkpoint: { file: "{{folder.File("checkpoints.jsonl")}}", webhook: "env:HOOK", key: "env:SIGN" } }
            alerts: [ { webhook: "env:HOOK", key: "env:SIGN" } ]
            store: { ledger: "sqlite:{{folder.File("ledger.db")}}", key: "env:STORE" }
            """, environment: Secrets))
        {
            var admin = ("authorization", "Bearer " + Secrets["ADMIN"]);
            var app = ("authorization", "Bearer " + Secrets["APP"]);
            var made = await SayAsync(gateway.PostAsync("admin/v1/keys", """{"name":"made","tenant":"acme"}""", admin), kept: false);
            var secret = System.Text.Json.Nodes.JsonNode.Parse(made)!["secret"]!.GetValue<string>();
            secrets["MADE"] = secret;
            var rotated = await SayAsync(gateway.PostAsync("admin/v1/keys/made/rotate", "{}", admin), kept: false);
            secrets["ROTATED"] = System.Text.Json.Nodes.JsonNode.Parse(rotated)!["secret"]!.GetValue<string>();

            string[] bodies = [Question, StreamQuestion, Question.Replace("Hello", "fail", StringComparison.Ordinal), Question.Replace("Hello", "wrong", StringComparison.Ordinal), "{", """{"model":"nothing","messages":[]}"""];
            (string, string)[] credentials = [app, ("x-api-key", Secrets["APP"]), ("authorization", "Bearer " + secret), ("x-goog-api-key", secrets["ROTATED"]), ("authorization", "Bearer " + Secrets["OLD"]), admin, ("authorization", "Basic " + Secrets["APP"]), ("authorization", "Bearer " + Secrets["APP"] + "x"), ("api-key", Secrets["VENDOR"])];
            foreach (var body in bodies)
            {
                foreach (var credential in credentials)
                {
                    await SayAsync(gateway.PostAsync(body, credential, ("x-fairlead-user", "canaryUSERk3Lp9Xw")));
                    await SayAsync(gateway.PostAsync("v1/messages", body, credential));
                }
            }

            await SayAsync(gateway.PostAsync(Question, app, ("x-api-key", Secrets["ADMIN"]))); // two in one request
            await SayAsync(gateway.PostAsync("v1/chat/completions?key=" + Secrets["APP"], Question));
            foreach (var operation in gateway.Host.Services.GetAdminOperations().Where(operation => operation.Method == "GET"))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "admin/v1/" + operation.Path.Replace("{id}", "made", StringComparison.Ordinal));
                request.Headers.TryAddWithoutValidation(admin.Item1, admin.Item2);
                await SayAsync(gateway.Client.SendAsync(request));
            }

            await SayAsync(gateway.PostAsync("admin/v1/alerts/test", "", admin));
            using var metrics = new HttpRequestMessage(HttpMethod.Get, "metrics");
            metrics.Headers.TryAddWithoutValidation(admin.Item1, admin.Item2);
            await SayAsync(gateway.Client.SendAsync(metrics));
            await SayAsync(gateway.PostAsync("admin/v1/keys/made/revoke", "{}", admin));
            await SayAsync(gateway.PostAsync("admin/v1/keys", $$"""{"name":"{{Secrets["APP"][..4]}}","tenant":7}""", admin));
            await gateway.Host.Ledger.FlushAsync();
            heard.Append(gateway.Log.Text);
        }

        foreach (var file in Directory.GetFiles(folder.Path)) heard.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));

        var text = heard.ToString();
        Assert.Contains("key.rotate", text, StringComparison.Ordinal); // the files were read
        Assert.DoesNotContain("canaryUSERk3Lp9Xw", text, StringComparison.Ordinal); // nor the end user's name
        foreach (var (name, value) in secrets)
        {
            foreach (var look in Looks(value)) Assert.False(text.Contains(look, StringComparison.Ordinal), $"{name} came out as {look}: …{Around(text, look)}…");
        }

        async Task<string> SayAsync(Task<HttpResponseMessage> asking, bool kept = true)
        {
            using var response = await asking;
            string body;
            try
            {
                body = await response.Content.ReadAsStringAsync();
            }
            catch (HttpRequestException)
            {
                body = "";
            }

            heard.Append(response).Append(kept ? body : "");
            return body;
        }
    }

    /// <summary>As it is, its beginning, its halves the wrong way round, in base64 and in an address.</summary>
    private static IEnumerable<string> Looks(string secret)
    {
        var tail = secret.StartsWith("http", StringComparison.Ordinal) ? secret[(secret.LastIndexOf('/') + 1)..] : secret;
        yield return tail;
        yield return tail[..12];
        yield return new string([.. tail[..(tail.Length / 2)].Reverse()]);
        yield return new string([.. tail[(tail.Length / 2)..].Reverse()]);
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(tail))[..^4];
        yield return Convert.ToHexStringLower(Encoding.UTF8.GetBytes(tail));
    }

    private static string Around(string text, string look)
    {
        var at = text.IndexOf(look, StringComparison.Ordinal);
        return text[Math.Max(0, at - 80)..Math.Min(text.Length, at + 20)];
    }
}

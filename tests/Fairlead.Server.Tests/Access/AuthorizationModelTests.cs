using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Access;
using Fairlead.Core.Keys;
using Fairlead.Endpoints;
using Fairlead.Server.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Access.AuthorizationModel;

namespace Fairlead.Server.Tests.Access;

/// <summary>
/// The gateway against <see cref="AuthorizationModel"/>, over thousands of generated requests: keys of the configuration and of the store, of every
/// condition; both dialects; every kind of name; dry runs, explanations, records, lists; and real sends, of which the vendors see nothing that is not
/// allowed. The seed is fixed; FAIRLEAD_SEED gives another one.
/// </summary>
public sealed class AuthorizationModelTests : IAsyncLifetime
{
    private const int Combinations = 12_000;
    private const int KeysOfEachKind = 40;

    private static readonly DateTimeOffset Start = new(2027, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Tenants = ["acme", "globex"];

    private readonly FakeTimeProvider _time = new(Start);
    private readonly Dictionary<Badge, string> _secrets = [];
    private readonly Dictionary<string, string> _records = [];
    private ByteServer _openAi = null!;
    private ByteServer _claude = null!;
    private RunningGateway _gateway = null!;

    public ValueTask InitializeAsync()
    {
        // The first choice of most fails always, so that the others are come to.
        _openAi = ByteServer.Start(request => request.Text.Contains("\"m-fast\"", StringComparison.Ordinal) ? Reply.Json(Pipeline.Vendors.Error("busy"), 503) : Reply.Json(Pipeline.Vendors.Answer("ok")));
        _claude = ByteServer.Start(Reply.Json(
            """{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}"""));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _openAi.DisposeAsync();
        await _claude.DisposeAsync();
    }

    [Fact]
    public async Task Gateway_DecidesAsTheModel()
    {
        var seed = Environment.GetEnvironmentVariable("FAIRLEAD_SEED") is { Length: > 0 } given ? int.Parse(given, null) : 20270305;
        var random = new Random(seed);
        var badges = await StartAsync(random);
        var application = _gateway.Host.Services.GetRequiredService<GatewayApplication>();
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < Combinations; i++)
        {
            var question = Draw(random, badges);
            var expected = Decide(question);
            var isSent = question is { Place: "chat" or "messages", IsDry: false };
            _openAi.Requests.Clear();
            _claude.Requests.Clear();

            var (status, body, headers) = await AskAsync(application, question, random.Next(2) == 0);

            var told = $"seed {seed}, combination {i}: {Described(question)}\nexpected {expected.Status} {expected.Code} [{string.Join(' ', expected.Ways)}]\nactual {status}: {body}";
            if (isSent && expected.Status == 200) AssertSent(expected, status, body, headers, told);
            else AssertDecided(expected, status, body, question, told);
            if (!isSent || expected.Status != 200) Assert.True(_openAi.Requests.IsEmpty && _claude.Requests.IsEmpty, "something was sent: " + told);
            var kind = $"{question.Place} {expected.Status} {expected.Code}{(expected is { Status: 200, Ways: [] } && Plans(question) ? " but nothing may be tried" : "")}";
            seen[kind] = seen.GetValueOrDefault(kind) + 1;
        }

        // A generator that only ever meets closed doors, or open ones, would prove little.
        foreach (var kind in new[]
        {
            "chat 200 ", "messages 200 ", "explain-chat 200 ", "explain-messages 200 ", "count 200 ", "model 200 ", "models 200 ", "record 200 ", "chat 200  but nothing may be tried", "chat 401 missing_api_key",
            "chat 401 invalid_api_key", "chat 401 key_expired", "chat 401 key_revoked", "chat 400 ambiguous_credentials", "chat 403 operation_not_allowed", "chat 403 claim_not_allowed", "chat 403 tool_not_allowed",
            "chat 403 route_not_allowed", "chat 404 model_not_found", "model 404 model_not_found", "record 404 request_not_found", "models 403 operation_not_allowed", "explain-chat 403 operation_not_allowed",
        })
        {
            Assert.True(seen.GetValueOrDefault(kind) >= 10, $"{kind}: {seen.GetValueOrDefault(kind)} times. {string.Join("; ", seen.OrderBy(each => each.Key).Select(each => $"{each.Key}: {each.Value}"))}");
        }
    }

    private static bool Plans(Question question) => question.Place is not ("model" or "models" or "record");

    private static void AssertDecided(Answer expected, int status, string body, Question question, string told)
    {
        Assert.True(expected.Status == status, told);
        var answer = JsonNode.Parse(body)!;
        if (expected.Code is { } code)
        {
            Assert.True(code == (string?)(answer["error"]!["code"] ?? answer["error"]!["details"]?["error_code"]), told);
        }
        else if (Plans(question))
        {
            var ways = answer["decision"]!["candidates"]!.AsArray().Select(candidate => $"{candidate!["tier"]}/{candidate["target"]}");
            Assert.True(expected.Ways.SequenceEqual(ways), told);
        }
    }

    /// <summary>A request that is sent for real: whatever fails and whatever is tried after it, the vendors see what may be tried and nothing else.</summary>
    private void AssertSent(Answer expected, int status, string body, IHeaderDictionary headers, string told)
    {
        var tried = _openAi.Requests.Select(request => "openai/" + JsonNode.Parse(request.Text)!["model"])
            .Concat(_claude.Requests.Select(request => "claude/" + JsonNode.Parse(request.Text)!["model"])).ToList();
        var allowed = expected.Ways.Select(way => SoldAs(way[(way.IndexOf('/') + 1)..])).ToHashSet();
        Assert.True(tried.All(allowed.Contains), $"{told}\nsent to {string.Join(", ", tried)}");
        Assert.True(tried.Count > 0 == expected.Ways.Length > 0, told);
        var answers = expected.Ways.Select(way => way[(way.IndexOf('/') + 1)..]).FirstOrDefault(target => !SoldAs(target).EndsWith("/m-fast", StringComparison.Ordinal));
        if (expected.Ways.Length == 0) Assert.True(status == 403, told);
        else if (answers is null) Assert.True(status == 503, told);
        else Assert.True(status == 200 && (headers["x-fairlead-target"] == answers || headers["x-fairlead-target"].Count == 0), told + " " + headers["x-fairlead-target"] + body);
    }

    private static string SoldAs(string target) => target switch
    {
        "fast" or "fast-prod" or "fast-kept" => "openai/m-fast",
        "vault" => "openai/m-vault",
        "sonnet" => "claude/claude-x",
        "staging" => "claude/claude-s",
        _ => target,
    };

    private async Task<List<Badge>> StartAsync(Random random)
    {
        var configured = Enumerable.Range(0, KeysOfEachKind).Select(i => Badge(random, $"c{i}", i % 8 == 0 ? "expired" : "good")).ToList();
        var environment = new Dictionary<string, string> { ["CLAUDE"] = "vendor-secret-1234567890", ["ADMIN"] = "admin-secret-1234567890" };
        foreach (var badge in configured)
        {
            environment["K_" + badge.Name] = _secrets[badge] = $"{badge.Name}-configured-secret";
        }

        var yaml = $$"""
            providers:
              openai: { kind: openai-compatible, base_url: "{{_openAi.Address}}" }
              claude: { kind: anthropic, base_url: "{{_claude.Address[..^3]}}", keys: ["env:CLAUDE"] }
            admin: { key: "env:ADMIN" }
            keys:
            {{string.Join('\n', configured.Select(Written))}}
            {{Configuration}}
            """;
        _gateway = await RunningGateway.StartAsync(yaml, _time, environment, mostWaitingRecords: 100_000);
        _gateway.Forgive(); // the model knows who may be asked, and not who is well

        var administration = _gateway.Host.Services.GetRequiredService<KeyAdministration>();
        var stored = Enumerable.Range(0, KeysOfEachKind).Select(i => Badge(random, $"s{i}", i % 8 == 0 ? "expired" : i % 8 == 1 ? "revoked" : "good")).ToList();
        foreach (var badge in stored)
        {
            _secrets[badge] = Assert.IsType<KeyOutcome.Issued>(await administration.CreateAsync(Asked(badge), _ => false, new KeyAuthor("ada", null), default)).Secret;
            if (badge.Condition == "revoked") await administration.RevokeAsync(badge.Name, new KeyAuthor("ada", null), default);
        }

        var everybody = Tenants.Select(tenant => new Badge("r-" + tenant) { Tenant = tenant, Targets = ["sonnet"] }).ToList();
        foreach (var badge in everybody) _secrets[badge] = ((KeyOutcome.Issued)await administration.CreateAsync(Asked(badge), _ => false, new KeyAuthor("ada", null), default)).Secret;
        _time.SetUtcNow(Start.AddDays(2));
        await _gateway.Host.Services.GetRequiredService<LiveKeys>().ReloadAsync(default);

        foreach (var badge in everybody)
        {
            using var response = await _gateway.PostAsync("""{"model":"sonnet","messages":[{"role":"user","content":"x"}]}""", ("x-api-key", _secrets[badge]));
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            _records[badge.Tenant] = response.Headers.GetValues("x-request-id").Single();
        }

        await _gateway.Host.Ledger.FlushAsync();
        return [.. configured, .. stored];
    }

    private static Badge Badge(Random random, string name, string condition) => new(name)
    {
        Condition = condition,
        Tenant = Tenants[random.Next(2)],
        Team = random.Next(4) == 0 ? "secret" : null,
        Feature = random.Next(4) switch { 0 => "special", 1 => "other", _ => null },
        Routes = random.Next(3) == 0 ? Some(random, "default", "special", "hidden") : null,
        Targets = random.Next(3) == 0 ? Some(random, "fast", "fast-prod", "fast-kept", "vault", "sonnet", "staging") : null,
        Environments = random.Next(3) == 0 ? Some(random, "prod", "stage") : [],
        Claims = random.Next(3) == 0 ? Some(random, "feature", "environment", "dry_run", "user") : null,
        Operations = random.Next(3) == 0 ? Some(random, "chat", "count_tokens", "models", "explain", "requests") is { Length: > 0 } some ? some : ["outcomes"] : null,
        Tools = random.Next(4) switch { 0 => [], 1 => ["get_weather"], _ => null },
        HearsLittle = random.Next(8) == 0,
    };

    private static string[] Some(Random random, params string[] all) => [.. all.Where(_ => random.Next(2) == 0)];

    private static Question Draw(Random random, List<Badge> badges)
    {
        string[] places = ["chat", "chat", "messages", "messages", "count", "explain-chat", "explain-messages", "model", "models", "record"];
        var place = places[random.Next(places.Length)];
        var showing = random.Next(20) switch { 0 => Showing.Nothing, 1 => Showing.AWrongKey, 2 => Showing.TwoKeys, 3 => Showing.TheAdminsKey, _ => Showing.ItsKey };
        return new Question(badges[random.Next(badges.Count)], showing, place)
        {
            Model = AuthorizationModel.Models[random.Next(AuthorizationModel.Models.Length)],
            IsDry = place == "count" || (place is "chat" or "messages" && random.Next(4) != 0),
            Feature = random.Next(5) switch { 0 => "special", 1 => "other", _ => null },
            Environment = random.Next(4) switch { 0 => "prod", 1 => "stage", _ => null },
            Tool = random.Next(6) switch { 0 => "get_weather", 1 => "drop_tables", _ => null },
            RecordOf = Tenants[random.Next(2)],
        };
    }

    /// <summary>Asks the gateway's own handler: everything behind the socket is the real thing.</summary>
    private async Task<(int Status, string Body, IHeaderDictionary Headers)> AskAsync(GatewayApplication application, Question question, bool inMetadata)
    {
        var context = new DefaultHttpContext();
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        var request = context.Request;
        request.Host = new HostString("localhost");
        (request.Method, request.Path) = question.Place switch
        {
            "chat" => ("POST", "/v1/chat/completions"),
            "messages" => ("POST", "/v1/messages"),
            "count" => ("POST", "/v1/messages/count_tokens"),
            "explain-chat" or "explain-messages" => ("POST", "/v1/explain"),
            "model" => ("GET", "/v1/models/" + question.Model),
            "models" => ("GET", "/v1/models"),
            _ => ("GET", "/v1/requests/" + _records[question.RecordOf]),
        };
        switch (question.Showing)
        {
            case Showing.ItsKey:
                request.Headers.Authorization = "Bearer " + _secrets[question.Badge];
                break;
            case Showing.AWrongKey:
                request.Headers["x-api-key"] = _secrets[question.Badge] + "x";
                break;
            case Showing.TwoKeys:
                request.Headers.Authorization = "Bearer " + _secrets[question.Badge];
                request.Headers["x-goog-api-key"] = "another";
                break;
            case Showing.TheAdminsKey:
                request.Headers["api-key"] = "admin-secret-1234567890";
                break;
        }

        if (request.Method == "POST")
        {
            var claims = new Dictionary<string, string>();
            if (question.Feature is { } feature) claims["feature"] = feature;
            if (question.Environment is { } environment) claims["environment"] = environment;
            if (question.IsDry) claims["dry_run"] = "true";
            var isExplained = question.Place.StartsWith("explain", StringComparison.Ordinal);
            var body = new JsonObject { ["model"] = question.Model, ["max_tokens"] = 5, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "x" }) };
            if (question.Tool is { } tool) body["tools"] = new JsonArray(Tool(question.Place, tool));
            if (inMetadata) body["metadata"] = new JsonObject(claims.Select(claim => KeyValuePair.Create<string, JsonNode?>("fairlead." + claim.Key, claim.Value)));
            var headers = claims.Where(_ => !inMetadata).Select(claim => (Name: "x-fairlead-" + claim.Key.Replace('_', '-'), claim.Value)).ToList();
            if (isExplained)
            {
                var endpoint = question.Place == "explain-chat" ? "/v1/chat/completions" : "/v1/messages";
                body = new JsonObject { ["endpoint"] = endpoint, ["headers"] = new JsonObject(headers.Select(header => KeyValuePair.Create<string, JsonNode?>(header.Name, header.Value))), ["body"] = body };
            }
            else
            {
                foreach (var (name, value) in headers) request.Headers[name] = value;
            }

            var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
            request.Body = new MemoryStream(bytes);
            request.ContentLength = bytes.Length;
            request.ContentType = "application/json";
        }

        await application.HandleAsync(context);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()), context.Response.Headers);
    }

    private static JsonObject Tool(string place, string name) => place is "chat" or "explain-chat"
        ? new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name } }
        : new JsonObject { ["name"] = name, ["input_schema"] = new JsonObject { ["type"] = "object" } };

    private static string Written(Badge badge)
    {
        var members = new List<string> { $"name: {badge.Name}", $"secret: \"env:K_{badge.Name}\"", $"tenant: {badge.Tenant}" };
        if (badge.Team is { } team) members.Add($"team: {team}");
        if (badge.Feature is { } feature) members.Add($"feature: {feature}");
        Add("routes", badge.Routes);
        Add("targets", badge.Targets);
        Add("environments", badge.Environments.Length == 0 ? null : badge.Environments);
        Add("may_set", badge.Claims);
        Add("operations", badge.Operations);
        Add("tools", badge.Tools);
        if (badge.HearsLittle) members.Add("expose: minimal");
        if (badge.Condition == "expired") members.Add("expires: 2027-03-06");
        return $"  - {{ {string.Join(", ", members)} }}";

        void Add(string name, string[]? values)
        {
            if (values is not null) members.Add($"{name}: [{string.Join(", ", values)}]");
        }
    }

    private static KeyRequest Asked(Badge badge) => new()
    {
        Name = badge.Name,
        Tenant = badge.Tenant,
        Team = badge.Team,
        Feature = badge.Feature,
        Routes = badge.Routes is { } routes ? [.. routes] : null,
        Targets = badge.Targets is { } targets ? [.. targets] : null,
        Environments = badge.Environments is { Length: > 0 } environments ? [.. environments] : null,
        MaySet = badge.Claims is { } claims ? [.. claims] : null,
        Operations = badge.Operations is { } operations ? [.. operations] : null,
        Tools = badge.Tools is { } tools ? [.. tools] : null,
        IsMinimal = badge.HearsLittle,
        Expires = badge.Condition == "expired" ? new DateOnly(2027, 3, 6) : null,
    };

    private static string Described(Question question)
    {
        var badge = question.Badge;
        return $"{question} routes={List(badge.Routes)} targets={List(badge.Targets)} environments={List(badge.Environments)} claims={List(badge.Claims)} operations={List(badge.Operations)} tools={List(badge.Tools)}";

        static string List(string[]? names) => names is null ? "any" : $"[{string.Join(' ', names)}]";
    }
}

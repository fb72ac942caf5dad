using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>Answers, bodies and configurations that the tests of the pipeline share.</summary>
internal static class Vendors
{
    public const string Question = """{"model":"m","messages":[{"role":"user","content":"Hello"}]}""";

    public const string StreamQuestion = """{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}""";

    public const string Done = "data: [DONE]\n\n";

    public static string Role { get; } = Chunk("""{"role":"assistant","content":""}""");

    public static string Finish { get; } = Chunk("{}", "\"stop\"");

    public static string Usage { get; } =
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m-2026-01-01\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n";

    public static string Answer(string text) =>
        $$$"""{"id":"c1","object":"chat.completion","created":1,"model":"m-2026-01-01","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}""";

    public static string Token(string text) => Chunk($$$"""{"content":"{{{text}}}"}""");

    /// <summary>A whole stream that says these texts.</summary>
    public static Reply Saying(params IEnumerable<string> texts) => Reply.Stream([Role, .. texts.Select(Token), Finish, Usage, Done]);

    public static string Error(string code, string message = "Something of the vendor's own.") =>
        $$$"""{"error":{"message":"{{{message}}}","type":"vendor_type","param":null,"code":"{{{code}}}"}}""";

    /// <summary>Clocks that a busy machine does not run into; tests of the clocks have their own, on a clock that they turn.</summary>
    public const string Patient = "timeouts: { connect: 30s, headers: 60s, first_token: 60s, gap: 60s }";

    /// <summary>One route over vendors, a tier each, called first, second, …; a client's <c>m</c> means the route.</summary>
    public static string Tiers(string defaults, params IEnumerable<string> addresses)
    {
        if (!defaults.Contains("timeouts", StringComparison.Ordinal)) defaults += ", " + Patient;
        var names = new[] { "first", "second", "third", "fourth", "fifth" };
        var list = addresses.ToList();
        return string.Join('\n', [
            "providers:", .. list.Select((address, i) => $"  {names[i]}-vendor: {{ kind: openai-compatible, base_url: \"{address}\" }}"),
            "targets:", .. list.Select((_, i) => $"  {names[i]}: {{ provider: {names[i]}-vendor, model: m, price: {{ input: 1, output: 2 }} }}"),
            "aliases: { m: auto }",
            $"defaults: {{ {defaults} }}",
            "routes:", "  - name: default", "    tiers:", .. list.Select((_, i) => $"      - {{ name: tier-{names[i]}, use: [{names[i]}] }}"),
        ]);
    }

    public static async Task<JsonObject> RecordAsync(RunningGateway gateway, HttpResponseMessage response)
    {
        var id = response.Headers.GetValues("x-fairlead-request-id").Single();
        using var found = await gateway.Client.GetAsync("v1/requests/" + id);
        var text = await found.Content.ReadAsStringAsync();
        Assert.True(found.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    public static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : "";

    /// <summary>An event that adds to the answer.</summary>
    public static string Chunk(string delta, string finish = "null") =>
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m-2026-01-01\",\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}\n\n";
}

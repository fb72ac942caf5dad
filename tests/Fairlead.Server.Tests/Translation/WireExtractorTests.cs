using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The instruments of the half-replays, checked without the product.</summary>
public sealed class WireExtractorTests
{
    private const string InOpenAi =
        """
        {"model":"auto","max_completion_tokens":100,"temperature":0.50,"stop":"END","user":"u","parallel_tool_calls":false,"stream":true,
         "messages":[
          {"role":"system","content":"Be brief."},{"role":"developer","content":[{"type":"text","text":"Be kind."}]},
          {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]},
          {"role":"assistant","content":"","tool_calls":[{"id":"a:1","type":"function","function":{"name":"f","arguments":"{\"y\": 1.0, \"x\":2}"}},{"id":"b","type":"function","function":{"name":"f","arguments":""}}]},
          {"role":"tool","tool_call_id":"a:1","content":"one"},{"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"two"}]},
          {"role":"user","content":"And?"},{"role":"system","content":"Hurry."},{"role":"user","content":"Now."}],
         "tools":[{"type":"function","function":{"name":"f","description":"","strict":false}}],
         "response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}}}
        """;

    private const string InAnthropic =
        """
        {"model":"a-model","max_tokens":100,"temperature":0.5,"stop_sequences":["END"],"metadata":{"user_id":"u"},"stream":true,
         "system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be kind."}],
         "messages":[
          {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]},
          {"role":"assistant","content":[{"type":"tool_use","id":"fl_YTox","name":"f","input":{"x":2,"y":1}},{"type":"tool_use","id":"b","name":"f","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"fl_YTox","content":"one"},{"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"two"}]},
           {"type":"text","text":"And?"},{"type":"text","text":"<system>Hurry.</system>"},{"type":"text","text":"Now."}]}],
         "tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},
         "output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}
        """;

    private static readonly TargetProfile Claude = TargetProfile.Of("anthropic", "a-model");

    [Fact]
    public void Extract_PairTranslatedByHand_SaysTheSame()
    {
        var expected = ExpectedConversation.TowardsAnthropic(OpenAiRequestExtractor.Extract(Parse(InOpenAi)), Claude);
        var got = AnthropicRequestExtractor.Extract(Parse(InAnthropic));

        Assert.Null(FactDifference.First(expected.Facts(), got.Facts()));
        Assert.Null(UpstreamGrammar.Defect(Parse(InAnthropic), Claude));
        Assert.Equal(["messages[7].role"], OpenAiRequestRules.Of(Parse(InOpenAi), Claude).Losses.Select(loss => loss.ToString()));
    }

    [Fact]
    public void Extract_PairTranslatedByHandBack_SaysTheSame()
    {
        var target = TargetProfile.Of("openai-compatible", "a-model");
        var asked = AnthropicRequestExtractor.Extract(Parse(InAnthropic));
        var back = Parse(InOpenAi.Replace("a:1", "fl_YTox", StringComparison.Ordinal).Replace("\"required\":[\"a\"]}}}", "\"required\":[\"a\"],\"additionalProperties\":false}}}", StringComparison.Ordinal));
        back["messages"]!.AsArray()[7] = new JsonObject { ["role"] = "user", ["content"] = "<system>Hurry.</system>" };

        Assert.Null(FactDifference.First(ExpectedConversation.TowardsOpenAi(asked, target).Facts(), OpenAiRequestExtractor.Extract(back).Facts()));
        Assert.Equal("equal", AnthropicRequestRules.Of(Parse(InAnthropic), false, target).Kind);
    }

    [Theory]
    [InlineData("\"Be kind.\"", "\"Be cruel.\"", "system[1]")]
    [InlineData("\"x\":2", "\"x\":3", "turns[1].parts[0]")]
    [InlineData("\"disable_parallel_tool_use\":true", "\"disable_parallel_tool_use\":false", "parallel calls forbidden")]
    [InlineData("<system>Hurry.</system>", "Hurry.", "turns[2].parts[3]")]
    [InlineData("\"stop_sequences\":[\"END\"],", "", "stops[0]")]
    public void Extract_ThingChanged_IsSeen(string was, string becomes, string fact)
    {
        var expected = ExpectedConversation.TowardsAnthropic(OpenAiRequestExtractor.Extract(Parse(InOpenAi)), Claude);
        var got = AnthropicRequestExtractor.Extract(Parse(InAnthropic.Replace(was, becomes, StringComparison.Ordinal)));

        Assert.StartsWith(fact + ":", FactDifference.First(expected.Facts(), got.Facts()), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Extract_EveryRecordedExchange_IsRead()
    {
        SharedFolder.SkipIfAbsent();
        foreach (var target in TargetProfile.All)
        {
            var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
            foreach (var exchange in RecordedExchange.All(SharedFolder.Path, target.ClientApi))
            {
                var body = exchange.Asked();
                var asked = target.IsAnthropic ? OpenAiRequestExtractor.Extract(body) : AnthropicRequestExtractor.Extract(body);
                Assert.NotEmpty(asked.Facts());
                var due = target.IsAnthropic ? OpenAiRequestRules.Of(body, target) : AnthropicRequestRules.Of(body, exchange.Betas() is not null, target);
                kinds[due.Kind] = kinds.GetValueOrDefault(due.Kind) + 1;
                TestContext.Current.TestOutputHelper?.WriteLine($"{target} {exchange.Id} {due.Kind}: {string.Join(", ", due.Refusals)} {string.Join(", ", due.Losses)}");
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{target}: {string.Join(", ", kinds)}");
        }
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Extract_EveryRecordedAnswer_IsRead()
    {
        SharedFolder.SkipIfAbsent();
        foreach (var api in new[] { "openai.chat", "anthropic.messages" })
        {
            foreach (var exchange in RecordedExchange.All(SharedFolder.Path, api))
            {
                var vendor = VendorAnswer.Of(exchange, api == "anthropic.messages");
                if (vendor.Said is { } said && !vendor.IsBroken) Assert.Contains(said.Finish, new[] { "stop", "length", "calls", "refused" });
                TestContext.Current.TestOutputHelper?.WriteLine($"{api} {exchange.Id} {vendor.DueKind}: {string.Join(", ", vendor.Due.Losses)}");
                if (vendor.Said is null) Assert.InRange(DueError.Of(exchange).Status, 400, 599);
            }
        }
    }

    /// <summary>The well-formedness that clients' streams are held to is that of the recorded ones.</summary>
    [Fact]
    [Trait("Category", "SharedData")]
    public void Assemble_RecordedStreamsOfTheVendorsThemselves_AreWellFormed()
    {
        SharedFolder.SkipIfAbsent();
        foreach (var exchange in RecordedExchange.All(SharedFolder.Path, "anthropic.messages").Where(exchange => exchange is { Status: 200, Provider: "anthropic", BodyKind: "sse" }))
        {
            if (VendorAnswer.Of(exchange, true).IsBroken) continue;
            var text = Encoding.UTF8.GetString(exchange.ResponseBody());
            Assert.True(AnthropicStream.Assemble(text).Defect is null, $"{exchange.Id}: {AnthropicStream.Assemble(text).Defect}");
        }

        foreach (var exchange in RecordedExchange.All(SharedFolder.Path, "openai.chat").Where(exchange => exchange is { Status: 200, Provider: "openai", BodyKind: "sse" }))
        {
            if (VendorAnswer.Of(exchange, false).IsBroken) continue;
            var text = Encoding.UTF8.GetString(exchange.ResponseBody());
            Assert.True(OpenAiStream.Assemble(text).Defect is null, $"{exchange.Id}: {OpenAiStream.Assemble(text).Defect}");
        }
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}

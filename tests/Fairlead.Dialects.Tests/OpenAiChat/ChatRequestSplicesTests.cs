using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Splicing;
using Fairlead.Dialects.Tests.Peeking;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.OpenAiChat;

/// <summary>What changes in a request on its way, and that nothing else does.</summary>
public sealed class ChatRequestSplicesTests
{
    /// <summary>Body → body as it is sent to model "t", usage asked for.</summary>
    public static TheoryData<string, string> Sent => new()
    {
        // nothing to do
        { """{"model":"t","messages":[]}""", """{"model":"t","messages":[]}""" },
        { """{"model":"t","messages":[],"stream":false}""", """{"model":"t","messages":[],"stream":false}""" },
        { """{"model":"t","messages":[],"stream":null}""", """{"model":"t","messages":[],"stream":null}""" },
        { """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true}}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true}}""" },
        { """{"model":"\u0074","messages":[]}""", """{"model":"\u0074","messages":[]}""" },

        // the model, at every place
        { """{"model":"m","messages":[]}""", """{"model":"t","messages":[]}""" },
        { """{"messages":[],"model":"m","x":1}""", """{"messages":[],"model":"t","x":1}""" },
        { """ { "messages" : [ ] , "model" : "a\"\\\u0041" } """, """ { "messages" : [ ] , "model" : "t" } """ },
        { """{"messages":[{"model":"m"}],"model":"m","metadata":{"model":"m"}}""", """{"messages":[{"model":"m"}],"model":"t","metadata":{"model":"m"}}""" },

        // the usage
        { """{"model":"t","messages":[],"stream":true}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true}}""" },
        { """{"stream":true,"model":"t","messages":[]}""", """{"stream":true,"stream_options":{"include_usage":true},"model":"t","messages":[]}""" },
        { """{"stream" : true , "model":"m","messages":[]}""", """{"stream" : true,"stream_options":{"include_usage":true} , "model":"t","messages":[]}""" },
        { """{"model":"t","stream_options":null,"messages":[],"stream":true}""", """{"model":"t","stream_options":{"include_usage":true},"messages":[],"stream":true}""" },
        { """{"model":"t","messages":[],"stream":true,"stream_options":{}}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true}}""" },
        { """{"model":"t","messages":[],"stream":true,"stream_options": { } }""", """{"model":"t","messages":[],"stream":true,"stream_options": {"include_usage":true } }""" },
        { """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":false}}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true}}""" },
        { """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage": null ,"x":1}}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage": true ,"x":1}}""" },
        { """{"model":"t","messages":[],"stream":true,"stream_options":{"include_obfuscation":false}}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}""" },
        { """{"model":"t","messages":[],"stream":false,"stream_options":{"include_usage":false}}""", """{"model":"t","messages":[],"stream":false,"stream_options":{"include_usage":false}}""" },

        // our claims, and metadata that was ours alone
        { """{"model":"t","messages":[],"metadata":{"fairlead.user":"u"}}""", """{"model":"t","messages":[]}""" },
        { """{"metadata":{"fairlead.user":"u"},"model":"t","messages":[]}""", """{"model":"t","messages":[]}""" },
        { """{"metadata" : {"fairlead.user":"u"} , "model":"t","messages":[]}""", """{ "model":"t","messages":[]}""" },
        { """{"model":"t","metadata":{"fairlead.user":"u","fairlead.feature":"f"},"messages":[]}""", """{"model":"t","messages":[]}""" },
        { """{"model":"t","metadata":{"fairlead.user":"u","a":"1"},"messages":[]}""", """{"model":"t","metadata":{"a":"1"},"messages":[]}""" },
        { """{"model":"t","metadata":{"a":"1","fairlead.user":"u"},"messages":[]}""", """{"model":"t","metadata":{"a":"1"},"messages":[]}""" },
        { """{"model":"t","metadata":{"a":"1","fairlead.user":"u","b":"2"},"messages":[]}""", """{"model":"t","metadata":{"a":"1","b":"2"},"messages":[]}""" },
        { """{"model":"t","metadata":{"fairlead.a":"1","b":"2","fairlead.c":"3","fairlead.d":"4","e":"5","Fairlead.F":"6"},"messages":[]}""", """{"model":"t","metadata":{"b":"2","e":"5"},"messages":[]}""" },
        { """{"model":"t","metadata":{ "a" : "1" , "fairlead.user" : "u" },"messages":[]}""", """{"model":"t","metadata":{ "a" : "1" },"messages":[]}""" },
        { """{"model":"t","metadata":{ "fairlead.user" : "u" , "a" : "1" },"messages":[]}""", """{"model":"t","metadata":{ "a" : "1" },"messages":[]}""" },
        { """{"model":"t","metadata":{},"messages":[]}""", """{"model":"t","metadata":{},"messages":[]}""" },
        { """{"model":"t","metadata":null,"messages":[]}""", """{"model":"t","metadata":null,"messages":[]}""" },
        { """{"model":"t","metadata":{"fairlead\u002euser":"u"},"messages":[]}""", """{"model":"t","messages":[]}""" },

        // next to each other
        { """{"model":"t","messages":[],"stream":true,"metadata":{"fairlead.user":"u"}}""", """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":true}}""" },
        { """{"metadata":{"fairlead.user":"u"},"stream":true,"messages":[],"model":"m"}""", """{"stream":true,"stream_options":{"include_usage":true},"messages":[],"model":"t"}""" },
        { """{"stream":true,"metadata":{"fairlead.user":"u"},"model":"m","messages":[]}""", """{"stream":true,"stream_options":{"include_usage":true},"model":"t","messages":[]}""" },
        { """{"messages":[],"model":"m","metadata":{"fairlead.user":"u"},"stream":true}""", """{"messages":[],"model":"t","stream":true,"stream_options":{"include_usage":true}}""" },
        { """{"messages":[],"model":"m","stream_options":{"include_usage":false},"metadata":{"fairlead.user":"u","a":"b"},"stream":true}""", """{"messages":[],"model":"t","stream_options":{"include_usage":true},"metadata":{"a":"b"},"stream":true}""" },
    };

    [Theory]
    [MemberData(nameof(Sent))]
    public void For_Body_IsSentSo(string body, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(Splice(Encoding.UTF8.GetBytes(body), "t", askForUsage: true)));

    [Fact]
    public void For_UsageNotAskedFor_IsLeftAlone()
    {
        const string body = """{"model":"t","messages":[],"stream":true,"stream_options":{"include_usage":false}}""";
        Assert.Equal(body, Encoding.UTF8.GetString(Splice(Encoding.UTF8.GetBytes(body), "t", askForUsage: false)));
    }

    [Fact]
    public void For_AnyRequest_ChangesWhatIsPromisedAndNothingElse() => Property.Check(JsonGen.Requests, 4000, request =>
    {
        var sent = Splice(request.Body, request.Target, request.AsksForUsage);

        var expected = Expected(request);
        using var document = JsonDocument.Parse(sent, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent)), "sent: " + Encoding.UTF8.GetString(sent));

        // Members that may not change keep their order and every byte of their spelling.
        var found = document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetRawText());
        var changes = new HashSet<string> { "model", "stream_options", "metadata" };
        var kept = request.Members.Where(member => !changes.Contains(member.Name)).ToList();
        Assert.Equal(kept.Select(member => member.Name), document.RootElement.EnumerateObject().Select(member => member.Name).Where(name => !changes.Contains(name)));
        foreach (var member in kept) Assert.Equal(member.Spelling, found[member.Name]);

        // And so does everything between them: with the changes undone by their spelling, the lengths add up.
        if (request.Members.All(member => member.Name != "metadata"))
        {
            var changed = request.Members.Where(member => member.Name is "model" or "stream_options").Sum(member => Encoding.UTF8.GetByteCount(member.Spelling));
            var now = found.Where(member => member.Key is "model" or "stream_options").Sum(member => Encoding.UTF8.GetByteCount(member.Value));
            var added = found.ContainsKey("stream_options") && request.Members.All(member => member.Name != "stream_options") ? ",\"stream_options\":".Length : 0;
            Assert.Equal(request.Body.Length - changed, sent.Length - now - added);
        }
    });

    private static JsonObject Expected(Peeking.WrittenRequest request)
    {
        var root = JsonNode.Parse(request.Body)!.AsObject();
        root["model"] = request.Target;
        if (request.AsksForUsage && root["stream"] is JsonValue stream && stream.GetValueKind() == JsonValueKind.True)
        {
            if (root["stream_options"] is JsonObject options) options["include_usage"] = true;
            else root["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        if (root["metadata"] is JsonObject metadata)
        {
            var claims = metadata.Select(member => member.Key).Where(name => name.StartsWith("fairlead.", StringComparison.OrdinalIgnoreCase)).ToList();
            foreach (var claim in claims) metadata.Remove(claim);
            if (claims.Count > 0 && metadata.Count == 0) root.Remove("metadata");
        }

        return root;
    }

    private static byte[] Splice(byte[] body, string model, bool askForUsage)
    {
        Assert.True(ChatRequestPeek.TryRead(body, out var peek, out var defect), defect.Message);
        var spliced = new SplicedBody(body, ChatRequestSplices.For(peek, model, askForUsage));
        return [.. spliced.Segments.SelectMany(segment => segment.ToArray())];
    }
}

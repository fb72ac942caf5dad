using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Configuration;
using Fairlead.Dialects.Tests.Recorded;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Any request through canonical form: back to its own dialect it means the same, and so does what is carried both ways through the other.</summary>
public sealed class RequestRoundTripTests
{
    private const int Cases = 800;

    [Fact]
    public void ChatRequest_ReadAndWritten_MeansTheSame() => Property.Check(ChatRequestGen.Any, Cases, body =>
    {
        var written = Codecs.Write(Codecs.Chat, Codecs.Read(Codecs.Chat, body.Bytes), out var lost);

        Assert.Empty(lost);
        Assert.Equal(ChatNormal.Of(body.Json), ChatNormal.Of(Draw.Read(written).AsObject()));
    });

    [Fact]
    public void MessagesRequest_ReadAndWritten_MeansTheSame() => Property.Check(MessagesRequestGen.Any, Cases, body =>
    {
        var written = Codecs.Write(Codecs.Messages, Codecs.Read(Codecs.Messages, body.Bytes), out var lost);

        Assert.All(lost, member => Assert.Equal("thinking", member)); // what another vendor thought
        Assert.Equal(MessagesNormal.Of(body.Json), MessagesNormal.Of(Draw.Read(written).AsObject()));
    });

    [Fact]
    public void ChatRequest_ThroughTheOtherDialectAndBack_KeepsWhatIsCarried() => Property.Check(ChatRequestGen.Carried, Cases, body =>
    {
        var between = Codecs.Write(Codecs.Messages, Codecs.Read(Codecs.Chat, body.Bytes), out var lost);
        Assert.Empty(lost);
        Assert.Equal(Carried.OfChat(body.Json), Carried.OfMessages(WithIds(Draw.Read(between).AsObject())));

        var written = Codecs.Write(Codecs.Chat, Codecs.Read(Codecs.Messages, between), out lost);
        Assert.Empty(lost);
        Assert.Equal(Carried.OfChat(body.Json), Carried.OfChat(Draw.Read(written).AsObject()));
    });

    [Fact]
    public void MessagesRequest_ThroughTheOtherDialectAndBack_KeepsWhatIsCarried() => Property.Check(MessagesRequestGen.Carried, Cases, body =>
    {
        var between = Codecs.Write(Codecs.Chat, Codecs.Read(Codecs.Messages, body.Bytes), out var lost);
        Assert.Empty(lost);

        var written = Codecs.Write(Codecs.Messages, Codecs.Read(Codecs.Chat, between), out lost);
        Assert.Empty(lost);
        Assert.Equal(Carried.OfMessages(body.Json), Carried.OfMessages(Draw.Read(written).AsObject()));
    });

    /// <summary>A turn of which nothing can be sent is none: vendors refuse an empty one.</summary>
    [Fact]
    public void TurnOfForeignThoughtsAlone_IsNotSent()
    {
        var chat = """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","reasoning_content":"hm"},{"role":"user","content":"b"}]}"""u8.ToArray();
        var turn = Assert.Single(JsonNode.Parse(Codecs.Write(Codecs.Messages, Codecs.Read(Codecs.Chat, chat), out var lost))!["messages"]!.AsArray());
        Assert.Equal("""[{"type":"text","text":"a"},{"type":"text","text":"b"}]""", turn!["content"]!.ToJsonString());
        Assert.Equal(["reasoning_content"], lost);

        var messages = """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"S"}]},{"role":"user","content":"b"}]}"""u8.ToArray();
        var conversation = Codecs.Read(Codecs.Messages, messages);
        Assert.Equal(["user", "user"], JsonNode.Parse(Codecs.Write(Codecs.Chat, conversation, out lost, ThoughtReplay.None))!["messages"]!.AsArray().Select(message => message!["role"]!.GetValue<string>()));
        Assert.Equal(["thinking"], lost);
    }

    /// <summary>Half a character in a text that is only moved stays what it is, wherever it stands.</summary>
    [Fact]
    public void HalfACharacter_InASchema_IsMoved()
    {
        var chat = Encoding.UTF8.GetBytes("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"description":"\udead"}}}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"const":"\udead"}}}}}}""");
        var written = Encoding.UTF8.GetString(Codecs.Write(Codecs.Messages, Codecs.Read(Codecs.Chat, chat), out _));
        Assert.Equal(2, written.Split("\\udead").Length - 1);
    }

    /// <summary>A call that only its vendor knows is what cannot be carried, not its result.</summary>
    [Fact]
    public void VendorCallWithResult_ToTheOtherDialect_IsRefusedForTheCall()
    {
        var chat = """{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"custom","custom":{"name":"n","input":"i"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]}"""u8.ToArray();
        var losses = new TranslationLosses();
        Codecs.Messages.Codec.WriteRequest(new ArrayBufferWriter<byte>(), Codecs.Read(Codecs.Chat, chat), Codecs.TargetOf(Codecs.Messages), losses);
        Assert.Equal(("unsupported_parameter", "messages[1]"), (losses.Refusal?.Code, losses.Refusal?.Member));
    }

    /// <summary>Ids that Anthropic's grammar has no letters for, as what they were.</summary>
    private static JsonObject WithIds(JsonObject body)
    {
        foreach (var block in body["messages"]!.AsArray().Select(message => message!["content"]).OfType<JsonArray>().SelectMany(blocks => blocks).Select(block => block!.AsObject()))
        {
            foreach (var name in new[] { "id", "tool_use_id" })
            {
                if (block[name] is not { } id) continue;
                Assert.Matches("^[A-Za-z0-9_-]+$", id.GetValue<string>());
                block[name] = CallIds.FromMessages(id.GetValue<string>());
            }
        }

        return body;
    }
}

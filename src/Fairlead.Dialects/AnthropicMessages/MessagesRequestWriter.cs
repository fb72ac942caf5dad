using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Writes a request of the dialect from canonical form.</summary>
internal readonly ref struct MessagesRequestWriter
{
    /// <summary>The limit of an answer whose client gave none, for a model whose own limit nobody states.</summary>
    public const long DefaultMaxTokens = 8192;

    /// <summary>A model that thinks takes no smaller one.</summary>
    private const double LeastTopPOfThinking = 0.95;

    private const string Temperature = "temperature";
    private const string TopP = "top_p";

    private readonly Utf8JsonWriter _json;
    private readonly Conversation _conversation;
    private readonly TranslationLosses _losses;
    private readonly ModelFacts _facts;
    private readonly bool _isOwn;

    private MessagesRequestWriter(Utf8JsonWriter json, Conversation conversation, ModelFacts facts, TranslationLosses losses)
    {
        _json = json;
        _conversation = conversation;
        _facts = facts;
        _losses = losses;
        _isOwn = conversation.Dialect == DialectNames.AnthropicMessages;
    }

    /// <summary>Writes the body; worthless when <paramref name="losses"/> refuses.</summary>
    public static void Write(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses)
    {
        CallPairing.Check(conversation, losses);
        try
        {
            var turns = MessagesTurns.Of(conversation, losses);
            if (turns.Turns.Count == 0) losses.Refuse("messages", "no turn of the user's"); // the dialect must have one; OpenAI's need not
            if (losses.Refusal is not null) return;
            using var json = JsonWriting.Open(body);
            new MessagesRequestWriter(json, conversation, target.Facts, losses).Write(target.WireModel, turns);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            losses.Fault("body", "is not JSON that every parser reads alike"); // half a character where it had to be decoded
        }
    }

    private void Write(string model, MessagesTurns turns)
    {
        _json.WriteStartObject();
        _json.WriteString("model"u8, model);
        if (_conversation.IsStream) _json.WriteBoolean("stream"u8, true);
        var maxTokens = MaxTokens();
        _json.WriteNumber("max_tokens"u8, maxTokens);
        if (turns.System.Count > 0) WriteSystem(turns.System);
        var writer = new MessagesPartWriter(_json, _losses, _conversation, _facts);
        _json.WriteStartArray("messages"u8);
        foreach (var turn in turns.Turns) writer.Write(turn);
        _json.WriteEndArray();
        new MessagesToolsWriter(_json, _conversation, _facts, _losses).Write();
        var isThinking = new MessagesOutputWriter(_json, _conversation, _facts, _losses).Write(maxTokens, turns.IsInUnsignedLoop);
        if (_conversation.StopSequences.Count > 0) WriteStop();
        WriteParameters(isThinking);
        if (_conversation.User is { } user)
        {
            _json.WriteStartObject("metadata"u8);
            _json.WriteText("user_id"u8, user);
            _json.WriteEndObject();
        }

        if (_conversation.CacheMark is { } mark) _json.WriteSlice("cache_control"u8, mark);
        _json.WriteEndObject();
    }

    /// <summary>The dialect must have a limit (SEMANTICS 52): the model's own, where the client gave none.</summary>
    private long MaxTokens()
    {
        if (_conversation.MaxOutputTokens is not { } asked) return _facts.MaxOutput ?? DefaultMaxTokens;
        if (_facts.MaxOutput is not { } most || asked <= most) return asked;
        _losses.Lose(_conversation.Names.MaxOutputTokens);
        return most;
    }

    private void WriteSystem(List<Part> system)
    {
        if (system is [TextPart { CacheMark: null, Extras.Count: 0 } only])
        {
            _json.WriteText("system"u8, only.Text);
            return;
        }

        _json.WriteStartArray("system"u8);
        var writer = new MessagesPartWriter(_json, _losses, _conversation, _facts);
        foreach (var part in system) writer.WritePart(part, Role.System);
        _json.WriteEndArray();
    }

    private void WriteStop()
    {
        _json.WriteStartArray("stop_sequences"u8);
        foreach (var stop in _conversation.StopSequences)
        {
            if (!_isOwn && stop.IsBlank()) _losses.Refuse(_conversation.Names.Stop); // the vendor refuses them (SEMANTICS 53)
            _json.WriteTextValue(stop);
        }

        _json.WriteEndArray();
    }

    private void WriteParameters(bool isThinking)
    {
        if (_isOwn)
        {
            _json.WriteParameters(_conversation.Parameters);
            return;
        }

        foreach (var parameter in _conversation.Parameters)
        {
            if (parameter.Name is not (Temperature or TopP)) _losses.Drop(parameter.Name, parameter.ChangesMeaning);
            else if (IsTaken(parameter, isThinking)) _json.WriteSlice(Encoding.UTF8.GetBytes(parameter.Name), Bounded(parameter));
            else if (!Sampling.IsUnasked(parameter)) _losses.Lose(parameter.Name);
        }
    }

    /// <summary>
    /// Some models take neither, newer ones not both, and one that thinks none but a <c>top_p</c> near 1 (SEMANTICS 54). Of both, the
    /// one that says something is sent, and <c>temperature</c> where both do.
    /// </summary>
    private bool IsTaken(Parameter parameter, bool isThinking)
    {
        if (_facts.Temperature == false) return false;
        if (isThinking) return parameter.Name == TopP && Sampling.Value(parameter) is >= LeastTopPOfThinking and <= 1;
        var isTemperature = parameter.Name == Temperature;
        foreach (var other in _conversation.Parameters)
        {
            if (other.Name == (isTemperature ? TopP : Temperature)) return isTemperature ? !Sampling.IsUnasked(parameter) : Sampling.IsUnasked(other);
        }

        return true;
    }

    /// <summary>OpenAI's temperature goes up to 2, this one's to 1 (SEMANTICS 54).</summary>
    private JsonSlice Bounded(Parameter parameter)
    {
        if (parameter.Name != Temperature || Sampling.Value(parameter) is not > 1) return parameter.Value;
        _losses.Lose(parameter.Name);
        return JsonSlice.Of("1"u8);
    }
}

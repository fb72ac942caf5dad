using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>A stream of OpenAI's dialect as the answer that it would have been in one piece; of several choices the first.</summary>
internal sealed class OpenAiStream
{
    private readonly JsonObject _message = new() { ["role"] = "assistant" };
    private readonly JsonArray _details = [];
    private readonly JsonArray _annotations = [];
    private readonly List<JsonObject> _calls = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private string? _finish;
    private JsonNode? _usage;
    private JsonNode? _citations;
    private string? _defect;

    /// <summary>What a client may not be sent: null when the stream is well formed.</summary>
    public string? Defect { get; private set; }

    public JsonObject Answer { get; private set; } = [];

    public static OpenAiStream Assemble(string stream)
    {
        var assembly = new OpenAiStream();
        var isDone = false;
        var isFirst = true;
        foreach (var data in SseText.Data(stream))
        {
            if (isDone) assembly._defect ??= "an event behind [DONE]";
            isDone |= data == "[DONE]";
            if (!data.StartsWith('{')) continue;
            var chunk = JsonNode.Parse(data)!.AsObject();
            assembly.Take(chunk, isFirst);
            isFirst = false;
        }

        if (!isDone) assembly._defect ??= "no [DONE]";
        if (assembly._finish is null) assembly._defect ??= "no finish reason";
        if (assembly._ids.Count != 1) assembly._defect ??= $"{assembly._ids.Count} ids of one answer";
        return assembly.Close();
    }

    private OpenAiStream Close()
    {
        if (_calls.Count > 0) _message["tool_calls"] = new JsonArray([.. _calls]);
        if (_details.Count > 0) _message["reasoning_details"] = _details;
        if (_annotations.Count > 0) _message["annotations"] = _annotations;
        Answer = new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = _message, ["finish_reason"] = _finish }), ["usage"] = _usage };
        if (_citations is not null) Answer["citations"] = _citations;
        Defect = _defect;
        return this;
    }

    private void Take(JsonObject chunk, bool isFirst)
    {
        if (chunk.Text("id") is { Length: > 0 } id) _ids.Add(id);
        if (chunk.Array("citations") is { Count: > 0 } citations) _citations = citations.DeepClone();
        if (chunk.Object("usage") is { } usage)
        {
            if (_finish is null || chunk.Array("choices") is not { Count: 0 }) _defect ??= "usage that is not a chunk of its own behind the finish";
            _usage ??= new JsonObject();
            foreach (var (name, value) in usage.Where(member => member.Value is not null)) _usage[name] = value!.DeepClone();
        }

        foreach (var choice in chunk.Array("choices").Objects().Where(choice => choice.Number("index") is null or 0))
        {
            if (isFirst && choice.Object("delta").Text("role") != "assistant") _defect ??= "no role in the first delta";
            if (_finish is not null) _defect ??= "a delta behind the finish";
            if (choice.Object("delta") is { } delta) Merge(delta);
            _finish = choice.Text("finish_reason") ?? _finish;
        }
    }

    private void Merge(JsonObject delta)
    {
        foreach (var name in new[] { "content", "refusal", "reasoning_content", "reasoning" })
        {
            if (delta.Text(name) is { } piece) _message[name] = _message.Text(name) + piece;
        }

        foreach (var item in delta.Array("annotations") ?? []) _annotations.Add(item?.DeepClone());
        foreach (var item in delta.Array("reasoning_details") ?? []) _details.Add(item?.DeepClone());
        foreach (var piece in delta.Array("tool_calls").Objects()) Call(piece);
        if (delta.Object("function_call") is not { } old) return;
        _message["function_call"] ??= new JsonObject { ["name"] = "", ["arguments"] = "" };
        var whole = _message["function_call"]!.AsObject();
        whole["name"] = whole.Text("name") + old.Text("name");
        whole["arguments"] = whole.Text("arguments") + old.Text("arguments");
    }

    /// <summary>A piece belongs to the call of its index; a new id begins a new call whatever the index says.</summary>
    private void Call(JsonObject piece)
    {
        var index = piece.Number("index");
        var id = piece.Text("id");
        var call = _calls.LastOrDefault(one => one.Number("index") == index && (id is null or "" || one.Text("id") == id));
        if (call is null)
        {
            if (index != _calls.Count || id is null or "" || piece.Object("function").Text("name") is null or "") _defect ??= "a call that does not begin with the next index, an id and a name";
            call = new JsonObject { ["index"] = index, ["id"] = id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = "", ["arguments"] = "" } };
            _calls.Add(call);
        }
        else if (id is { Length: > 0 } || piece.Object("function").Has("name"))
        {
            _defect ??= "a later piece of a call with id or name";
        }

        var function = call.Object("function")!;
        if (function.Text("name") is "") function["name"] = piece.Object("function").Text("name") ?? "";
        function["arguments"] = function.Text("arguments") + piece.Object("function").Text("arguments");
    }
}

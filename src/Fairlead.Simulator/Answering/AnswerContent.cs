using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.Answering;

/// <summary>A token of a tool call: its name, which opens it, or a piece of its arguments.</summary>
internal readonly record struct CallToken(int Call, string? Name, string Piece);

/// <summary>What the vendor says to a request, in whatever dialect: a text or tool calls, as tokens.</summary>
/// <remarks>
/// The last user message decides: <c>echo: TEXT</c> is answered with that text, <c>tokens: N</c> with N stamped tokens, and
/// <c>call NAME</c> anywhere in it with a call of the tool NAME, where it is offered. Else a JSON format is answered with a small
/// valid value, and everything else with stamped tokens, <c>east#12:1 east#12:2 …</c>, as many as the vendor's options draw.
/// </remarks>
internal sealed class AnswerContent
{
    private const int MaxTokensOfAllChoices = 1_000_000;

    private readonly ModelRequest _request;
    private readonly string _stamp;
    private readonly List<string>? _text;      // null: stamped tokens
    private readonly List<CallToken> _calls = [];

    public AnswerContent(ModelRequest request, Exchange exchange)
    {
        _request = request;
        _stamp = exchange.Stamp;

        int whole;
        if (CalledTools() is { Count: > 0 } called)
        {
            _calls = CallTokens(called);
            whole = _calls.Count;
        }
        else if (Text() is { } text)
        {
            _text = TokenRule.Cut(text);
            whole = _text.Count;
        }
        else
        {
            whole = AskedTokens() ?? (int)Math.Clamp(Math.Round(exchange.Options.OutputTokens.Sample(exchange.Options.Seed, exchange.Number, SeededDraw.OutputTokens)), 0, MaxTokensOfAllChoices);
        }

        Tokens = Math.Min(whole, Math.Min(request.MaxTokens ?? int.MaxValue, MaxTokensOfAllChoices / request.Choices));
        IsCutShort = Tokens < whole;
    }

    /// <summary>How many tokens one choice has.</summary>
    public int Tokens { get; }

    /// <summary>Whether the client's limit cut it short.</summary>
    public bool IsCutShort { get; }

    /// <summary>Whether it calls tools instead of saying something.</summary>
    public bool IsCall => _calls.Count > 0;

    /// <summary>A token of a tool call.</summary>
    public CallToken CallToken(int index) => _calls[index];

    /// <summary>The calls as far as they go: number, name, arguments.</summary>
    public IEnumerable<(int Call, string Name, string Arguments)> Calls() =>
        _calls.Take(Tokens).GroupBy(token => token.Call).Select(call => (call.Key, call.First().Name!, string.Concat(call.Select(token => token.Piece))));

    /// <summary>The tools this answer calls; empty for a text.</summary>
    private List<(string Name, JsonElement Parameters)> CalledTools()
    {
        if (_request.AnswersTool || _request.Tools.Count == 0 || _request.ToolChoice == "none") return [];
        if (_request.DemandedTool is { } demanded) return [_request.Tools.First(tool => tool.Name == demanded)];
        var called = _request.Tools.Where(tool => Mentions(_request.LastUserText, tool.Name)).ToList();
        if (called.Count == 0 && _request.ToolChoice == "required") called.Add(_request.Tools[0]);
        return _request.AllowsParallelCalls ? called : [.. called.Take(1)];
    }

    /// <summary>Whether the text says <c>call NAME</c>, with the name whole.</summary>
    private static bool Mentions(string text, string tool)
    {
        var phrase = "call " + tool;
        for (var at = text.IndexOf(phrase, StringComparison.Ordinal); at >= 0; at = text.IndexOf(phrase, at + 1, StringComparison.Ordinal))
        {
            var end = at + phrase.Length;
            if (end == text.Length || !(char.IsLetterOrDigit(text[end]) || text[end] is '_' or '-')) return true;
        }

        return false;
    }

    private List<CallToken> CallTokens(List<(string Name, JsonElement Parameters)> called)
    {
        var tokens = new List<CallToken>();
        for (var call = 0; call < called.Count; call++)
        {
            tokens.Add(new CallToken(call, called[call].Name, ""));
            tokens.AddRange(TokenRule.Cut(SchemaSample.Of(called[call].Parameters, _stamp)).Select(piece => new CallToken(call, null, piece)));
        }

        return tokens;
    }

    /// <summary>The text of this answer; null for stamped tokens.</summary>
    private string? Text()
    {
        if (Directive("echo:") is { } echo) return echo;
        if (AskedTokens() is not null) return null;
        return _request.ResponseFormat switch
        {
            "json_object" => $$"""{"answer":"{{_stamp}}"}""",
            "json_schema" => SchemaSample.Of(_request.Schema, _stamp),
            _ => null,
        };
    }

    private int? AskedTokens() =>
        Directive("tokens:") is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaxTokensOfAllChoices ? count : null;

    /// <summary>What follows the directive at the start of the last user message, without the blank after it; null without it.</summary>
    private string? Directive(string name)
    {
        var text = _request.LastUserText;
        if (!text.StartsWith(name, StringComparison.Ordinal)) return null;
        return text.Length > name.Length && text[name.Length] == ' ' ? text[(name.Length + 1)..] : text[name.Length..];
    }

    /// <summary>A token of a text.</summary>
    public string Token(int index) => _text is null ? string.Create(CultureInfo.InvariantCulture, $"{_stamp}:{index + 1} ") : _text[index];

    public string AllText()
    {
        var text = new StringBuilder();
        for (var index = 0; index < Tokens; index++) text.Append(Token(index));
        return text.ToString();
    }
}

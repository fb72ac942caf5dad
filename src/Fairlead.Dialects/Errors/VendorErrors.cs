using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fairlead.Core.Execution;

namespace Fairlead.Dialects.Errors;

/// <summary>What a vendor's error means, of whatever shape: the dialects and the servers that only resemble them differ less by dialect than by server.</summary>
public static partial class VendorErrors
{
    private const int MostMessageCharacters = 1024;
    private const int MostCodeCharacters = 64;
    private const int MostNameCharacters = 256;

    /// <summary>What a code has in it that is about a model or where it is served.</summary>
    private static readonly string[] ModelWords = ["model", "deployment", "engine"];

    private static readonly string[] NoServers = ["No allowed providers", "No endpoints found matching", "No endpoints found that"];

    private static readonly JsonReaderOptions Lenient = new() { MaxDepth = 64, AllowTrailingCommas = true };

    /// <summary>The failure that a vendor's answer with a status other than 200 stands for.</summary>
    /// <param name="status">Its HTTP status.</param>
    /// <param name="body">Its body, or the front of it; need not be JSON.</param>
    /// <param name="header">Looks a response header up.</param>
    /// <param name="now">What dates in headers are held against.</param>
    public static UpstreamFailure Classify(int status, ReadOnlySpan<byte> body, Func<string, string?> header, DateTimeOffset now)
    {
        var error = Read(body);
        error.Type ??= Bedrocks(header("x-amzn-errortype"));
        var failure = Failure(status, error);
        return failure with
        {
            IsAboutRequest = failure.IsAboutRequest || status == 424,
            RetryAfter = RetryHint.Read(header, error.RetryDelay, error.Message, failure.Class, now),
        };
    }

    /// <summary>A vendor's words without addresses, keys and account names, and bounded: fit for a client.</summary>
    public static string Scrub(string text)
    {
        if (text.Length > MostMessageCharacters) text = Cut(text, MostMessageCharacters) + "…";
        try
        {
            text = Address().Replace(text, "[address]");
            text = Account().Replace(text, "[redacted]");
            return Host().Replace(text, "[address]");
        }
        catch (RegexMatchTimeoutException)
        {
            return "The provider refused the request.";
        }
    }

    /// <summary>The failure of an error event within a stream.</summary>
    internal static UpstreamFailure OfEvent(ReadOnlySpan<byte> data)
    {
        var error = Read(data);
        return WithinAnswer(error);
    }

    /// <summary>The failure of an <c>error</c> member that stands in an answer or a chunk; null when the member is null.</summary>
    internal static UpstreamFailure? ReadMember(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null) return null;
        var error = default(VendorError);
        ReadValue(ref json, ref error);
        return WithinAnswer(error);
    }

    /// <summary>The same of the member's value alone; null also for none, which stands for a text that is broken.</summary>
    internal static UpstreamFailure? OfMember(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return null;
        var json = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = 256 });
        return ReadMember(ref json);
    }

    private static UpstreamFailure WithinAnswer(in VendorError error) => Failure(ErrorCodes.StatusOf(error.Status, error.Code, error.Type), error);

    private static UpstreamFailure Failure(int status, in VendorError error)
    {
        var failure = ErrorCodes.ClassOf(status, error.Code, error.Type, error.InnerCode, error.Message, error.Param);
        return new UpstreamFailure(failure)
        {
            Code = ErrorCodes.Specific(error.Code) ?? ErrorCodes.Specific(error.Type),
            Message = error.Message,
            Param = error.Param,
            IsAboutRequest = IsAboutRequest(status, failure, error),
            IsOfModel = error.InnerCode == ErrorCodes.SpentForLongOfModel,
            IsByFilter = failure == FailureClass.PolicyRejected && ErrorCodes.IsFilter(error.Code, error.InnerCode, error.Message),
        };
    }

    /// <summary>Whether it is about what this one request asks, so that others, which ask for less or for something else, do not fail so.</summary>
    private static bool IsAboutRequest(int status, FailureClass failure, in VendorError error)
    {
        var statement = error.Message is { } said ? VendorMessage.Statement(said) : "";
        return failure switch
        {
            FailureClass.ModelGone => !IsAboutModel(error),
            // OpenAI's and Groq's word for what alone is more than a minute's limit, and OpenAI's for a tier of service that the request chose.
            FailureClass.RateLimited => statement.StartsWith("Request too large", StringComparison.OrdinalIgnoreCase) || IsCalled(error, "resource_unavailable"),
            // Groq's for such a tier.
            FailureClass.Overloaded => status == 498 && IsCalled(error, "capacity_exceeded"),
            // OpenRouter's word for what asks for more than is left.
            FailureClass.QuotaExhausted => statement.Contains("fewer max_tokens", StringComparison.OrdinalIgnoreCase),
            // llama.cpp's for an image or sound that its model cannot take.
            FailureClass.ServerError => statement.Contains("input is not supported", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }

    private static bool IsCalled(in VendorError error, string name) => name.Equals(error.Code, StringComparison.OrdinalIgnoreCase) || name.Equals(error.Type, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether what is not there is the model, rather than a file, an answer or a server that the client named. Without a word it is the model.</summary>
    private static bool IsAboutModel(in VendorError error)
    {
        if (error.Param is { } param) return param == "model"; // a tool may have a model of its own, which the client chose
        // OpenRouter's words for servers that the request rules out, and for models that it names itself.
        if (error.Message is { } said && (NoServers.Any(words => said.StartsWith(words, StringComparison.OrdinalIgnoreCase)) || ErrorCodes.IsNoModel(said))) return false;
        return error.Message is null || VendorMessage.NamesModel(error.Message) || (error.Code is { } code && ModelWords.Any(word => code.Contains(word, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Reads an error body of any shape that compatible vendors use; an empty one when it is not JSON.</summary>
    private static VendorError Read(ReadOnlySpan<byte> body)
    {
        var error = default(VendorError);
        try
        {
            var json = new Utf8JsonReader(body, Lenient);
            if (json.Read()) ReadValue(ref json, ref error);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or cut off: what was read before counts, the status says the rest.
        }

        return error;
    }

    /// <summary>An error is an object, a text, or a list whose first entry is one.</summary>
    private static void ReadValue(ref Utf8JsonReader json, ref VendorError error)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                error.Message ??= Bounded(json.GetString(), MostMessageCharacters);
                return;
            case JsonTokenType.StartArray:
                var isFirst = true;
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    if (isFirst) ReadValue(ref json, ref error);
                    else json.Skip();
                    isFirst = false;
                }

                return;
            case JsonTokenType.StartObject:
                ReadObject(ref json, ref error);
                return;
            default:
                json.Skip();
                return;
        }
    }

    private static void ReadObject(ref Utf8JsonReader json, ref VendorError error)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("error"u8) || json.ValueTextEquals("detail"u8))
            {
                json.Read();
                ReadValue(ref json, ref error);
            }
            else if (json.ValueTextEquals("message"u8) || json.ValueTextEquals("msg"u8)) ReadMessage(ref json, ref error);
            else if (json.ValueTextEquals("type"u8)) ReadType(ref json, ref error);
            else if (json.ValueTextEquals("__type"u8)) error.Type ??= Bedrocks(ReadText(ref json, MostNameCharacters));
            else if (json.ValueTextEquals("quotaId"u8)) ReadQuota(ref json, ref error);
            else if (json.ValueTextEquals("loc"u8)) ReadLocation(ref json, ref error);
            else if (json.ValueTextEquals("param"u8)) error.Param = ReadText(ref json, MostCodeCharacters) is { } param and not ("None" or "null") ? param : error.Param; // the words of proxies for none
            else if (json.ValueTextEquals("code"u8) || json.ValueTextEquals("status_code"u8)) ReadCode(ref json, ref error);
            else if (json.ValueTextEquals("reason"u8)) error.InnerCode = ReadText(ref json, MostCodeCharacters) ?? error.InnerCode;
            else if (json.ValueTextEquals("retryDelay"u8)) error.RetryDelay = ReadText(ref json, MostCodeCharacters) ?? error.RetryDelay;
            else if (json.ValueTextEquals("innererror"u8) || json.ValueTextEquals("details"u8) || json.ValueTextEquals("violations"u8)) ReadInner(ref json, ref error);
            else json.Skip();
        }
    }

    /// <summary>Mistral has the list of what is wrong in place of the message.</summary>
    private static void ReadMessage(ref Utf8JsonReader json, ref VendorError error)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String) ReadValue(ref json, ref error);
        else if (json.GetString() is { Length: > 0 } text) error.Message = Bounded(text, MostMessageCharacters);
    }

    /// <summary>The path of the member at fault as FastAPI's servers tell it: <c>["body", "messages", 0, "content"]</c>.</summary>
    private static void ReadLocation(ref Utf8JsonReader json, ref VendorError error)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return;
        }

        var path = "";
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.Number) path += $"[{Encoding.UTF8.GetString(json.ValueSpan)}]";
            else if (json.TokenType != JsonTokenType.String) json.Skip();
            else if (path.Length > 0) path += "." + json.GetString();
            else if (!json.ValueTextEquals("body"u8)) path = json.GetString()!;
            if (path.Length > MostCodeCharacters) path = Cut(path, MostCodeCharacters);
        }

        if (path.Length > 0) error.Param ??= path;
    }

    /// <summary>Anthropic's dialect says around the error that it is one, before it or behind it: that is no type.</summary>
    private static void ReadType(ref Utf8JsonReader json, ref VendorError error)
    {
        if (ReadText(ref json, MostCodeCharacters) is { } type && type != "error") error.Type = type;
    }

    /// <summary>The name of an exception without the service in front of it or the address behind it.</summary>
    private static string? Bedrocks(string? name)
    {
        if (name is null) return null;
        name = name[(name.IndexOf('#', StringComparison.Ordinal) + 1)..];
        var end = name.IndexOf(':', StringComparison.Ordinal);
        if (end >= 0) name = name[..end];
        return name.Length is 0 or > MostCodeCharacters ? null : name;
    }

    /// <summary>
    /// Google names the limits that are reached: one of a day is not back in a minute, and would be tried again within each minute of it. The delay
    /// that comes with it says how long the key is left alone: for the model, where all that are reached are a model's.
    /// </summary>
    private static void ReadQuota(ref Utf8JsonReader json, ref VendorError error)
    {
        if (ReadText(ref json, MostNameCharacters) is not { } quota || !quota.Contains("PerDay", StringComparison.Ordinal) || error.InnerCode == ErrorCodes.SpentForLong) return;
        error.InnerCode = quota.Contains("PerModel", StringComparison.Ordinal) ? ErrorCodes.SpentForLongOfModel : ErrorCodes.SpentForLong;
    }

    /// <summary>A code is a word, or repeats the status as a number or as digits.</summary>
    private static void ReadCode(ref Utf8JsonReader json, ref VendorError error)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var number))
        {
            if (number is >= 100 and < 1000) error.Status ??= number;
        }
        else if (json.TokenType == JsonTokenType.String)
        {
            var text = Bounded(json.GetString(), MostCodeCharacters);
            if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out var digits)) error.Status ??= digits is >= 100 and < 1000 ? digits : null;
            else if (!string.IsNullOrEmpty(text)) error.Code = text;
        }
        else
        {
            json.Skip();
        }
    }

    /// <summary>What stands within an error, or in a list within it: Google's vendors say the reason in one entry, the delay in another.</summary>
    private static void ReadInner(ref Utf8JsonReader json, ref VendorError error)
    {
        json.Read();
        var inner = default(VendorError);
        if (json.TokenType != JsonTokenType.StartArray)
        {
            ReadValue(ref json, ref inner);
        }
        else
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray) ReadValue(ref json, ref inner);
        }

        error.InnerCode ??= inner.Code ?? inner.InnerCode;
        error.RetryDelay ??= inner.RetryDelay;
    }

    private static string? ReadText(ref Utf8JsonReader json, int most)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString() is { Length: > 0 } text ? Bounded(text, most) : null;
        json.Skip();
        return null;
    }

    private static string? Bounded(string? text, int most) => text is null || text.Length <= most ? text : Cut(text, most);

    /// <summary>The front of a text; never half a character.</summary>
    private static string Cut(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    /// <summary>URLs of any scheme, e-mail addresses, IP addresses with or without a port.</summary>
    [GeneratedRegex(
        @"\b[a-z][a-z0-9+.-]{1,15}://[^\s""'<>)\]]+"
        + @"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
        + @"|\b(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|localhost)\b(?::[0-9]{1,5})?"
        + @"|\[(?=[^\]\s]*:[^\]\s]*:)[0-9a-f:.]{2,45}\](?::[0-9]{1,5})?",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 100)]
    private static partial Regex Address();

    /// <summary>
    /// Keys and ids by their prefixes, starred keys, tokens, UUIDs, and long runs of letters and digits. What begins like an id must
    /// look like one too: members are called <c>user_location</c> and words <c>key-value</c>.
    /// </summary>
    [GeneratedRegex(
        @"\b(?:sk|pk|rk|gsk)[-_][A-Za-z0-9_*.-]{3,}"
        + @"|\b(?:xai|csk|hf|fw|nvapi|pplx|r8|tgp)[-_][A-Za-z0-9_-]{16,}"
        + @"|\b(?:org|proj|acct|project|key|req|user|team)[-_](?=[A-Za-z0-9_*-]*[0-9A-Z*])[A-Za-z0-9_*-]{4,}"
        + @"|\bAIza[A-Za-z0-9_-]{10,}"
        + @"|\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,2}"
        + @"|[A-Za-z0-9]*\*{3,}[A-Za-z0-9*]*"
        + @"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        + @"|\b(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{32,}\b",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 100)]
    private static partial Regex Account();

    [GeneratedRegex(@"\b(?:[a-z0-9-]{1,63}\.){1,5}(?:com|ai|net|org|io|dev|cloud|internal|local|azure)\b(?:/[^\s""']*)?", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 100)]
    private static partial Regex Host();

    /// <summary>What vendors put into errors, whatever the shape.</summary>
    private struct VendorError
    {
        public string? Code;
        public string? Type;
        public string? InnerCode;
        public string? Message;
        public string? Param;
        public string? RetryDelay;
        public int? Status;
    }
}

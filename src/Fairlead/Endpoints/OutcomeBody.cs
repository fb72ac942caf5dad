using System.Text;
using System.Text.Json;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>A reported outcome, written down: <c>{request_id, outcome, value_usd?, score?, note?}</c>. What is null is not said.</summary>
internal static class OutcomeBody
{
    /// <summary>The largest body: 16 KiB.</summary>
    public const int MostBytes = 16 * 1024;

    private const int MostShownCharacters = 64;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads it; null when it holds.</summary>
    /// <param name="bytes">JSON.</param>
    /// <param name="caller">Who reports.</param>
    /// <param name="now">When.</param>
    /// <param name="report">What is reported.</param>
    public static Refusal? Read(ReadOnlySpan<byte> bytes, Caller caller, DateTimeOffset now, out OutcomeReport? report)
    {
        report = null;
        var members = new Members();
        try
        {
            // JSON's grammar alone lets through what is no text: bytes that are not UTF-8 in strings.
            _ = Utf8.GetCharCount(bytes);
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 8 });
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject) return new Refusal(RefusalTable.InvalidType, "Must be an object {request_id, outcome, value_usd, score, note}.");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString()!;
                json.Read();
                if (members.Add(name, ref json) is { } refusal) return refusal;
            }

            json.Read(); // whatever stands behind it is no JSON
        }
        catch (Exception exception) when (exception is JsonException or DecoderFallbackException or InvalidOperationException) // the last: half a pair of surrogates
        {
            return new Refusal(RefusalTable.InvalidJson, "The body is not valid JSON in UTF-8.");
        }

        if (members.RequestId is null) return new Refusal(RefusalTable.MissingMember, "Must be the id of a request: the header x-fairlead-request-id of its answer.", "request_id");
        if (members.Outcome is not { } outcome) return new Refusal(RefusalTable.MissingMember, "Must be \"success\", \"failure\" or \"neutral\".", "outcome");
        report = new OutcomeReport(members.RequestId, caller.Tenant, outcome, now) { Key = caller.Key, Value = members.Value, Score = members.Score, Note = members.Note };
        return null;
    }

    /// <summary>What was read so far.</summary>
    private ref struct Members
    {
        private bool _hasRequestId;
        private bool _hasOutcome;
        private bool _hasValue;
        private bool _hasScore;
        private bool _hasNote;

        public string? RequestId { get; private set; }

        public OutcomeKind? Outcome { get; private set; }

        public Usd? Value { get; private set; }

        public double? Score { get; private set; }

        public string? Note { get; private set; }

        public Refusal? Add(string name, scoped ref Utf8JsonReader json) => name switch
        {
            "request_id" => Once(name, ref _hasRequestId) ?? AddRequestId(ref json),
            "outcome" => Once(name, ref _hasOutcome) ?? AddOutcome(ref json),
            "value_usd" => Once(name, ref _hasValue) ?? AddValue(ref json),
            "score" => Once(name, ref _hasScore) ?? AddScore(ref json),
            "note" => Once(name, ref _hasNote) ?? AddNote(ref json),
            _ => new Refusal(RefusalTable.UnknownMember, "Takes request_id, outcome, value_usd, score and note only.", name.Length <= MostShownCharacters ? name : name[..MostShownCharacters]),
        };

        private static Refusal? Once(string name, ref bool has)
        {
            if (has) return new Refusal(RefusalTable.DuplicateMember, "The member may stand once only.", name);
            has = true;
            return null;
        }

        private Refusal? AddRequestId(ref Utf8JsonReader json)
        {
            if (json.TokenType != JsonTokenType.String) return new Refusal(RefusalTable.InvalidType, "Must be a text.", "request_id");
            RequestId = json.GetString();
            return null;
        }

        private Refusal? AddOutcome(ref Utf8JsonReader json)
        {
            if (json.TokenType != JsonTokenType.String) return new Refusal(RefusalTable.InvalidType, "Must be \"success\", \"failure\" or \"neutral\".", "outcome");
            if (!OutcomeKinds.TryParse(json.GetString()!, out var kind)) return new Refusal(RefusalTable.InvalidValue, "Must be \"success\", \"failure\" or \"neutral\".", "outcome");
            Outcome = kind;
            return null;
        }

        private Refusal? AddValue(ref Utf8JsonReader json)
        {
            if (json.TokenType == JsonTokenType.Null) return null;
            if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Number)) return new Refusal(RefusalTable.InvalidType, "Must be dollars, as a text or a number.", "value_usd");
            var isAmount = json.TokenType == JsonTokenType.String ? Usd.TryParse(json.GetString()!, out var value) : Usd.TryParseNumber(json.ValueSpan, out value);
            if (!isAmount || value.NanoDollars < 0 || value.NanoDollars > OutcomeReport.MostValue.NanoDollars)
            {
                return new Refusal(RefusalTable.InvalidValue, "Must be 0 to 1000000 dollars with at most nine decimals.", "value_usd");
            }

            Value = value;
            return null;
        }

        private Refusal? AddScore(ref Utf8JsonReader json)
        {
            if (json.TokenType == JsonTokenType.Null) return null;
            if (json.TokenType != JsonTokenType.Number) return new Refusal(RefusalTable.InvalidType, "Must be a number from 0 to 1.", "score");
            if (!json.TryGetDouble(out var score) || score is not (>= 0 and <= 1)) return new Refusal(RefusalTable.InvalidValue, "Must be a number from 0 to 1.", "score");
            Score = score == 0 ? 0 : score; // without the sign of a negative zero
            return null;
        }

        private Refusal? AddNote(ref Utf8JsonReader json)
        {
            if (json.TokenType == JsonTokenType.Null) return null;
            if (json.TokenType != JsonTokenType.String) return new Refusal(RefusalTable.InvalidType, "Must be a text.", "note");
            var note = json.GetString()!;
            if (note.Length > OutcomeReport.MostNoteCharacters || note.Any(char.IsControl))
            {
                return new Refusal(RefusalTable.InvalidValue, $"Must be at most {OutcomeReport.MostNoteCharacters} characters without control characters.", "note");
            }

            Note = note;
            return null;
        }
    }
}

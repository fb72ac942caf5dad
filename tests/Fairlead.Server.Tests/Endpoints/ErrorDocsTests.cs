using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Core.Requests;
using Fairlead.Dialects;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Pipeline;
using Fairlead.Tests;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>
/// The tables of errors in docs/errors.md, one per dialect, are made from what clients are sent: each row of the refusal table and of
/// the failure table is written by the dialect and read again.
/// </summary>
public sealed class ErrorDocsTests
{
    private const string Page = "docs/errors.md";
    private const string Origin = "RefusalTable, FailureTable and the dialect's writer; FAIRLEAD_UPDATE_DOCS=1 and ErrorDocsTests write them anew";

    [Fact]
    public async Task OpenAiChat_Errors_AreWhatIsSent() =>
        GeneratedTable.Hold(Page, "errors of openai-chat", Origin, await TableAsync(ChatDialect.Instance, body => (body["error"]!["type"]!, body["error"]!["code"]!, body["error"]!["retryable"]!)));

    [Fact]
    public async Task AnthropicMessages_Errors_AreWhatIsSent() =>
        GeneratedTable.Hold(
            Page, "errors of anthropic-messages", Origin,
            await TableAsync(MessagesDialect.Instance, body => (body["error"]!["type"]!, body["error"]!["details"]!["error_code"]!, body["error"]!["details"]!["retryable"]!)));

    private static async Task<string> TableAsync(IDialect dialect, Func<JsonNode, (JsonNode Type, JsonNode Code, JsonNode Retryable)> read)
    {
        var table = new StringBuilder();
        table.Append("| class | status | `type` | code | `retryable` | `Retry-After` | why |\n");
        table.Append("|---|---|---|---|---|---|---|\n");
        foreach (var row in RefusalTable.Rows)
        {
            await AppendAsync("–", Errors.Of(new Refusal(row, "m"), "r"), isExhausted: false, row.Reason);
        }

        // What has another status is told to nobody: the answer is good, or the client gone.
        foreach (var row in FailureTable.Rows.Where(row => row.Status is >= 400 and not 499))
        {
            var ours = ChatPipeline.Error("r", row, new UpstreamFailure(row.Class), []);
            var theirs = ChatPipeline.Error("r", row, new UpstreamFailure(row.Class) { Code = "vendor_code", Message = "Vendor words." }, []);
            await AppendAsync(
                $"`{row.Name}`", ours, isExhausted: !row.IsClientFault, (theirs.Message == ours.Message ? "" : "the vendor's words, else: ") + ours.Message, theirs.Code == ours.Code ? "" : ", or the vendor's own");
        }

        return table.ToString();

        async Task AppendAsync(string failure, ClientError error, bool isExhausted, string why, string otherCode = "")
        {
            var context = new DefaultHttpContext();
            using var sent = new MemoryStream();
            context.Response.Body = sent;
            await ClientAnswer.WriteErrorAsync(context, dialect, error, null, isExhausted);
            await context.Response.BodyWriter.FlushAsync();
            var (type, code, retryable) = read(JsonNode.Parse(sent.ToArray())!);
            table.Append(CultureInfo.InvariantCulture, $"| {failure} | {context.Response.StatusCode} | `{type}` | `{code}`{otherCode} | {(retryable.GetValue<bool>() ? "yes" : "no")} | ");
            table.Append(context.Response.Headers.RetryAfter.Count > 0 ? "yes" : "no").Append(" | ").Append(why).Append(" |\n");
        }
    }
}

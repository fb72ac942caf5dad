using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Endpoints;

namespace Fairlead.Admin;

/// <summary><c>GET /admin/v1/budgets</c>: how each account of each budget stands in its span.</summary>
internal sealed class BudgetsReport(SnapshotSource snapshots, BudgetBoard board, TimeProvider time) : IAdminPart
{
    /// <summary>Accounts that are told of one budget; those that have spent most.</summary>
    private const int MostAccounts = 1000;

    public ImmutableArray<AdminOperation> Operations => [new AdminOperation("GET", "budgets", (context, _) => WriteAsync(context))];

    private Task WriteAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        json.WriteStartObject();
        json.WriteString("revision", snapshots.Current.Revision);
        json.WriteStartArray("budgets");
        foreach (var budget in board.Standings(time.GetUtcNow()).GroupBy(standing => standing.Budget)) Write(json, budget.Key, [.. budget]);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, Budget budget, BudgetStanding[] standings)
    {
        json.WriteStartObject();
        json.WriteString("name", budget.Name);
        json.WriteString("per", budget.Per.ToString().ToLowerInvariant());
        json.WriteString("timezone", budget.Zone.Id);
        if (budget.Each is { } each) json.WriteString("each", each.ToString().ToLowerInvariant());
        if (!budget.Scope.IsEmpty)
        {
            json.WriteStartObject("scope");
            foreach (var (dimension, values) in budget.Scope)
            {
                json.WriteStartArray(dimension.ToString().ToLowerInvariant());
                foreach (var value in values) json.WriteStringValue(value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteStartArray("at");
        foreach (var threshold in budget.Thresholds)
        {
            json.WriteStartObject();
            json.WriteNumber("percent", threshold.Percent);
            json.WriteStartArray("do");
            foreach (var action in Enum.GetValues<BudgetActions>())
            {
                if (action != BudgetActions.None && threshold.Actions.HasFlag(action)) json.WriteStringValue(action.ToString().ToLowerInvariant());
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("accounts");
        foreach (var standing in standings.OrderByDescending(standing => standing.Spent.NanoDollars).Take(MostAccounts)) Write(json, standing);
        json.WriteEndArray();
        json.WriteNumber("accounts_more", Math.Max(0, standings.Length - MostAccounts));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BudgetStanding standing)
    {
        var (limit, spent) = (standing.Limit, standing.Spent);
        json.WriteStartObject();
        if (standing.Budget.Each is not null) json.WriteString("account", standing.Account);
        json.WriteString("limit_usd", limit.ToString());
        json.WriteString("spent_usd", spent.ToString());
        json.WriteString("reserved_usd", standing.Reserved.ToString());
        json.WriteString("left_usd", (limit - spent - standing.Reserved).ToString());
        json.WriteMeasured("used", limit.NanoDollars == 0 ? 1 : (double)spent.NanoDollars / limit.NanoDollars);
        json.WriteString("since", standing.Span.Start);
        json.WriteString("resets_at", standing.Span.End);
        json.WriteEndObject();
    }
}

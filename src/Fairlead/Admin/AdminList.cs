using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Endpoints;

namespace Fairlead.Admin;

/// <summary>Answers with a list of what has numbers, the newest first: <c>?limit=</c>, and <c>?before=</c> for what comes after.</summary>
internal static class AdminList
{
    private const int DefaultLimit = 50;
    private const int MostLimit = 200;

    /// <summary>Reads at most so many whose number is smaller than the second; null: from the newest on.</summary>
    public delegate ValueTask<ImmutableArray<T>> Reader<T>(int limit, long? before, CancellationToken cancellationToken);

    /// <summary>Answers, or refuses what the query says.</summary>
    /// <param name="context">The request.</param>
    /// <param name="call">Its call.</param>
    /// <param name="name">The member that has the list.</param>
    /// <param name="read">Reads a page.</param>
    /// <param name="write">Writes the members of one.</param>
    /// <param name="numberOf">The number of one.</param>
    public static async Task AnswerAsync<T>(HttpContext context, AdminCall call, string name, Reader<T> read, Action<Utf8JsonWriter, T> write, Func<T, long> numberOf)
    {
        var (limit, wrongLimit) = AdminQuery.Number(context, "limit", MostLimit);
        var (before, wrongBefore) = AdminQuery.Number(context, "before", long.MaxValue);
        if ((wrongLimit ?? wrongBefore) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var most = (int)(limit ?? DefaultLimit);
        var found = await read(most, before, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(name);
            foreach (var one in found)
            {
                json.WriteStartObject();
                write(json, one);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (found.Length == most) json.WriteNumber("next_before", numberOf(found[^1]));
            else json.WriteNull("next_before");
            json.WriteEndObject();
        });
    }
}

using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary><c>GET /v1/models</c>: what a client may send as <c>model</c>, in the list shape of the client's dialect.</summary>
internal static class ModelsEndpoint
{
    private const string Us = "fairlead";

    public static Task ListAsync(HttpContext context, Admission admission, string requestId)
    {
        if (admission.Identify(context, Operations.Models, out var caller) is { } refusal) return GatewayApplication.WriteAsync(context, requestId, refusal);
        var may = caller.Permissions;
        if (ClientCall.SpeaksAnthropic(context)) return JsonAnswer.WriteAsync(context, 200, json => WriteAnthropicList(json, [.. Names(admission.Snapshot, may).Select(name => name.Id)]));
        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var (id, owner) in Names(admission.Snapshot, may)) WriteModel(json, id, may.IsMinimal ? Us : owner);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static Task GetAsync(HttpContext context, Admission admission, string requestId, string name)
    {
        if (admission.Identify(context, Operations.Models, out var caller) is { } refusal) return GatewayApplication.WriteAsync(context, requestId, refusal);
        var owner = OwnerOf(name, admission.Snapshot, caller.Permissions);
        return owner is null
            ? GatewayApplication.WriteAsync(context, requestId, new Refusal(RefusalTable.ModelNotFound, "No alias, route, target or provider/model has this name.", "model"))
            : JsonAnswer.WriteAsync(context, 200, json =>
            {
                if (ClientCall.SpeaksAnthropic(context)) WriteAnthropicModel(json, name);
                else WriteModel(json, name, caller.Permissions.IsMinimal ? Us : owner);
            });
    }

    /// <summary>Who owns what a name leads to; null when it leads nowhere that the caller may go.</summary>
    private static string? OwnerOf(string name, GatewaySnapshot snapshot, CallerPermissions may) => NameResolution.Resolve(name, snapshot) switch
    {
        NameResolution.ToAuto => Us,
        NameResolution.ToRoute { Route: var route } when may.AllowsRoute(route.Name, route.IsRestricted) => Us,
        NameResolution.ToTarget { Target: var target } when may.AllowsTarget(target.Name, target.IsRestricted) => target.Provider.Name,
        _ => null,
    };

    /// <summary>One page that holds all.</summary>
    private static void WriteAnthropicList(Utf8JsonWriter json, string[] names)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var name in names) WriteAnthropicModel(json, name);
        json.WriteEndArray();
        json.WriteBoolean("has_more", false);
        json.WriteString("first_id", names[0]); // there is auto at least
        json.WriteString("last_id", names[^1]);
        json.WriteEndObject();
    }

    private static void WriteAnthropicModel(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("type", "model");
        json.WriteString("id", id);
        json.WriteString("display_name", id);
        json.WriteString("created_at", "1970-01-01T00:00:00Z");
        json.WriteEndObject();
    }

    /// <summary>What a caller may send as <c>model</c>: routes and targets that are not for it are not listed, nor other names of them.</summary>
    private static IEnumerable<(string Id, string Owner)> Names(GatewaySnapshot snapshot, CallerPermissions may)
    {
        yield return ("auto", Us);
        foreach (var route in snapshot.Routes.Where(route => may.AllowsRoute(route.Name, route.IsRestricted))) yield return (route.Name, Us);
        foreach (var alias in snapshot.Aliases.Keys.Order(StringComparer.Ordinal))
        {
            if (alias != "auto" && OwnerOf(alias, snapshot, may) is not null) yield return (alias, Us);
        }

        foreach (var target in snapshot.TargetList.Where(target => may.AllowsTarget(target.Name, target.IsRestricted)).OrderBy(target => target.Name, StringComparer.Ordinal)) yield return (target.Name, target.Provider.Name);
    }

    private static void WriteModel(Utf8JsonWriter json, string id, string owner)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", owner);
        json.WriteEndObject();
    }
}

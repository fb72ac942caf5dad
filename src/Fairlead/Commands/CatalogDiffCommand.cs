using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary><c>fairlead catalog diff</c>: what a newer catalog changes, and what that does to the routes of a configuration.</summary>
internal static class CatalogDiffCommand
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public static Command Build()
    {
        var file = new Argument<string?>("NEWER.json") { Description = "The newer catalog, in the form of catalog/models.json; '-' reads standard input.", Arity = ArgumentArity.ZeroOrOne };
        var url = new Option<string?>("--url") { Description = "Where to get the newer catalog, in place of a file." };
        var config = new Option<string?>("--config", "-c") { Description = $"The configuration whose routes are looked at. Default: {ConfigurationArgument.Default} in this folder, if there is one." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("diff", "Compare the built-in catalog with a newer one: models, facts, prices, and what they do to routes.") { file, url, config, json };
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var newer = await ReadAsync(parsed.GetValue(file), parsed.GetValue(url), cancellationToken);
            var path = parsed.GetValue(config) ?? (File.Exists(ConfigurationArgument.Default) ? ConfigurationArgument.Default : null);
            Diff(console, newer, path is null ? null : ConfigurationArgument.Load(path), parsed.GetValue(json));
            return ExitCodes.Success;
        }));
        return command;
    }

    private static void Diff(CommandConsole console, ModelCatalog newer, GatewaySnapshot? snapshot, bool asJson)
    {
        var diff = CatalogDiff.Of(BuiltInCatalog.Load(), newer);
        IReadOnlyList<TargetUsage> usage = [];
        string? unread = snapshot is null ? "without a configuration" : null;
        if (snapshot is not null)
        {
            try
            {
                usage = LedgerUsage.Read(snapshot.Store.LedgerPath, TimeProvider.System.GetUtcNow() - Week, CatalogImpact.SizesOf(snapshot, newer));
            }
            catch (LedgerException exception)
            {
                unread = exception.Message;
            }
        }

        ImmutableArray<RouteImpact> routes = snapshot is null ? [] : [.. CatalogImpact.Of(snapshot, diff, newer, usage)];
        if (asJson) CatalogDiffJson.Write(console, newer, diff, routes, hasLedger: unread is null);
        else Write(console, newer, diff, routes, snapshot is not null, unread);
    }

    private static async Task<ModelCatalog> ReadAsync(string? file, string? url, CancellationToken cancellationToken)
    {
        if ((file is null) == (url is null)) throw new InputException("name one newer catalog: a file, or --url");
        var reading = CatalogFile.Read(file is not null ? InputFile.ReadBytes(file, CatalogFile.MostBytes) : await DownloadAsync(url!, cancellationToken));
        return reading.Catalog ?? throw new InputException(string.Join(Environment.NewLine, reading.Errors.Select(error => $"{(file == InputFile.StandardInput ? "standard input" : file ?? url)}: {error}"))) { IsComplete = true };
    }

    private static async Task<byte[]> DownloadAsync(string url, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || !(address.Scheme == "https" || (address.Scheme == "http" && address.IsLoopback))) throw new InputException($"{url} is no https address");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        try
        {
            using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode) throw new InputException($"{url} answers {(int)response.StatusCode}");
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return InputFile.Read(body, CatalogFile.MostBytes) ?? throw new InputException($"{url} is larger than {CatalogFile.MostBytes} bytes");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new InputException($"{url} cannot be read: {exception.Message}");
        }
    }

    private static void Write(CommandConsole console, ModelCatalog newer, CatalogDiff diff, ImmutableArray<RouteImpact> routes, bool hasConfiguration, string? unread)
    {
        Models(console, "added", diff.Added);
        Models(console, "removed", diff.Removed);
        if (!diff.Changed.IsEmpty)
        {
            var table = CommandConsole.Table("changed", "what", "old", "new", "", "from");
            foreach (var change in diff.Changed)
            {
                foreach (var price in change.Prices) Add(table, Name(change.New), price.Name + " $/M", CatalogCommand.Dollars(price.Old), CatalogCommand.Dollars(price.New), Percent(price.Percent), From(change.New));
                foreach (var fact in change.Facts) Add(table, Name(change.New), fact.Name, fact.Old ?? "–", fact.New ?? "–", "", From(change.New));
            }

            console.Write(table);
        }

        foreach (var route in routes) Route(console, route, hasLedger: unread is null);
        if (hasConfiguration && routes.IsEmpty) console.Line("No route of the configuration is touched.");
        if (hasConfiguration && unread is not null && !routes.IsEmpty) console.Line("What last week would cost is not known: " + unread, new Style(Color.Grey));
        console.Line($"{diff.Added.Length} added, {diff.Removed.Length} removed, {diff.Changed.Length} changed; {newer.Version}");
    }

    private static void Models(CommandConsole console, string heading, ImmutableArray<CatalogModel> models)
    {
        if (models.IsEmpty) return;
        var table = CommandConsole.Table(heading, "in $/M", "out $/M", "window", "from", "retires");
        foreach (var model in models)
        {
            Add(
                table, Name(model), CatalogCommand.Dollars(model.Price?.Input), CatalogCommand.Dollars(model.Price?.Output), model.Facts.ContextWindow?.ToString("#,0", CultureInfo.InvariantCulture) ?? "–",
                heading == "added" ? From(model) : "", model.Facts.Retires?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "");
        }

        console.Write(table);
    }

    private static void Route(CommandConsole console, RouteImpact route, bool hasLedger)
    {
        var table = CommandConsole.Table(route.Route is { } name ? "route " + name : "named by requests", "what", "1,000 in + 400 out", "", "last week", "");
        foreach (var target in route.Targets)
        {
            var week = hasLedger ? target.Attempts == 0 ? "no attempt" : Move(target.UsedBefore, target.UsedAfter) : "";
            Add(
                table, target.Target.Name, What(target), Move(target.NominalBefore, target.NominalAfter), Percent(PercentOf(target.NominalBefore, target.NominalAfter)),
                week, target.Attempts == 0 ? "" : Percent(PercentOf(target.UsedBefore, target.UsedAfter)));
        }

        if (hasLedger && Sum(route, target => target.UsedBefore) is { } before && Sum(route, target => target.UsedAfter) is { } after && before != Usd.Zero)
        {
            Add(table, "all of these", "", "", "", Move(before, after), Percent(PercentOf(before, after)));
        }

        console.Write(table);
    }

    private static string What(TargetImpact target)
    {
        if (target.Change is not { } change) return target.HasOwnPrice ? "gone from the catalog; the configuration has its own price" : "gone from the catalog";
        var parts = new List<string>();
        if (!change.Prices.IsEmpty) parts.Add(target.HasOwnPrice ? "price, but the configuration has its own" : "price");
        parts.AddRange(change.Facts.Select(fact => fact.Name));
        if (change.New.EffectiveFrom is { } from) parts.Add($"from {from:yyyy-MM-dd}");
        return string.Join(", ", parts);
    }

    /// <summary>The sum over the targets; null as soon as one is not known.</summary>
    public static Usd? Sum(RouteImpact route, Func<TargetImpact, Usd?> of)
    {
        var sum = Usd.Zero;
        foreach (var target in route.Targets)
        {
            if (target.Attempts == 0) continue;
            if (of(target) is not { } cost) return null;
            sum += cost;
        }

        return sum;
    }

    public static decimal? PercentOf(Usd? before, Usd? after) =>
        before is { NanoDollars: > 0 } old && after is { } now ? (now.NanoDollars - (decimal)old.NanoDollars) * 100 / old.NanoDollars : null;

    private static string Move(Usd? before, Usd? after) => before == after ? Dollars(before) : $"{Dollars(before)} → {Dollars(after)}";

    private static string Dollars(Usd? cost) => cost is { } known ? "$" + known : "unpriced";

    private static string Percent(decimal? percent) => percent is { } change and not 0 ? change.ToString("+0.#;-0.#;0", CultureInfo.InvariantCulture) + " %" : "";

    private static string Name(CatalogModel model) => $"{model.Provider}/{model.Id}";

    private static string From(CatalogModel model) => model.EffectiveFrom?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "at once";

    private static void Add(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}

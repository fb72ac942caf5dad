using System.CommandLine;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Costs;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>The options that say which ledger is read, and which of its requests.</summary>
internal sealed class CostRangeOptions
{
    private readonly Option<string?> _config = ConfigurationArgument.Option();
    private readonly Option<string?> _ledger = new("--ledger") { Description = "The ledger's file. Default: the one that the configuration names." };
    private readonly Option<string?> _from = new("--from") { Description = $"The first day (2027-06-01), or the first instant (2027-06-01T08:00:00Z). Default: {CostArguments.DefaultDays} days." };
    private readonly Option<string?> _to = new("--to") { Description = "The last day, which is counted whole, or the instant before which it ends. Default: today." };
    private readonly Option<string[]> _where = new("--where") { Description = "Only requests of this, such as feature=chat; several of one name take any, of several names all.", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _timezone = new("--timezone") { Description = "The time zone of days, such as Europe/Berlin. Default: UTC." };

    public void AddTo(Command command, bool canFilter = true)
    {
        foreach (var option in new Option[] { _from, _to, _timezone, _config, _ledger }) command.Options.Add(option);
        if (canFilter) command.Options.Add(_where);
    }

    /// <exception cref="InputException">Something is asked wrongly.</exception>
    public CostQuery Read(ParseResult parsed, string? by, string? limit)
    {
        var arguments = new CostArguments
        {
            By = by,
            From = parsed.GetValue(_from),
            To = parsed.GetValue(_to),
            Where = parsed.GetValue(_where) ?? [],
            Timezone = parsed.GetValue(_timezone),
            Limit = limit,
        };
        return arguments.TryRead(TimeProvider.System.GetUtcNow(), out var query, out var error) ? query : throw new InputException($"--{error.Argument}: {error.Message}");
    }

    /// <summary>The ledger's file.</summary>
    /// <exception cref="InputException">The configuration cannot be read, or keeps its ledger in memory.</exception>
    public string LedgerOf(ParseResult parsed)
    {
        if (parsed.GetValue(_ledger) is { } path) return path;
        var file = parsed.GetValue(_config) ?? ConfigurationArgument.Default;
        var compiled = ConfigurationArgument.Compile(file, SecretReader.AllSet);
        if (compiled.Snapshot is not { } snapshot)
        {
            throw new InputException(string.Join(Environment.NewLine, [.. compiled.Errors.Select(error => error.ToString()), "fairlead: the configuration does not say where its ledger is; name it with --ledger."])) { IsComplete = true };
        }

        return snapshot.Store.LedgerPath != SqliteLedgerOptions.InMemory
            ? snapshot.Store.LedgerPath
            : throw new InputException($"{file} keeps its ledger in memory: a running gateway tells its costs over its administration API only");
    }
}

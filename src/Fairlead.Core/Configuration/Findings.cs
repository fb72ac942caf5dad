using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>Collects all errors and warnings of one configuration, bounded. Used by one thread.</summary>
/// <param name="file">The name of the configuration.</param>
internal sealed class Findings(string file)
{
    /// <summary>More errors than anyone reads; a hostile file must not fill the log.</summary>
    private const int Most = 100;

    private readonly List<ConfigurationError> _errors = [];
    private readonly List<ConfigurationError> _warnings = [];
    private int _dropped;

    public bool HasErrors => _errors.Count > 0;

    public void Error(Place at, string message, string? suggestion = null)
    {
        if (_errors.Count < Most) _errors.Add(new ConfigurationError(file, at.Line, at.Column, at.Path, message, suggestion));
        else _dropped++;
    }

    public void Warning(Place at, string message)
    {
        if (_warnings.Count < Most) _warnings.Add(new ConfigurationError(file, at.Line, at.Column, at.Path, message));
    }

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<ConfigurationError> Errors()
    {
        var errors = _errors.OrderBy(error => error.Line).ThenBy(error => error.Column).ToImmutableArray();
        return _dropped == 0 ? errors : errors.Add(new ConfigurationError(file, errors[^1].Line, errors[^1].Column, "", $"{_dropped} more errors are not shown"));
    }

    public ImmutableArray<string> Warnings() =>
        [.. _warnings.OrderBy(warning => warning.Line).ThenBy(warning => warning.Column).Select(warning => warning.ToString())];
}

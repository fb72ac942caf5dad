using Fairlead.Core.Ledger;

namespace Fairlead.Storage.Sqlite;

/// <summary>Where the dimensions of costs stand in the tables.</summary>
internal static class CostColumns
{
    /// <summary>The columns of a request, and then of an attempt, in the order of the rollups; the attempt's are NULL where none was made.</summary>
    public static readonly string[] Request = ["tenant", "key_name", "team", "feature", "user", "environment", "route", "workload", "tags", "operation"];

    /// <summary>The columns of an attempt.</summary>
    public static readonly string[] Attempt = ["tier", "target", "provider", "model"];

    /// <summary>The expression that a dimension is read by; <paramref name="parameter"/> holds the path of a tag.</summary>
    public static string Of(CostDimension dimension, string parameter) =>
        dimension.TagName is not null ? $"json_extract(tags, {parameter})" : dimension == CostDimension.Key ? "key_name" : dimension.Name;

    /// <summary>The path of a tag in the JSON object of its request. Its name has only letters, digits and underscores.</summary>
    public static string Path(string tag) => $"$.\"{tag}\"";
}

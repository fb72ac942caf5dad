using System.Globalization;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>Reads queries of the administration API.</summary>
internal static class AdminQuery
{
    /// <summary>A whole number from 1; null when the query has none. Or why it is not taken.</summary>
    public static (long? Value, Refusal? Refusal) Number(HttpContext context, string name, long most)
    {
        if (!context.Request.Query.TryGetValue(name, out var text)) return (null, null);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? (number, null)
            : (null, new Refusal(RefusalTable.InvalidValue, $"Must be a whole number from 1 to {most}.", name));
    }
}

using System.Globalization;

namespace Fairlead.Core.Auditing;

/// <summary>Times of the audit log in text: always UTC, always to the microsecond, so that one time is one text.</summary>
public static class AuditTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>A time as it is written.</summary>
    public static string Write(DateTimeOffset at) => at.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>A time as it was written; null for any other text.</summary>
    public static DateTimeOffset? Read(string text) =>
        DateTimeOffset.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}

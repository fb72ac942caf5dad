using System.Buffers.Text;
using System.Text;
using System.Text.RegularExpressions;

namespace Fairlead.Server.Tests.Translation;

/// <summary>A call's id as Anthropic's dialect can have it.</summary>
internal static partial class CallId
{
    public static string TowardsAnthropic(string id) => IsAnthropic(id) ? id : "fl_" + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    public static bool IsAnthropic(string id) => Grammar().IsMatch(id);

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();
}

using System.Net;

namespace Fairlead.Core.Configuration;

/// <summary>Reads addresses: what Fairlead listens on, and where providers are.</summary>
internal static class Addresses
{
    /// <summary>The address to listen on: <c>http</c>, an IP address or <c>localhost</c>, a port.</summary>
    public static Uri? ReadListen(Located<string> text, Findings findings)
    {
        if (!Uri.TryCreate(text.Value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            findings.Error(text.At, "must be an address such as http://127.0.0.1:8484");
            return null;
        }

        if (address.Scheme == "https") findings.Error(text.At, "https is not in this version of Fairlead; let a proxy in front end TLS");
        else if (address.UserInfo.Length > 0 || address.PathAndQuery != "/" || address.Fragment.Length > 0) findings.Error(text.At, "must be an address without path, query or user");
        else if (!IsLocalhost(address) && !IPAddress.TryParse(address.DnsSafeHost, out _)) findings.Error(text.At, "must name localhost or an IP address; 0.0.0.0 is every one of this machine");
        else return address;
        return null;
    }

    /// <summary>A provider's address: absolute, <c>http</c> or <c>https</c>, nothing but host and path. Without the trailing slash.</summary>
    public static Uri? ReadBaseUrl(Located<string> text, Findings findings)
    {
        // The value stays out of the messages: user names, passwords and keys are what people put where they do not belong.
        if (!Uri.TryCreate(text.Value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
        {
            findings.Error(text.At, "must be an absolute http or https address, such as https://api.example.com/v1");
            return null;
        }

        if (address.UserInfo.Length > 0) findings.Error(text.At, "must not hold a user or password; use 'keys'");
        else if (text.Value.Contains('?', StringComparison.Ordinal)) findings.Error(text.At, "must not have a query");
        else if (text.Value.Contains('#', StringComparison.Ordinal)) findings.Error(text.At, "must not have a fragment");
        else return new Uri(text.Value.TrimEnd('/'));
        return null;
    }

    /// <summary>Whether only this machine can be meant.</summary>
    public static bool IsLoopback(Uri address) =>
        IsLocalhost(address) || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsLocalhost(Uri address) => address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}

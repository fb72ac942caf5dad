namespace Fairlead.Core.Configuration;

/// <summary>Checks the addresses that messages are posted to.</summary>
internal static class Webhooks
{
    /// <summary>Whether an address can be posted to; with an error when it cannot, and a warning when others can read what is.</summary>
    /// <param name="webhook">The address. It stays out of the messages: tokens stand in such.</param>
    /// <param name="at">Where its reference stands.</param>
    /// <param name="findings">Takes what is wrong.</param>
    public static bool Check(Secret webhook, Place at, Findings findings)
    {
        if (!Uri.TryCreate(webhook.Reveal(), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
        {
            findings.Error(at, $"{webhook.Reference} must hold an http or https address without user and fragment");
            return false;
        }

        if (address.Scheme == "http" && !Addresses.IsLoopback(address)) findings.Warning(at, "is plain http to another machine: a token in it can be read on the way");
        return true;
    }
}

using System.Text;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>
/// Thoughts of other vendors in Anthropic's dialect. Its clients must have a signature, or data, with each, and send both back; its
/// vendor must not get what it did not sign. So they are spelled <c>fairlead.ORIGIN:VALUE</c>, or <c>fairlead.</c> where nobody signed.
/// </summary>
internal static class ForeignThought
{
    /// <summary>How they begin.</summary>
    public static ReadOnlySpan<byte> Mark => "fairlead."u8;

    /// <summary>Whether a signature or data is not Anthropic's own.</summary>
    public static bool IsForeign(JsonText value) => value.IsEmpty || value.Inner.StartsWith(Mark);

    /// <summary>What was spelled; null for nothing.</summary>
    public static Signature? Read(JsonText value)
    {
        if (value.IsEmpty) return null;
        if (!IsForeign(value)) return new Signature(DialectNames.AnthropicMessages, value);
        var rest = value.Inner[Mark.Length..];
        var end = rest.IndexOf((byte)':');
        return end < 0 ? null : new Signature(Encoding.UTF8.GetString(rest[..end]), new JsonText((byte[])[(byte)'"', .. rest[(end + 1)..], (byte)'"']));
    }

    /// <summary>Spells what a vendor signed or encrypted, without quotes.</summary>
    public static ReadOnlySpan<byte> Write(string origin, ReadOnlySpan<byte> spelled) =>
        origin == DialectNames.AnthropicMessages ? spelled : (byte[])[.. Mark, .. Encoding.UTF8.GetBytes(origin), (byte)':', .. spelled];
}

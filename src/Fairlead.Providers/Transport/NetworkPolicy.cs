using System.Net;
using System.Net.Sockets;

namespace Fairlead.Providers.Transport;

/// <summary>
/// Which addresses may be connected to, checked on the address that is really used, after name resolution, so that a name
/// cannot be pointed elsewhere between a check and its use.
/// </summary>
public enum NetworkPolicy
{
    /// <summary>Public addresses only: the provider's address comes from a built-in vendor definition.</summary>
    PublicOnly = 0,

    /// <summary>
    /// Private and loopback addresses too: the operator wrote the address. Link-local ones (cloud metadata services among
    /// them), multicast and unspecified addresses stay refused.
    /// </summary>
    Configured,
}

/// <summary>The address ranges behind <see cref="NetworkPolicy"/>.</summary>
public static class AddressRules
{
    private static readonly IPAddress CloudMetadata = IPAddress.Parse("fd00:ec2::254"); // a cloud's metadata service over IPv6

    private static ReadOnlySpan<byte> Nat64 => [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Whether <paramref name="policy"/> permits a connection to <paramref name="address"/>.</summary>
    public static bool Permits(NetworkPolicy policy, IPAddress address)
    {
        address = Embedded(address);
        if (IsNeverPermitted(address)) return false;
        return policy == NetworkPolicy.Configured || !IsPrivate(address);
    }

    /// <summary>The address that is really meant: IPv4 within IPv6 is judged as IPv4.</summary>
    private static IPAddress Embedded(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> b = stackalloc byte[16];
        address.TryWriteBytes(b, out _);
        if (b.StartsWith(Nat64)) return new IPAddress(b[12..]);                       // RFC 6052 2.1
        return b[0] == 0x20 && b[1] == 0x02 ? new IPAddress(b[2..6]) : address;       // RFC 3056: 6to4
    }

    private static bool IsNeverPermitted(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any) || address.Equals(CloudMetadata);
        }

        Span<byte> b = stackalloc byte[4];
        address.TryWriteBytes(b, out _);
        return b[0] == 0                              // RFC 1122 3.2.1.3: this host on this network
            || (b[0] == 169 && b[1] == 254)           // RFC 3927: link-local, metadata services
            || b[0] >= 224;                           // RFC 5771, RFC 1112: multicast, reserved, broadcast
    }

    private static bool IsPrivate(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return true;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal;

        Span<byte> b = stackalloc byte[4];
        address.TryWriteBytes(b, out _);
        return b[0] == 10                             // RFC 1918
            || (b[0] == 172 && (b[1] & 0xF0) == 16)
            || (b[0] == 192 && b[1] == 168)
            || (b[0] == 100 && (b[1] & 0xC0) == 64)   // RFC 6598: shared address space
            || (b[0] == 192 && b[1] == 0 && b[2] == 0)
            || (b[0] == 198 && (b[1] & 0xFE) == 18);  // RFC 2544: benchmarking
    }
}

/// <summary>A connection was refused by <see cref="NetworkPolicy"/>. Its message names the address, for the operator's log.</summary>
public sealed class AddressRefusedException(string message) : IOException(message);

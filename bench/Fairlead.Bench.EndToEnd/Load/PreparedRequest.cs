using System.Text;

namespace Fairlead.Bench.EndToEnd.Load;

/// <summary>A request, head and body, as it is sent over and over; the same for every candidate.</summary>
internal sealed class PreparedRequest
{
    /// <summary>The key that the gateway under test knows its client by.</summary>
    public const string ClientKey = "bench-client-key-0123456789abcdef";

    /// <param name="body">The body.</param>
    /// <param name="isStream">Whether the answer is a stream.</param>
    /// <param name="isMessages">Whether it is in Anthropic's dialect.</param>
    public PreparedRequest(byte[] body, bool isStream, bool isMessages = false)
    {
        Body = body;
        IsStream = isStream;
        IsMessages = isMessages;
        Bytes =
        [
            .. Encoding.ASCII.GetBytes(
                (isMessages ? "POST /v1/messages" : "POST /v1/chat/completions") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (isMessages ? "anthropic-version: 2023-06-01\r\n" : "") + "Accept: " + (isStream ? "text/event-stream" : "application/json")
                + "\r\nContent-Type: application/json\r\nUser-Agent: fairlead-bench\r\nAuthorization: Bearer " + ClientKey
                + $"\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body,
        ];
    }

    public byte[] Body { get; }

    public bool IsStream { get; }

    public bool IsMessages { get; }

    public byte[] Bytes { get; }
}

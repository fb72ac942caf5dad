using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Overload;

/// <summary>A vendor whose streams go on until the test lets them end, and those of them that clients have begun to read.</summary>
internal sealed class OpenStreams : IAsyncDisposable
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<HttpResponseMessage> _responses = [];

    public OpenStreams() => Vendor = ByteServer.Start(_ => Vendors.Saying("A", "B") with { Before = piece => piece < 2 ? Task.CompletedTask : _end.Task });

    public ByteServer Vendor { get; }

    /// <summary>Opens one more, up to its first token.</summary>
    public async Task OpenAsync(RunningGateway gateway, params (string Name, string Value)[] headers)
    {
        var response = await gateway.PostAsync(Vendors.StreamQuestion, headers);
        Assert.True(response.IsSuccessStatusCode, await (response.IsSuccessStatusCode ? Task.FromResult("") : response.Content.ReadAsStringAsync()));
        _responses.Add(response);
    }

    /// <summary>Lets all of them end, and reads them.</summary>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        _end.TrySetResult();
        var texts = new List<string>();
        foreach (var response in _responses) texts.Add(await response.Content.ReadAsStringAsync());
        return texts;
    }

    /// <summary>Lets go of what is open before the gateway stops, which would wait for it.</summary>
    public IDisposable Closing() => new Closed(this);

    public ValueTask DisposeAsync() => Vendor.DisposeAsync();

    private sealed class Closed(OpenStreams streams) : IDisposable
    {
        public void Dispose()
        {
            streams._end.TrySetResult();
            foreach (var response in streams._responses) response.Dispose();
        }
    }
}

using System.Globalization;
using System.Net;
using Yarp.ReverseProxy.Configuration;

// The yardstick: YARP as it comes, one route to one destination, no logging. usage: Fairlead.Bench.Yarp LISTEN_PORT UPSTREAM_URL
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: Fairlead.Bench.Yarp LISTEN_PORT UPSTREAM_URL");
    return 64;
}

var port = int.Parse(args[0], CultureInfo.InvariantCulture);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = null;
    kestrel.Listen(IPAddress.Loopback, port);
});
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "upstream", Match = new RouteMatch { Path = "{**path}" } }],
    [
        new ClusterConfig
        {
            ClusterId = "upstream",
            Destinations = new Dictionary<string, DestinationConfig> { ["only"] = new() { Address = args[1] } },
        },
    ]);

var application = builder.Build();
application.MapReverseProxy();
await application.RunAsync();
return 0;

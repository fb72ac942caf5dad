using System.CommandLine;
using Fairlead.Commands;
using Fairlead.Hosting;

// A signal cancels the command's token; what is being answered then has its time to end.
var signals = new InvocationConfiguration { ProcessTerminationTimeout = GatewayHost.DrainLimit + TimeSpan.FromSeconds(5) };
return await CommandLine.Build().Parse(args).InvokeAsync(signals);

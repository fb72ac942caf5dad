using System.CommandLine;
using Fairlead.Commands;
using Fairlead.Hosting;

// A signal cancels the command's token; what is being answered then has its time to end.
var signals = new InvocationConfiguration { ProcessTerminationTimeout = GatewayStop.Longest + TimeSpan.FromSeconds(30) };
var command = CommandLine.Build().Parse(args);
var code = await command.InvokeAsync(signals);
return command.Errors.Count > 0 ? ExitCodes.Configuration : code;

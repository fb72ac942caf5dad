using System.CommandLine;
using Fairlead.Commands;

namespace Fairlead.Server.Tests.Commands;

/// <summary>A command run in this process, as its executable would: what it ended with and printed.</summary>
internal sealed record CommandRun(int Code, string Output, string Errors)
{
    public static async Task<CommandRun> OfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var parsed = CommandLine.Build().Parse(arguments);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        return new CommandRun(parsed.Errors.Count > 0 ? ExitCodes.Configuration : code, output.ToString(), errors.ToString());
    }
}

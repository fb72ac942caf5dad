using System.CommandLine;
using Fairlead.Storage;

namespace Fairlead.Commands;

/// <summary><c>fairlead costs erase-user</c>: takes an end user out of the ledger.</summary>
internal static class EraseUserCommand
{
    public static Command Build()
    {
        var tenant = new Option<string>("--tenant") { Description = "Whose user it is.", Required = true };
        var user = new Option<string>("--user") { Description = "The user, as requests name them.", Required = true };
        var gateway = new LedgerGateway();
        var command = new Command("erase-user", "Take an end user out of the ledger: nothing tells any more which requests were theirs.") { tenant, user };
        gateway.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var (whose, name) = (parsed.GetValue(tenant)!, parsed.GetValue(user)!);
            return await gateway.RunAsync(
                parsed,
                console,
                "admin/v1/users/erase",
                json =>
                {
                    json.WriteString("tenant", whose);
                    json.WriteString("user", name);
                },
                async opened => Tell(console, await opened.Changes.EraseUserAsync(whose, new UserPseudonyms(opened.Key).Of(whose, name), opened.Author, opened.Reason, cancellationToken)),
                reply => Tell(console, reply.GetProperty("requests").GetInt64()),
                cancellationToken);
        }));
        return command;
    }

    private static int Tell(CommandConsole console, long requests)
    {
        console.Line(requests == 0 ? "No settled request is of this user." : $"Erased from {requests} settled requests.");
        return ExitCodes.Success;
    }
}

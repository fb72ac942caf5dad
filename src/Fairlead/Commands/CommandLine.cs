using System.CommandLine;

namespace Fairlead.Commands;

/// <summary>The commands of the executable. <c>serve</c> is the default.</summary>
internal static class CommandLine
{
    public static RootCommand Build()
    {
        var root = new RootCommand("Fairlead, an LLM gateway: one endpoint in front of several vendors.");
        ServeCommand.AddTo(root);
        root.Subcommands.Add(ServeCommand.Build());
        root.Subcommands.Add(DemoCommand.Build());
        root.Subcommands.Add(CheckCommand.Build());
        root.Subcommands.Add(TestCommand.Build());
        root.Subcommands.Add(ExplainCommand.Build());
        root.Subcommands.Add(CatalogCommand.Build());
        root.Subcommands.Add(SimulateCommand.Build());
        root.Subcommands.Add(RevisionsCommand.Build());
        root.Subcommands.Add(CostsCommand.Build());
        root.Subcommands.Add(AuditCommand.Build());
        root.Subcommands.Add(KeysCommand.Build());
        return root;
    }
}

/// <summary>Exit codes that a pipeline can use.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>It could not start, or failed later: a port, a disk. Of a tool: a test failed, or what it looked for was found.</summary>
    public const int Failure = 1;

    /// <summary>The command line, the configuration or another input is missing or has errors; nothing was started.</summary>
    public const int Configuration = 2;
}

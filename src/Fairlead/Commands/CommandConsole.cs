using System.CommandLine;
using System.Text;
using System.Text.Json;
using Fairlead.Endpoints;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Fairlead.Commands;

/// <summary>Where a tool prints: tables for people, JSON for programs, errors beside both.</summary>
internal sealed class CommandConsole
{
    /// <summary>Where nobody says how wide the output is, lines are for a program or a log.</summary>
    private const int RedirectedWidth = 200;

    private readonly IAnsiConsole _console;
    private readonly bool _isTerminal;

    public CommandConsole(TextWriter output, TextWriter error)
    {
        (Out, Error) = (output, error);
        _isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        _console = _isTerminal
            ? AnsiConsole.Console
            : AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
        if (!_isTerminal) _console.Profile.Width = RedirectedWidth;
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Runs a command's action, and says what was wrong with its input.</summary>
    public static int Run(ParseResult parsed, Func<CommandConsole, int> action)
    {
        var console = Of(parsed);
        try
        {
            return action(console);
        }
        catch (InputException exception)
        {
            return console.Refuse(exception);
        }
    }

    /// <inheritdoc cref="Run"/>
    public static async Task<int> RunAsync(ParseResult parsed, Func<CommandConsole, Task<int>> action)
    {
        var console = Of(parsed);
        try
        {
            return await action(console);
        }
        catch (InputException exception)
        {
            return console.Refuse(exception);
        }
    }

    public void Write(IRenderable what) => _console.Write(what);

    /// <summary>A line; one for a program is never broken.</summary>
    public void Line(string text = "", Style? style = null)
    {
        if (_isTerminal) _console.Write(new Text(text + Environment.NewLine, style));
        else Out.WriteLine(text);
    }

    public void Json(Action<Utf8JsonWriter> write) => Out.WriteLine(Encoding.UTF8.GetString(JsonAnswer.Render(write).Span));

    private static CommandConsole Of(ParseResult parsed) => new(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

    private int Refuse(InputException exception)
    {
        Error.WriteLine(exception.IsComplete ? exception.Message : "fairlead: " + exception.Message);
        return ExitCodes.Configuration;
    }

    /// <summary>A table with the look of all of ours.</summary>
    public static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column)));
        return table;
    }
}

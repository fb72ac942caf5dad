using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Fairlead.Server.Tests.Commands;

/// <summary>The executable itself, in a process and a folder of its own.</summary>
internal sealed partial class FairleadProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FairleadProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    /// <summary>Starts <c>fairlead</c> with arguments in a folder. Nothing of the environment but what is given, and what a process needs.</summary>
    public static FairleadProcess Start(string folder, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "fairlead.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.ToList())
        {
            if (name is not ("PATH" or "HOME" or "TMPDIR" or "DOTNET_ROOT")) start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new FairleadProcess(Process.Start(start)!);
    }

    /// <summary>The address, once it says that it listens.</summary>
    public async Task<Uri> ListeningAsync()
    {
        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(_listening.Task, ended).WaitAsync(Patience) == ended && !_listening.Task.IsCompleted)
        {
            throw new InvalidOperationException($"fairlead ended with {_process.ExitCode}: {Errors}");
        }

        return await _listening.Task;
    }

    /// <summary>The exit code, once it has ended.</summary>
    public async Task<int> EndedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Waits until a text stands among the errors; the log goes there.</summary>
    public async Task LoggedAsync(string text)
    {
        var until = Stopwatch.GetTimestamp() + (long)(Patience.TotalSeconds * Stopwatch.Frequency);
        while (!Errors.Contains(text, StringComparison.Ordinal))
        {
            if (Stopwatch.GetTimestamp() > until) throw new TimeoutException($"Never logged: {text}. The log: {Errors}");
            await Task.Delay(10);
        }
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks it to stop.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.AppendLine(line);
        if (Listening().Match(line) is { Success: true } match) _listening.TrySetResult(new Uri(match.Groups[1].Value + "/"));
    }

    private static string Read(StringBuilder text)
    {
        lock (text) return text.ToString();
    }

    [GeneratedRegex(@"(?:Fairlead listens on|Gateway at) (http://[^\s;/]+)")]
    private static partial Regex Listening();
}

/// <summary>A folder that is gone with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fairlead-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Write(string name, string text)
    {
        // As an editor or a config map does it: the new content appears in one step.
        System.IO.File.WriteAllText(File(name + ".new"), text);
        System.IO.File.Move(File(name + ".new"), File(name), overwrite: true);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

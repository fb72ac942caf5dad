using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Bench.EndToEnd.Load;

namespace Fairlead.Bench.EndToEnd.Gateways;

/// <summary>A running gateway, pinned to the first core. Dispose ends it.</summary>
internal sealed class GatewayProcess : IDisposable
{
    private const double TicksPerSecond = 100; // USER_HZ, the unit of /proc/PID/stat on every Linux

    /// <summary>".NET Tiered Compilation Worker", as far as the kernel keeps names.</summary>
    private const string CompilerThread = ".NET Tiered Com";

    private static readonly Lock Gate = new();
    private static readonly HashSet<GatewayProcess> Running = [];

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly Task<string> _errors;

    private GatewayProcess(Candidate candidate, Process process, IPEndPoint endPoint, DirectoryInfo folder)
    {
        Candidate = candidate;
        _process = process;
        EndPoint = endPoint;
        _folder = folder;
        _errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        lock (Gate) Running.Add(this);
    }

    /// <summary>What runs.</summary>
    public Candidate Candidate { get; }

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>From the start of the process to the end of the first answer through it.</summary>
    public TimeSpan TimeToFirstAnswer { get; private set; }

    /// <summary>CPU time so far, of all its threads, in user and kernel. Counted in steps of 10 ms.</summary>
    public TimeSpan CpuTime => ReadCpuTime(InProc("stat"));

    /// <summary>
    /// CPU time so far of the thread on which the runtime compiles code anew once it is in use; zero while there is none, for it
    /// ends when it has had nothing to do for some seconds.
    /// </summary>
    public TimeSpan CompilerTime
    {
        get
        {
            var time = TimeSpan.Zero;
            foreach (var task in Directory.EnumerateDirectories(InProc("task")))
            {
                try
                {
                    if (File.ReadAllText(Path.Combine(task, "comm")).TrimEnd() == CompilerThread) time += ReadCpuTime(Path.Combine(task, "stat"));
                }
                catch (IOException)
                {
                    // the thread has ended
                }
            }

            return time;
        }
    }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => StatusBytes("VmRSS:");

    /// <summary>The most resident memory it ever had, in bytes.</summary>
    public long PeakBytes => StatusBytes("VmHWM:");

    /// <summary>Starts a candidate and waits for the first right answer through it.</summary>
    /// <param name="candidate">What to start.</param>
    /// <param name="upstream">What it is to stand in front of.</param>
    /// <param name="request">What the first answer is asked with.</param>
    public static async Task<GatewayProcess> StartAsync(Candidate candidate, IPEndPoint upstream, PreparedRequest request)
    {
        var folder = Directory.CreateTempSubdirectory("fairlead-bench-");
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        var launch = candidate.Prepare(endPoint.Port, upstream, folder.FullName);
        var start = new ProcessStartInfo("taskset") { WorkingDirectory = folder.FullName, RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments = ["-c", "0", candidate.Executable, .. launch.Arguments];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // A candidate runs as it ships: settings of the runtime that are meant for this process are not its own.
        foreach (var name in start.Environment.Keys.Where(IsRuntimeSetting).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in launch.Environment) start.Environment[name] = value;

        var started = Stopwatch.GetTimestamp();
        var gateway = new GatewayProcess(candidate, Process.Start(start)!, endPoint, folder);
        try
        {
            await gateway.WaitForAnswerAsync(request, started);
            return gateway;
        }
        catch
        {
            gateway.Dispose();
            throw;
        }
    }

    /// <summary>Ends every gateway that still runs: for the ways out that pass by <see cref="Dispose"/>.</summary>
    public static void EndAll()
    {
        GatewayProcess[] running;
        lock (Gate) running = [.. Running];
        foreach (var gateway in running) gateway.Dispose();
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (!Running.Remove(this)) return;
        }

        try
        {
            _process.Kill();
            _process.WaitForExit(5000);
        }
        catch (InvalidOperationException)
        {
            // ended already
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static bool IsRuntimeSetting(string name) =>
        (name.StartsWith("DOTNET_", StringComparison.Ordinal) && !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal))
        || name.StartsWith("COMPlus_", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static TimeSpan ReadCpuTime(string statFile)
    {
        var stat = File.ReadAllText(statFile);
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // the name before may hold anything; then state is field 3, utime 14, stime 15
        return TimeSpan.FromSeconds((Number(fields[11]) + Number(fields[12])) / TicksPerSecond);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private async Task WaitForAnswerAsync(PreparedRequest request, long started)
    {
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException($"{Candidate.Name} ended with {_process.ExitCode}: {(await _errors).Trim()}");
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > 30) throw new TimeoutException($"{Candidate.Name} did not listen within 30 s.");
            try
            {
                using var connection = await ClientConnection.OpenAsync(EndPoint);
                var answer = await connection.SendAsync(request.Bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                if (answer.Status != 200) throw new InvalidOperationException($"{Candidate.Name} answered its first request with {answer.Status}.");
                TimeToFirstAnswer = Stopwatch.GetElapsedTime(started);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(1);
            }
        }
    }

    private string InProc(string file) => $"/proc/{_process.Id}/{file}";

    private long StatusBytes(string name)
    {
        var line = File.ReadLines(InProc("status")).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}

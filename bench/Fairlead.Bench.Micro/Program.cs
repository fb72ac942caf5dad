using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// In this process: BenchmarkDotNet's own builds do not know the artifacts folder. usage: Fairlead.Bench.Micro [--filter '*Peek*'] [--job short]
var isShort = args is [.., "--job", "short"];
var job = (isShort ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(isShort ? args[..^2] : args, DefaultConfig.Instance.AddJob(job));

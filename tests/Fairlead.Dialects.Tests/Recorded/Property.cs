using CsCheck;
using Fairlead.Tests;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>
/// Properties over generated cases: the same cases in every run, so that a red test stays red; with <c>FAIRLEAD_LARGE=1</c>
/// also fresh ones, whose seed CsCheck prints.
/// </summary>
internal static class Property
{
    public static void Check<T>(Gen<T> gen, int count, Action<T> check, Func<T, string>? print = null)
    {
        for (var i = 0; i < count; i++)
        {
            var value = gen.Generate(new PCG(7, (ulong)i * 7919 + 1), null, out _);
            try
            {
                check(value);
            }
            catch (Exception exception)
            {
                Assert.Fail($"case {i}: {print?.Invoke(value) ?? value?.ToString()}\n{exception}");
            }
        }

        if (SharedFolder.IsLarge) gen.Sample(check, iter: 50L * count, threads: 1, print: print);
    }
}

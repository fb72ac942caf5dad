using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Numbers signals by their source; refuses an empty list, as a real one would refuse a bad argument.</summary>
internal sealed class NumberedSignals : ICelSignals
{
    public List<CelSignalCall> Calls { get; } = [];

    public int Register(CelSignalCall call)
    {
        if (call.Argument is { Kind: CelKind.List, Count: 0 }) throw new FormatException("the list is empty");
        var known = Calls.FindIndex(one => one.Receiver == call.Receiver && one.Method == call.Method && one.Argument == call.Argument);
        if (known >= 0) return known;
        Calls.Add(call);
        return Calls.Count - 1;
    }
}

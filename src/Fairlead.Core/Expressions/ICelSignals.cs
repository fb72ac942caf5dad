namespace Fairlead.Core.Expressions;

/// <summary>A call of a declared signal, as in <c>prompt.mentions(["a"])</c>.</summary>
/// <param name="Receiver">What stands before the dot.</param>
/// <param name="Method">The method.</param>
/// <param name="Argument">The literal argument, of the declared type.</param>
/// <param name="Source">The call as it is written.</param>
public sealed record CelSignalCall(string Receiver, string Method, CelValue Argument, string Source);

/// <summary>Gives the signals that expressions ask for their numbers.</summary>
public interface ICelSignals
{
    /// <summary>The number of this signal: the same for the same receiver, method and argument.</summary>
    /// <exception cref="FormatException">The argument is not one; the message becomes an error at its position.</exception>
    int Register(CelSignalCall call);
}

namespace Fairlead.Core.Expressions;

/// <summary>
/// Where an expression reads its leaves and signals, by their numbers. Called during <see cref="CelExpression.Evaluate"/>, at most as
/// often as the expression names them (oftener within a macro).
/// </summary>
public interface ICelInputs
{
    /// <summary>The value of a leaf, of its declared type; or unknown, or an error.</summary>
    CelValue Read(int leaf);

    /// <summary>Whether a signal is there: a bool, or unknown, or an error.</summary>
    CelValue Signal(int signal);
}

namespace Fairlead.Core.Expressions;

/// <summary>How a test came out.</summary>
internal enum CelTruth : byte
{
    False,
    True,

    /// <summary>The message is in the frame.</summary>
    Error,
    Unknown,
}

/// <summary>One evaluation: its inputs, the variables of its macros, and what it may still spend.</summary>
internal ref struct CelFrame
{
    /// <summary>Steps of one evaluation: turns of macros, members compared, blocks of text copied.</summary>
    public const int MostSteps = 100_000;

    public const string OutOfSteps = "the evaluation takes more than 100000 steps";

    public readonly ICelInputs Inputs;

    /// <summary>Variables of macros by slot; null when the expression has none.</summary>
    public readonly CelValue[]? Locals;

    /// <summary>Steps left; below zero the evaluation is an error.</summary>
    public int Steps;

    /// <summary>Why the last test was an error.</summary>
    public string? Error;

    public CelFrame(ICelInputs inputs, int locals)
    {
        Inputs = inputs;
        Locals = locals == 0 ? null : new CelValue[locals];
        Steps = MostSteps;
    }

    /// <summary>Takes steps; false when there are none left.</summary>
    public bool Spend(int steps)
    {
        Steps -= steps;
        return Steps >= 0;
    }

    public CelTruth Fail(string message)
    {
        Error = message;
        return CelTruth.Error;
    }

    /// <summary>A value where a bool is due.</summary>
    public CelTruth Test(in CelValue value) => value.Kind switch
    {
        CelKind.Bool => value.Bits != 0 ? CelTruth.True : CelTruth.False,
        CelKind.Unknown => CelTruth.Unknown,
        CelKind.Error => Fail(value.AsString),
        _ => Fail($"a bool is due, not {CelType.NameOf(value)}"),
    };

    public readonly CelValue Value(CelTruth truth) => truth switch
    {
        CelTruth.False => CelValue.Of(false),
        CelTruth.True => CelValue.Of(true),
        CelTruth.Error => CelValue.Error(Error ?? "the evaluation failed"),
        _ => CelValue.Unknown,
    };
}

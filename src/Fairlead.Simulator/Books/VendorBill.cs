namespace Fairlead.Simulator.Books;

/// <summary>What the vendor has charged so far, by its own arithmetic. Safe for any number of threads.</summary>
/// <remarks>
/// A request costs its input tokens times the input price plus its output tokens times the output price, divided once by a
/// million and rounded half-even to nano-dollars. It is charged before its last byte goes out, so that whoever has seen the end of
/// an answer finds it here.
/// </remarks>
public sealed class VendorBill
{
    private readonly Lock _gate = new();
    private readonly SimulatedVendorOptions _options;
    private (long Total, long Requests, long InputTokens, long OutputTokens) _sums;

    internal VendorBill(SimulatedVendorOptions options) => _options = options;

    /// <summary>The sum of all charges, in nano-dollars.</summary>
    public long Total => Sums.Total;

    /// <summary>How many requests were charged; one of zero nano-dollars counts too.</summary>
    public long Requests => Sums.Requests;

    /// <summary>All prompt tokens charged.</summary>
    public long InputTokens => Sums.InputTokens;

    /// <summary>All answer tokens charged.</summary>
    public long OutputTokens => Sums.OutputTokens;

    internal (long Total, long Requests, long InputTokens, long OutputTokens) Sums
    {
        get
        {
            lock (_gate) return _sums;
        }
    }

    /// <summary>Adds one request and returns its charge in nano-dollars.</summary>
    internal long Charge(string model, int inputTokens, int outputTokens)
    {
        var (input, output) = _options.ModelPrices.TryGetValue(model, out var own) ? own : (_options.InputNanoDollarsPerMillionTokens, _options.OutputNanoDollarsPerMillionTokens);
        var charge = Round((Int128)inputTokens * input + (Int128)outputTokens * output);
        lock (_gate) _sums = (checked(_sums.Total + charge), _sums.Requests + 1, _sums.InputTokens + inputTokens, _sums.OutputTokens + outputTokens);
        return charge;
    }

    private static long Round(Int128 millionths)
    {
        var (whole, rest) = Int128.DivRem(millionths, 1_000_000);
        if (rest > 500_000 || (rest == 500_000 && Int128.IsOddInteger(whole))) whole++;
        return checked((long)whole);
    }
}

namespace Fairlead.Simulator;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>
    /// The inverse of the cumulative distribution: rational approximation 26.2.23 of Abramowitz and Stegun as a first guess,
    /// then Newton steps on the tail, whose complementary error function is integrated by its continued fraction or series.
    /// </summary>
    public static double Quantile(double share)
    {
        if (share == 0.5) return 0;
        if (share > 0.5) return -Quantile(1 - share);
        var t = Math.Sqrt(-2 * Math.Log(share));
        var x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
        for (var step = 0; step < 3; step++)
        {
            var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
            x -= (Lower(x) - share) / density;
        }

        return x;
    }

    /// <summary>The share of draws below <paramref name="x"/>, for x not above zero.</summary>
    private static double Lower(double x)
    {
        var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (x > -3)
        {
            var term = x;
            var sum = x;
            for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++) sum += term *= x * x / (2 * n + 1);
            return 0.5 + density * sum;
        }

        var fraction = 0.0;
        for (var n = 60; n >= 1; n--) fraction = n / (-x + fraction);
        return density / (-x + fraction);
    }
}

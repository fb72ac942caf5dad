using Fairlead.Core.Configuration;
using Fairlead.Core.Health;

namespace Fairlead.Core.Routing;

/// <summary>What is asked before something is sent: which key may be used, and whether a target may be tried again.</summary>
public interface ISendGate
{
    /// <summary>The key to send with; -1 when there is none that may be used.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="tried">One bit for each key that this request has tried.</param>
    /// <param name="refusal">Why there is none; null when there is, or when all were tried.</param>
    int ChooseKey(Target target, ulong tried, out SendRefusal? refusal);

    /// <summary>Takes one of the retries that a target may be sent; false when there is none.</summary>
    bool TryRetry(Target target);

    /// <summary>Whether a route none of whose targets may be sent to may try one now.</summary>
    /// <param name="route">Its name, or that of a pinned target.</param>
    bool TryPanic(string route);
}

/// <summary>Lets everything through, with the first key: where nothing is sent.</summary>
public sealed class OpenGate : ISendGate
{
    /// <summary>The only one there need be.</summary>
    public static OpenGate Instance { get; } = new();

    /// <inheritdoc />
    public int ChooseKey(Target target, ulong tried, out SendRefusal? refusal)
    {
        refusal = null;
        for (var key = 0; key < Math.Max(1, target.Provider.Keys.Length); key++)
        {
            if ((tried & (1UL << key)) == 0) return key;
        }

        return -1;
    }

    /// <inheritdoc />
    public bool TryRetry(Target target) => true;

    /// <inheritdoc />
    public bool TryPanic(string route) => true;
}

/// <summary>The gate of what really is sent. Safe for any number of threads.</summary>
/// <param name="health">How targets stand.</param>
/// <param name="keys">How keys stand.</param>
public sealed class SendGate(HealthBoard health, KeyBoard keys) : ISendGate
{
    /// <inheritdoc />
    public int ChooseKey(Target target, ulong tried, out SendRefusal? refusal) => keys.Choose(target, tried, out refusal);

    /// <inheritdoc />
    public bool TryRetry(Target target) => health.TryRetry(target);

    /// <inheritdoc />
    public bool TryPanic(string route) => health.TryPanic(route);
}

using System.Collections.Concurrent;
using Fairlead.Core.Configuration;

namespace Fairlead.Pipeline;

/// <summary>
/// Live state of providers, by name, over reloads: which key worked last, so that a request does not start with one that was
/// just refused. Safe for any number of threads.
/// </summary>
internal sealed class ProviderStates
{
    private readonly ConcurrentDictionary<string, StrongBox> _firstKey = new(StringComparer.Ordinal);

    public int FirstKey(Provider provider) =>
        provider.Keys.Length > 1 && _firstKey.TryGetValue(provider.Name, out var box) ? Volatile.Read(ref box.Index) % provider.Keys.Length : 0;

    /// <summary>Keeps that this key answered.</summary>
    public void KeyWorked(Provider provider, int keyIndex)
    {
        if (provider.Keys.Length > 1) Volatile.Write(ref _firstKey.GetOrAdd(provider.Name, static _ => new StrongBox()).Index, keyIndex);
    }

    private sealed class StrongBox
    {
        public int Index;
    }
}

namespace Fairlead.Simulator.Quotas;

/// <summary>The accounts of every key and model that have asked. Safe for any number of threads.</summary>
internal sealed class QuotaBook(IReadOnlyList<SimulatedQuota> quotas, TimeProvider time)
{
    // Keys and models come from outside: so many are told apart, and no more.
    private const int MaxAccounts = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Line, string Key, string Model), QuotaAccount> _accounts = [];
    private readonly Dictionary<(int Line, string Key), CreditAccount> _credits = [];

    /// <summary>The account a request is held to; null when no quota matches it.</summary>
    public QuotaAccount? Find(string? key, string model)
    {
        for (var line = 0; line < quotas.Count; line++)
        {
            if (quotas[line].IsFor(key, model)) return Find(line, key ?? "", model);
        }

        return null;
    }

    private QuotaAccount Find(int line, string key, string model)
    {
        lock (_gate)
        {
            if (_accounts.TryGetValue((line, key, model), out var known)) return known;
            if (_accounts.Count >= MaxAccounts)
            {
                foreach (var (name, account) in _accounts)
                {
                    if (account.IsUntouched) _accounts.Remove(name);
                }

                // Past the bound newcomers share one account: fewer requests then, never more.
                if (_accounts.Count >= MaxAccounts) (key, model) = ("", "");
                if (_accounts.TryGetValue((line, key, model), out known)) return known;
            }

            var opened = new QuotaAccount(quotas[line].Limits, Credit(line, key), time);
            _accounts[(line, key, model)] = opened;
            return opened;
        }
    }

    private CreditAccount? Credit(int line, string key)
    {
        if (quotas[line].CreditNanoDollars is not { } credit) return null;
        if (_credits.TryGetValue((line, key), out var known)) return known;
        if (_credits.Count >= MaxAccounts) key = "";
        if (_credits.TryGetValue((line, key), out known)) return known;
        return _credits[(line, key)] = new CreditAccount(credit);
    }
}

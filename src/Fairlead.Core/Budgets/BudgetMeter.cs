using System.Collections.Concurrent;

namespace Fairlead.Core.Budgets;

/// <summary>
/// A budget with its accounts. Accounts outlive a definition whose amounts change: they belong to what is counted. Safe for any number of
/// threads.
/// </summary>
internal sealed class BudgetMeter
{
    /// <summary>The account of all that come when there are too many: names may be claimed by callers.</summary>
    public const string Others = "*";

    private const int MostAccounts = 100_000;

    /// <summary>Spans that are kept: this one, the one before it for requests that run over its end, and one that a clock which was ahead has begun.</summary>
    private const int MostPages = 3;

    private readonly Book _book;

    public BudgetMeter(Budget budget) => (Budget, _book) = (budget, new Book());

    private BudgetMeter(Budget budget, Book book) => (Budget, _book) = (budget, book);

    public Budget Budget { get; }

    /// <summary>The accounts of the span at a time that have been used, or were restored.</summary>
    public IReadOnlyCollection<BudgetAccount> AccountsAt(DateTimeOffset now) => [.. PageAt(now).Accounts.Values];

    /// <summary>Another definition of what is counted here, over the same accounts.</summary>
    public BudgetMeter With(Budget budget) => new(budget, _book);

    /// <summary>Whether two meters count into the same accounts.</summary>
    public bool IsSameAs(BudgetMeter other) => ReferenceEquals(_book, other._book);

    /// <summary>The name of the account of a request.</summary>
    public string NameOf(in BudgetSubject subject) => Budget.Each is { } each ? subject.HolderOf(each) : "";

    /// <summary>The account of a request that was accepted at a time: also in the span before, for one that has run over its end.</summary>
    public BudgetAccount AccountOf(in BudgetSubject subject, DateTimeOffset acceptedAt) => Account(NameOf(subject), acceptedAt);

    /// <summary>The account of a name.</summary>
    public BudgetAccount Account(string name, DateTimeOffset acceptedAt)
    {
        var page = PageAt(acceptedAt);
        if (page.Accounts.TryGetValue(name, out var account)) return account;
        if (page.Accounts.Count >= MostAccounts && !Budget.HasOwnLimit(name)) name = Others;
        return page.Accounts.GetOrAdd(name, static (name, span) => new BudgetAccount(name, span), page.Span);
    }

    /// <summary>The account of a name as far as there is one: who is only looked at must not use up the accounts that there may be.</summary>
    public BudgetAccount? Find(string name, DateTimeOffset acceptedAt)
    {
        var page = PageAt(acceptedAt);
        if (page.Accounts.TryGetValue(name, out var account)) return account;
        return page.Accounts.Count >= MostAccounts && !Budget.HasOwnLimit(name) ? page.Accounts.GetValueOrDefault(Others) : null;
    }

    /// <summary>Holds an amount if it fits; what only tells has room for everything.</summary>
    public bool TryReserve(BudgetAccount account, long amount)
    {
        if (Budget.Blocks is not null) return account.TryReserve(amount, BlockingLimitOf(account.Name));
        account.Reserve(amount);
        return true;
    }

    /// <summary>Where the budget blocks an account; what does not block has no end.</summary>
    public long BlockingLimitOf(string account) => Budget.Blocks is { } blocks ? blocks.Of(Budget.LimitOf(account)) : long.MaxValue;

    /// <summary>
    /// The page of the span at a time. One that began after another was known is opened; of a time before all that are known the first goes on counting:
    /// a clock that is set back opens no span that has ended.
    /// </summary>
    private Page PageAt(DateTimeOffset at)
    {
        while (true)
        {
            var pages = _book.Pages;
            for (var i = pages.Length - 1; i >= 0; i--)
            {
                if (pages[i].Span.Contains(at)) return pages[i];
            }

            if (pages.Length > 0 && at < pages[0].Span.Start) return pages[0];
            var next = new Page(BudgetSpan.Of(at, Budget.Per, Budget.Zone));
            Page[] known = [.. pages.Append(next).OrderBy(page => page.Span.Start).TakeLast(MostPages)];
            if (ReferenceEquals(Interlocked.CompareExchange(ref _book.Pages, known, pages), pages)) return next;
        }
    }

    private sealed class Book
    {
        public Page[] Pages = []; // in their order; replaced as a whole
    }

    private sealed class Page(BudgetSpan span)
    {
        public BudgetSpan Span => span;

        public ConcurrentDictionary<string, BudgetAccount> Accounts { get; } = new(StringComparer.Ordinal);
    }
}

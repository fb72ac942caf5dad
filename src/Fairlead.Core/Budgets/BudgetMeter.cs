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

    private readonly Book _book;

    public BudgetMeter(Budget budget) => (Budget, _book) = (budget, new Book());

    private BudgetMeter(Budget budget, Book book) => (Budget, _book) = (budget, book);

    public Budget Budget { get; }

    /// <summary>The accounts of the current span that have been used, or were restored.</summary>
    public IReadOnlyCollection<BudgetAccount> Accounts => [.. (_book.Page?.Accounts.Values ?? [])];

    /// <summary>Another definition of what is counted here, over the same accounts.</summary>
    public BudgetMeter With(Budget budget) => new(budget, _book);

    /// <summary>Whether two meters count into the same accounts.</summary>
    public bool IsSameAs(BudgetMeter other) => ReferenceEquals(_book, other._book);

    /// <summary>
    /// The account of a request that was accepted at a time. A clock that is set back does not open a span that has ended: the one
    /// that began last goes on counting.
    /// </summary>
    public BudgetAccount AccountOf(in BudgetSubject subject, DateTimeOffset acceptedAt) =>
        Account(Budget.Each is { } each ? subject.Of(each) ?? "" : "", acceptedAt);

    /// <summary>The account of a name.</summary>
    public BudgetAccount Account(string name, DateTimeOffset acceptedAt)
    {
        var page = PageAt(acceptedAt);
        if (page.Accounts.TryGetValue(name, out var account)) return account;
        if (page.Accounts.Count >= MostAccounts && !Budget.Overrides.ContainsKey(name)) name = Others;
        return page.Accounts.GetOrAdd(name, static (name, span) => new BudgetAccount(name, span), page.Span);
    }

    /// <summary>What is left of the budget for an account before it blocks; what it does not block it has no end of.</summary>
    public long BlockingLimitOf(BudgetAccount account) => Budget.Blocks is { } blocks ? blocks.Of(Budget.LimitOf(account.Name)) : long.MaxValue;

    private Page PageAt(DateTimeOffset at)
    {
        var page = _book.Page;
        if (page is not null && at < page.Span.End) return page;
        var next = new Page(BudgetSpan.Of(at, Budget.Per, Budget.Zone));
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref _book.Page, next, page);
            if (ReferenceEquals(seen, page)) return next;
            page = seen;
            if (at < page!.Span.End) return page;
        }
    }

    private sealed class Book
    {
        public Page? Page;
    }

    private sealed class Page(BudgetSpan span)
    {
        public BudgetSpan Span => span;

        public ConcurrentDictionary<string, BudgetAccount> Accounts { get; } = new(StringComparer.Ordinal);
    }
}

using Fairlead.Core.Requests;

namespace Fairlead.Core.Budgets;

/// <summary>What budgets and limits may be told apart by, of one request or one of its attempts.</summary>
/// <param name="Caller">Who asks.</param>
public readonly record struct BudgetSubject(Caller Caller)
{
    /// <summary>The end user as the ledger knows them, a pseudonym; null where the request names none.</summary>
    public string? User { get; init; }

    /// <summary>The workload; empty when unknown.</summary>
    public string Workload { get; init; } = "";

    /// <summary>The route; null before it is known, and for a pinned target.</summary>
    public string? Route { get; init; }

    /// <summary>The provider of the attempt; null before it is known.</summary>
    public string? Provider { get; init; }

    /// <summary>The target of the attempt; null before it is known.</summary>
    public string? Target { get; init; }

    /// <summary>Its value in a dimension; null where it has none.</summary>
    public string? Of(BudgetDimension dimension) => dimension switch
    {
        BudgetDimension.Tenant => Caller.Tenant,
        BudgetDimension.Team => Caller.Team,
        BudgetDimension.Feature => Caller.Feature,
        BudgetDimension.User => User,
        BudgetDimension.Key => Caller.Key,
        BudgetDimension.Environment => Caller.Environment,
        BudgetDimension.Workload => Workload.Length == 0 ? null : Workload,
        BudgetDimension.Route => Route,
        BudgetDimension.Provider => Provider,
        _ => Target,
    };

    /// <summary>
    /// What it is kept apart by in a dimension: its value, with the tenant's name before that of a team, a feature or a user, for these are the tenant's own and
    /// say nothing of another's.
    /// </summary>
    public string HolderOf(BudgetDimension dimension)
    {
        var value = Of(dimension) ?? "";
        return IsTenants(dimension) ? $"{Caller.Tenant}/{value}" : value;
    }

    /// <summary>Whether values of a dimension are each tenant's own.</summary>
    public static bool IsTenants(BudgetDimension dimension) => dimension is BudgetDimension.Team or BudgetDimension.Feature or BudgetDimension.User;

    /// <summary>The value in the name of a holder.</summary>
    public static string ValueOf(BudgetDimension dimension, string holder) => IsTenants(dimension) ? holder[(holder.IndexOf('/', StringComparison.Ordinal) + 1)..] : holder;

    /// <summary>Whether it is in a scope.</summary>
    public bool IsIn(Budget budget)
    {
        foreach (var scope in budget.Scope)
        {
            if (Of(scope.Dimension) is not { } value || scope.Values.AsSpan().BinarySearch(value, StringComparer.Ordinal) < 0) return false;
        }

        return true;
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>One validation: where it stands, what it may still cost, what it has found. Not safe for several threads.</summary>
internal sealed class ValidationRun(long steps, SchemaResource root)
{
    /// <summary>How many failures are told.</summary>
    public const int MostFailures = 5;

    /// <summary>How many schemas may be asked within each other: more than any schema and value that may be this deep need, unless a reference goes round.</summary>
    private const int MostDepth = 512;

    private const int MostPointerCharacters = 256;

    private readonly List<SchemaFailure> _failures = [];
    private readonly List<SchemaResource> _scope = [root];
    private readonly List<Step> _path = [];
    private long _stepsLeft = steps;
    private int _depth;
    private int _trials;

    private readonly record struct Step(string? Member, int Item);

    /// <summary>Set once the validation is given up: no answer of it counts then.</summary>
    public bool IsTooCostly { get; private set; }

    /// <summary>Whether a further failure is worth looking for.</summary>
    public bool Collects => _trials == 0 && !IsTooCostly && _failures.Count < MostFailures;

    /// <summary>What was found out; asked at the end.</summary>
    public SchemaVerdict Verdict(bool isValid)
    {
        if (IsTooCostly) return SchemaVerdict.TooCostly;
        return isValid ? SchemaVerdict.Valid : new SchemaVerdict(SchemaOutcome.Invalid, _failures);
    }

    /// <summary>Takes steps; false when there are none left.</summary>
    public bool Spend(long steps)
    {
        if ((_stepsLeft -= steps) < 0) IsTooCostly = true;
        return !IsTooCostly;
    }

    /// <summary>Tells a failure of the value that is looked at, unless it is only tried; always false.</summary>
    public bool Fail(string keyword, string message)
    {
        if (Collects) _failures.Add(new SchemaFailure(Pointer(), keyword, message));
        return false;
    }

    /// <summary>Whether a value meets a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="seen">Takes what the schema has seen, if it is met; null where nobody asks, or for a member or item of what is asked for.</param>
    /// <param name="by">The keyword that asks, for a schema that nothing meets.</param>
    public bool Holds(SchemaNode schema, JsonElement value, Seen? seen, string by)
    {
        if (!Spend(1)) return false;
        if (schema.Always is { } always) return always || Fail(by, "is not allowed here");
        if (_depth == MostDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            IsTooCostly = true;
            return false;
        }

        _depth++;
        var isOtherResource = !ReferenceEquals(_scope[^1], schema.Resource);
        if (isOtherResource) _scope.Add(schema.Resource);
        var own = seen is not null || schema.AsksWhatWasSeen ? new Seen() : null;
        var isMet = true;
        foreach (var keyword in schema.Keywords)
        {
            if (!isMet && keyword.AsksWhatWasSeen) break;
            if (keyword.Holds(this, value, own)) continue;
            isMet = false;
            if (!Collects) break;
        }

        if (isOtherResource) _scope.RemoveAt(_scope.Count - 1);
        _depth--;
        if (isMet && own is not null) seen?.Add(own);
        return isMet;
    }

    /// <summary>The same for a schema that need not be met: no failure is told.</summary>
    public bool Tries(SchemaNode schema, JsonElement value, Seen? seen)
    {
        _trials++;
        var isMet = Holds(schema, value, seen, "");
        _trials--;
        return isMet;
    }

    /// <summary>Whether a member of the value that is looked at meets a schema.</summary>
    public bool MemberHolds(SchemaNode schema, string name, JsonElement value, string by) => WithinHolds(schema, new Step(name, 0), value, by);

    /// <summary>Whether an item of the value that is looked at meets a schema.</summary>
    public bool ItemHolds(SchemaNode schema, int index, JsonElement value, string by) => WithinHolds(schema, new Step(null, index), value, by);

    /// <summary>The outermost schema with a dynamic anchor of that name, of all resources on the way here; null for none.</summary>
    public SchemaNode? FindDynamic(string anchor)
    {
        foreach (var resource in _scope)
        {
            if (!Spend(1)) return null;
            if (resource.DynamicAnchors.TryGetValue(anchor, out var found)) return found;
        }

        return null;
    }

    private bool WithinHolds(SchemaNode schema, Step step, JsonElement value, string by)
    {
        _path.Add(step);
        var isMet = Holds(schema, value, null, by);
        _path.RemoveAt(_path.Count - 1);
        return isMet;
    }

    private string Pointer()
    {
        var pointer = new StringBuilder();
        foreach (var step in _path)
        {
            pointer.Append('/');
            if (step.Member is null) pointer.Append(CultureInfo.InvariantCulture, $"{step.Item}");
            else pointer.Append(step.Member.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            if (pointer.Length > MostPointerCharacters) return pointer.ToString(0, MostPointerCharacters);
        }

        return pointer.ToString();
    }
}

using System.Collections.Frozen;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary><c>properties</c>, <c>patternProperties</c> and <c>additionalProperties</c>, which is for what the other two leave over.</summary>
/// <param name="named">Schemas by name.</param>
/// <param name="patterns">Schemas by pattern.</param>
/// <param name="others">For all other members; null where nothing is said of them.</param>
internal sealed class MembersKeyword(FrozenDictionary<string, SchemaNode> named, (SchemaPattern Pattern, SchemaNode Schema)[] patterns, SchemaNode? others) : Keyword("properties")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var isMet = true;
        foreach (var member in value.EnumerateObject())
        {
            if (!run.Spend(1)) return false;
            var name = member.Name;
            var isOther = true;
            if (named.TryGetValue(name, out var schema))
            {
                isOther = false;
                isMet &= run.MemberHolds(schema, name, member.Value, "properties");
            }

            foreach (var (pattern, ofPattern) in patterns)
            {
                if (!pattern.IsFoundIn(run, name)) continue;
                isOther = false;
                isMet &= run.MemberHolds(ofPattern, name, member.Value, "patternProperties");
            }

            if (isOther && others is not null) isMet &= run.MemberHolds(others, name, member.Value, "additionalProperties");
            if (!isOther || others is not null) seen?.Member(name);
            if (!isMet && !run.Collects) return false;
        }

        return isMet;
    }
}

/// <summary><c>propertyNames</c>.</summary>
internal sealed class NamesKeyword(SchemaNode schema) : Keyword("propertyNames")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (var member in value.EnumerateObject())
        {
            // A name is no value of the text; a schema asks values.
            using var name = JsonSerializedText.Of(member.Name);
            if (!run.Tries(schema, name.RootElement, null)) return run.Fail(Name, "has a member of a name that is not allowed");
        }

        return true;
    }
}

/// <summary><c>required</c>, and what <c>dependentRequired</c> asks for where a member is there.</summary>
/// <param name="name">Which of them.</param>
/// <param name="where">Only where this member is there; null for always.</param>
/// <param name="required">The members that must be there.</param>
internal sealed class RequiredKeyword(string name, string? where, string[] required) : Keyword(name)
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var there = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            if (!run.Spend(1)) return false;
            there.Add(member.Name);
        }

        if (where is not null && !there.Contains(where)) return true;
        if (!run.Spend(required.Length)) return false;
        var isMet = true;
        foreach (var one in required)
        {
            if (there.Contains(one)) continue;
            isMet = run.Fail(Name, $"lacks '{one}'");
            if (!run.Collects) break;
        }

        return isMet;
    }
}

/// <summary><c>minProperties</c> and <c>maxProperties</c>.</summary>
internal sealed class MemberCountKeyword(string name, long limit) : Keyword(name)
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var count = value.GetPropertyCount();
        return Name == "minProperties" ? count >= limit || run.Fail(Name, "has too few members") : count <= limit || run.Fail(Name, "has too many members");
    }
}

/// <summary><c>dependentSchemas</c>: a schema for the whole where a member is there.</summary>
internal sealed class DependentKeyword(string where, SchemaNode schema) : Keyword("dependentSchemas")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen) =>
        value.ValueKind != JsonValueKind.Object || !run.Spend(1) || !value.TryGetProperty(where, out _) || run.Holds(schema, value, seen, Name);
}

/// <summary><c>unevaluatedProperties</c>: for members that no other keyword has seen.</summary>
internal sealed class UnseenMembersKeyword(SchemaNode schema) : Keyword("unevaluatedProperties")
{
    public override bool AsksWhatWasSeen => true;

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var isMet = true;
        foreach (var member in value.EnumerateObject())
        {
            if (!run.Spend(1)) return false;
            if (seen!.HasMember(member.Name)) continue;
            isMet &= run.MemberHolds(schema, member.Name, member.Value, Name);
            if (!isMet && !run.Collects) return false;
        }

        seen!.AllMembers = true;
        return isMet;
    }
}

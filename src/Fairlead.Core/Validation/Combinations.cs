using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary><c>allOf</c>.</summary>
internal sealed class AllOfKeyword(SchemaNode[] schemas) : Keyword("allOf")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        var isMet = true;
        foreach (var schema in schemas)
        {
            isMet &= run.Holds(schema, value, seen, Name);
            if (!isMet && !run.Collects) return false;
        }

        return isMet;
    }
}

/// <summary><c>anyOf</c>.</summary>
internal sealed class AnyOfKeyword(SchemaNode[] schemas) : Keyword("anyOf")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        var isMet = false;
        foreach (var schema in schemas)
        {
            if (run.IsTooCostly) return false;
            isMet |= run.Tries(schema, value, seen);
            if (isMet && seen is null) return true; // what the others would have seen matters only where it is asked for
        }

        return isMet || run.Fail(Name, "meets none of the schemas");
    }
}

/// <summary><c>oneOf</c>.</summary>
internal sealed class OneOfKeyword(SchemaNode[] schemas) : Keyword("oneOf")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        var met = 0;
        foreach (var schema in schemas)
        {
            if (run.IsTooCostly) return false;
            if (run.Tries(schema, value, seen) && ++met > 1) return run.Fail(Name, "meets more than one of the schemas");
        }

        return met == 1 || run.Fail(Name, "meets none of the schemas");
    }
}

/// <summary><c>not</c>.</summary>
internal sealed class NotKeyword(SchemaNode schema) : Keyword("not")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen) =>
        !run.Tries(schema, value, null) || run.Fail(Name, "meets the schema that it must not meet");
}

/// <summary><c>if</c>, <c>then</c>, <c>else</c>.</summary>
internal sealed class ConditionKeyword(SchemaNode condition, SchemaNode? then, SchemaNode? otherwise) : Keyword("if")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (run.Tries(condition, value, seen)) return then is null || run.Holds(then, value, seen, "then");
        return otherwise is null || run.Holds(otherwise, value, seen, "else");
    }
}

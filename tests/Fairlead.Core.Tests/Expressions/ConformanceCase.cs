using System.Globalization;
using System.Text.Json;
using Fairlead.Core.Expressions;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>One case of the standard's conformance files.</summary>
internal sealed class ConformanceCase
{
    private readonly JsonElement _json;

    private ConformanceCase(JsonElement json) => _json = json;

    public string Id => _json.GetProperty("id").GetString()!;

    /// <summary>The conformance file that it is from.</summary>
    public string File => Id[..Id.IndexOf('/', StringComparison.Ordinal)];

    public static IReadOnlyList<ConformanceCase> All()
    {
        SharedFolder.SkipIfAbsent();
        return [.. System.IO.File.ReadLines(Path.Combine(SharedFolder.Path, "cel", "conformance.jsonl")).Select(line => new ConformanceCase(JsonDocument.Parse(line).RootElement))];
    }

    /// <summary>What is wrong with the outcome; null when it is as the standard has it.</summary>
    public string? Problem()
    {
        var builder = new CelDeclarations.Builder();
        var inputs = new List<CelValue>();
        if (_json.TryGetProperty("bindings", out var bindings))
        {
            foreach (var binding in bindings.EnumerateObject())
            {
                var value = Value(binding.Value);
                builder.Variable(binding.Name, TypeOf(value));
                inputs.Add(value);
            }
        }

        var isError = _json.TryGetProperty("error", out _);
        var isChecked = !_json.TryGetProperty("disable_check", out _);
        if (!CelExpression.TryCompile(_json.GetProperty("expr").GetString()!, builder.Build(), new NumberedSignals(), CelType.Dyn, isChecked, out var expression, out var errors))
        {
            return isError ? null : $"does not compile: {errors[0].Message} at {errors[0].Offset}";
        }

        var result = expression.Evaluate(new FixedInputs([.. inputs]));
        if (isError) return result.Kind == CelKind.Error ? null : $"is {result}, not an error";
        var due = Value(_json.GetProperty("value"));
        return IsSame(due, result) ? null : $"is {result}, not {due}";
    }

    public override string ToString() => $"{Id} {_json.GetProperty("expr").GetRawText()}";

    /// <summary>Closer than CEL's own equality: 1 is not 1.0, NaN is NaN, and zero has a sign.</summary>
    private static bool IsSame(CelValue due, CelValue result)
    {
        if (due.Kind != result.Kind) return false;
        return due.Kind switch
        {
            CelKind.Double => BitConverter.DoubleToInt64Bits(due.AsDouble) == BitConverter.DoubleToInt64Bits(result.AsDouble) || (double.IsNaN(due.AsDouble) && double.IsNaN(result.AsDouble)),
            CelKind.List => due.Count == result.Count && Enumerable.Range(0, due.Count).All(i => IsSame(due[i], result[i])),
            CelKind.Map => due.Count == result.Count && due.Entries.All(entry => result.Entries.Any(other => IsSame(entry.Key, other.Key) && IsSame(entry.Value, other.Value))),
            _ => due == result,
        };
    }

    private static CelValue Value(JsonElement typed)
    {
        var member = typed.EnumerateObject().Single();
        var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "";
        return member.Name switch
        {
            "bool" => CelValue.Of(member.Value.GetBoolean()),
            "int" => CelValue.Of(long.Parse(text, CultureInfo.InvariantCulture)),
            "uint" => CelValue.OfUint(ulong.Parse(text, CultureInfo.InvariantCulture)),
            "double" => CelValue.Of(double.Parse(text, CultureInfo.InvariantCulture)),
            "string" => CelValue.Of(text),
            "bytes" => CelValue.OfBytes(Convert.FromBase64String(text)),
            "null" => CelValue.Null,
            "type" => CelValue.OfType(text),
            "list" => CelValue.OfList([.. member.Value.EnumerateArray().Select(Value)]),
            "map" => CelValue.OfMap(member.Value.EnumerateArray().Select(pair => KeyValuePair.Create(Value(pair[0]), Value(pair[1])))),
            _ => throw new InvalidOperationException($"No value is typed {member.Name}."),
        };
    }

    private static CelType TypeOf(CelValue value) => value.Kind switch
    {
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.Uint => CelType.Uint,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        CelKind.Null => CelType.Null,
        CelKind.List => CelType.List(CelType.Dyn),
        CelKind.Map => CelType.Map(CelType.Dyn, CelType.Dyn),
        _ => CelType.Dyn,
    };
}

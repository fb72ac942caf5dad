using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fairlead.Core.Configuration;
using Fairlead.Core.Expressions;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// What a <c>require</c> reads: a target, its provider, its health, the primary, and the request behind them. One object is moved from
/// target to target. Not safe for several threads.
/// </summary>
internal sealed class TargetInputs : ICelInputs
{
    private static readonly CelValue NoPrice = CelValue.Error("no price is known");
    private static readonly CelValue Forever = CelValue.Of(new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero));

    private static readonly ImmutableArray<Func<TargetInputs, CelValue>?> Readers = [.. PolicyVariables.All.Select(variable => ReaderOf(variable.Name))];

    private Target _target = null!;
    private TargetHealth? _measured;

    /// <summary>The request; null while the configuration is proved, when nothing of a request is known.</summary>
    public RequestInputs? Request { get; init; }

    /// <summary>The workload; empty when unknown.</summary>
    public required string Workload { get; init; }

    /// <summary>What was measured.</summary>
    public required HealthView Health { get; init; }

    /// <summary>The top of the route's first tier.</summary>
    public Target? Primary { get; set; }

    /// <summary>The target that is looked at.</summary>
    public Target Target
    {
        get => _target;
        set
        {
            _target = value;
            _measured = Health.Find(value.Name);
        }
    }

    private EffectiveHealth Effective => EffectiveHealth.Of(_measured, _target.Prior);

    public CelValue Read(int leaf) => Readers[leaf] is { } reader ? reader(this) : Request is { } request ? request.Read(leaf) : CelValue.Unknown;

    public CelValue Signal(int signal) => Request is { } request ? request.Signal(signal) : CelValue.Unknown;

    private static Func<TargetInputs, CelValue>? ReaderOf(string name)
    {
        var member = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return name[..^member.Length] switch
        {
            "target." => OfTarget(member) is { } read ? inputs => read(inputs.Target, inputs.Workload) : null,
            "primary." => OfTarget(member) is { } read ? inputs => inputs.Primary is { } primary ? read(primary, inputs.Workload) : CelValue.Error("the route has no primary") : null,
            "provider." => OfProvider(member),
            "health." => OfHealth(member),
            _ => null, // a request's
        };
    }

    private static Func<Target, string, CelValue>? OfTarget(string member) => member switch
    {
        "name" => static (target, _) => CelValue.Of(target.Name),
        "provider" => static (target, _) => CelValue.Of(target.Provider.Name),
        "model" => static (target, _) => CelValue.Of(target.Model),
        "family" => static (target, _) => CelValue.Of(target.Facts.Family ?? ""),
        "quality" => static (target, workload) => CelValue.Of(target.QualityFor(workload) ?? 0),
        "qualities" => static (target, _) => CelValue.Of((IReadOnlyDictionary<string, double>)target.Qualities),
        "context_window" => static (target, _) => CelValue.Of((long)(target.Facts.ContextWindow ?? 0)),
        "max_output" => static (target, _) => CelValue.Of((long)(target.Facts.MaxOutput ?? 0)),
        "json_schema" => static (target, _) => CelValue.Of(target.Facts.JsonSchema == true),
        "tools" => static (target, _) => CelValue.Of(target.Facts.Tools == true),
        "vision" => static (target, _) => CelValue.Of(target.Facts.Vision == true),
        "reasoning" => static (target, _) => CelValue.Of(target.Facts.Reasoning == true),
        "input_price" => static (target, _) => target.Price is { } price ? CelValue.Of(price.Input / 1e9) : NoPrice,
        "output_price" => static (target, _) => target.Price is { } price ? CelValue.Of(price.Output / 1e9) : NoPrice,
        "region" => static (target, _) => CelValue.Of(target.Provider.Region ?? ""),
        "retires" => static (target, _) => target.Facts.Retires is { } day ? CelValue.Of(new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)) : Forever,
        "tags" => static (target, _) => CelValue.Of(ImmutableCollectionsMarshal.AsArray(target.Tags)!),
        _ => null,
    };

    private static Func<TargetInputs, CelValue>? OfProvider(string member) => member switch
    {
        "name" => static inputs => CelValue.Of(inputs.Target.Provider.Name),
        "region" => static inputs => CelValue.Of(inputs.Target.Provider.Region ?? ""),
        "facts" => static inputs => CelValue.Of(ImmutableCollectionsMarshal.AsArray(inputs.Target.Provider.Facts)!),
        _ => null,
    };

    private static Func<TargetInputs, CelValue>? OfHealth(string member) => member switch
    {
        "p50_ms" => static inputs => Of(inputs.Effective.P50Ms),
        "p95_ms" => static inputs => Of(inputs.Effective.P95Ms),
        "p99_ms" => static inputs => Of(inputs.Effective.P99Ms),
        "success_rate" => static inputs => Of(inputs.Effective.SuccessRate),
        "retry_rate" => static inputs => Of(inputs.Effective.RetryRate),
        "schema_validity" => static inputs => Of(inputs.Effective.SchemaValidity),
        "tool_success" => static inputs => Of(inputs.Effective.ToolSuccess),
        "quota_left" => static inputs => Of(inputs.Effective.QuotaLeft),
        "state" => static inputs => CelValue.Of(HealthState.Of(inputs._measured)),
        "samples" => static inputs => CelValue.Of((long)inputs.Effective.Samples),
        _ => null,
    };

    private static CelValue Of(Figure figure) => figure.Value is { } value ? CelValue.Of(value) : CelValue.Unknown;
}

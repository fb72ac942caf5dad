namespace Fairlead.Server.Tests.Translation;

/// <summary>The one target of a half-replay, with the facts of the catalog that decide what it is sent. An unknown model has none.</summary>
internal sealed record TargetProfile(string Kind, string Model, int? LargestOutput, IReadOnlyList<string> Efforts, bool TakesBudget, bool TakesTemperature = true)
{
    private const int DefaultOutput = 8192;

    public static IReadOnlyList<TargetProfile> All { get; } =
    [
        new("anthropic", "a-model", null, [], false),
        new("anthropic", "claude-sonnet-4-5", 64000, [], true),
        new("anthropic", "claude-opus-4-8", 128000, ["low", "medium", "high", "xhigh", "max"], false, TakesTemperature: false),
        new("openai-compatible", "a-model", null, [], false),
        new("openai", "gpt-5-mini", 128000, ["minimal", "low", "medium", "high"], false, TakesTemperature: false),
    ];

    public bool IsAnthropic => Kind == "anthropic";

    public bool CanReason => Efforts.Count > 0 || TakesBudget;

    /// <summary>The dialect of its clients here: the one that it does not speak.</summary>
    public string ClientApi => IsAnthropic ? "openai.chat" : "anthropic.messages";

    public string VendorApi => IsAnthropic ? "anthropic.messages" : "openai.chat";

    public decimal OutputWhereUnsaid => LargestOutput ?? DefaultOutput;

    public override string ToString() => $"{Kind} {Model}";

    public static TargetProfile Of(string kind, string model) => All.Single(profile => profile.Kind == kind && profile.Model == model);
}

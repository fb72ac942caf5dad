using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>One thing that a turn says.</summary>
internal abstract record WirePart
{
    private WirePart()
    {
    }

    /// <summary>The mark that what stands up to here may be cached, as canonical JSON.</summary>
    public string? CacheMark { get; init; }

    /// <summary>The part as one line that is equal exactly when the parts are.</summary>
    public string Fact => Said + (CacheMark is null ? "" : " cached " + CacheMark);

    protected abstract string Said { get; }

    public sealed record Text(string Value) : WirePart
    {
        protected override string Said => "text " + Quote(Value);
    }

    public sealed record Image(string MediaType, string Data) : WirePart
    {
        protected override string Said => $"image {MediaType} {Data}";
    }

    public sealed record ImageAddress(string Url) : WirePart
    {
        protected override string Said => "image at " + Url;
    }

    public sealed record Document(string? Title, string MediaType, string Data) : WirePart
    {
        protected override string Said => $"document {Quote(Title)} {MediaType} {Data}";
    }

    /// <summary>A call; the arguments are null where their text is no JSON.</summary>
    public sealed record Call(string Id, string Name, JsonNode? Arguments) : WirePart
    {
        protected override string Said => $"call {Quote(Id)} {Name} {CanonicalJson.Of(Arguments)}";
    }

    public sealed record Result(string Id, string Value, bool IsError) : WirePart
    {
        protected override string Said => $"result {Quote(Id)} {Quote(Value)}{(IsError ? " error" : "")}";
    }

    /// <summary>A thought that its vendor signed; without a signature it is of no known origin.</summary>
    public sealed record Thought(string Value, string? Signature) : WirePart
    {
        protected override string Said => $"thought {Quote(Value)} {Signature}";
    }

    /// <summary>A thought that only its vendor can read.</summary>
    public sealed record SealedThought(string Data) : WirePart
    {
        protected override string Said => "sealed thought " + Data;
    }

    /// <summary>Something that the other dialect has no word for.</summary>
    public sealed record Other(string Type) : WirePart
    {
        protected override string Said => "other " + Type;
    }

    private static string Quote(string? text) => JsonSerializer.Serialize(text);
}

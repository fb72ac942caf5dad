using Fairlead.Core.Ledger;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Ledger;

/// <summary>What was sent is priced as what it was, whatever the names stand for by now.</summary>
public sealed class PricesInForceTests
{
    private const string Text = """
        providers:
          east: { kind: simulated }
          openai: { kind: openai, keys: ["env:OPENAI"] }
        targets:
          large: { provider: east, model: big, price: { input: 1, output: 2 } }
          deployed: { provider: east, model: big, deployment: big-7, price: { input: 3, output: 4 } }
          twin-a: { provider: east, model: twin, price: { input: 5, output: 6 } }
          twin-b: { provider: east, model: twin, price: { input: 7, output: 8 } }
          mini: { provider: openai, model: gpt-5-mini, price: { input: 9, output: 10 } }
        aliases: { gone: large, "openai/*": large }
        routes: [ { name: default, tiers: [ { use: [large, deployed, twin-a, twin-b, mini] } ] } ]
        """;

    [Theory]
    [InlineData("large", "east", "big", 1.0)]
    [InlineData("deployed", "east", "big-7", 3.0)]
    [InlineData("twin-b", "east", "twin", 7.0)]
    [InlineData("large", "openai", "gpt-4o", 2.5)]         // the name is another model's by now: the catalog knows what it was
    [InlineData("large", "east", "small", null)]           // nobody does
    [InlineData("large", "west", "big", null)]             // nor of a provider that is gone
    [InlineData("deployed", "east", "big", 1.0)]           // of the one target that is this still
    [InlineData("old", "openai", "gpt-5-mini", 9.0)]       // renamed: what the operator says of it, and not the list
    [InlineData("openai/gpt-4o", "openai", "gpt-4o", 2.5)] // as a client named it; not by the alias
    [InlineData("gone", "east", "small", null)]            // nor by this one
    [InlineData("old", "east", "twin", null)]              // which of the two was it?
    public void Of_WhatWasSent_IsThePriceOfThatModelAtThatProvider(string target, string provider, string model, double? dollars) =>
        Assert.Equal(dollars, PricesInForce.Of(new SentTo(target, provider, model), Compiling.Snapshot(Text, ("OPENAI", "key")))?.Input / 1e9);
}

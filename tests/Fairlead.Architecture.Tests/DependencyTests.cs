using System.Reflection;
using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Fairlead.Architecture.Tests;

/// <summary>Holds the arrows of the house: host → providers, storage, dialects → core; the simulator stands alone.</summary>
public sealed class DependencyTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Allowed = new Dictionary<string, string[]>
    {
        ["Fairlead.Core"] = [],
        ["Fairlead.Dialects"] = ["Fairlead.Core"],
        ["Fairlead.Providers"] = ["Fairlead.Core"],
        ["Fairlead.Storage"] = ["Fairlead.Core"],
        ["Fairlead.Simulator"] = [],
        ["fairlead"] = ["Fairlead.Core", "Fairlead.Dialects", "Fairlead.Providers", "Fairlead.Storage", "Fairlead.Simulator"],
    };

    private static readonly ArchUnitNET.Domain.Architecture House = new ArchLoader()
        .LoadAssemblies([.. Allowed.Keys.Select(Assembly.Load)])
        .Build();

    public static TheoryData<string> Rooms => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_References_OnlyWhatItMay(string room)
    {
        var referenced = Assembly.Load(room).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => Allowed.ContainsKey(name));

        Assert.Empty(referenced.Except(Allowed[room]));
    }

    [Theory]
    [InlineData("Fairlead.Core")]
    [InlineData("Fairlead.Dialects")]
    [InlineData("Fairlead.Providers")]
    [InlineData("Fairlead.Storage")]
    public void Room_BehindTheHost_KnowsNoAspNet(string room) =>
        Assert.DoesNotContain(Assembly.Load(room).GetReferencedAssemblies(), name => name.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Theory]
    [InlineData("Fairlead.Core")]
    [InlineData("Fairlead.Dialects")]
    [InlineData("Fairlead.Providers")]
    public void Room_ThatIsNotStorage_KnowsNoDatabase(string room) =>
        Assert.DoesNotContain(
            Assembly.Load(room).GetReferencedAssemblies(),
            name => name.Name!.Contains("Sqlite", StringComparison.OrdinalIgnoreCase) || name.Name.Contains("SQLitePCL", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Planning_KnowsNoClockAndNoTransport()
    {
        Check(Types().That().ResideInNamespace("Fairlead.Core.Routing").Should().NotDependOnAny(typeof(TimeProvider), typeof(HttpClient), typeof(Task)));
    }

    [Fact]
    public void Core_NeverTakesTheWallClock()
    {
        // A clock that is not injected cannot be simulated.
        var getters = new[] { typeof(DateTime).GetProperty("UtcNow")!, typeof(DateTime).GetProperty("Now")!, typeof(DateTimeOffset).GetProperty("UtcNow")!, typeof(DateTimeOffset).GetProperty("Now")! }
            .Select(property => property.GetMethod!.Name)
            .ToHashSet();

        var offenders = House.Types
            .Where(type => type.FullName.StartsWith("Fairlead.", StringComparison.Ordinal))
            .SelectMany(type => type.GetCalledMethods())
            .Where(method => getters.Contains(method.Name[..Math.Max(0, method.Name.IndexOf('('))]) && method.DeclaringType.FullName is "System.DateTime" or "System.DateTimeOffset")
            .Select(method => method.FullName);

        Assert.Empty(offenders);
    }

    private static void Check(IArchRule rule)
    {
        var broken = rule.Evaluate(House).Where(result => !result.Passed).Select(result => result.Description);
        Assert.Empty(broken);
    }
}

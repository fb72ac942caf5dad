using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

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
        var rule = Types().That().ResideInNamespace("Fairlead.Core.Routing").Should().NotDependOnAny(typeof(TimeProvider), typeof(HttpClient), typeof(Task));

        Assert.DoesNotContain(rule.Evaluate(House), result => !result.Passed);
    }

    [Fact]
    public void NoRoom_TakesTheWallClock()
    {
        // A clock that is not injected cannot be simulated.
        var calls = House.Types
            .Where(type => type.FullName.StartsWith("Fairlead.", StringComparison.Ordinal))
            .SelectMany(type => type.Members.SelectMany(member => member.MemberDependencies).OfType<MethodCallDependency>())
            .Select(call => $"{call.Origin.FullName} → {call.TargetMember.FullName}")
            .ToList();

        Assert.Contains(calls, call => call.Contains("System.TimeProvider::GetUtcNow", StringComparison.Ordinal)); // calls are seen at all
        Assert.DoesNotContain(calls, call => call.Contains("System.DateTime::get_Now", StringComparison.Ordinal) || call.Contains("System.DateTime::get_UtcNow", StringComparison.Ordinal)
            || call.Contains("System.DateTimeOffset::get_Now", StringComparison.Ordinal) || call.Contains("System.DateTimeOffset::get_UtcNow", StringComparison.Ordinal)
            || call.Contains("System.Threading.Thread::Sleep", StringComparison.Ordinal));
    }
}

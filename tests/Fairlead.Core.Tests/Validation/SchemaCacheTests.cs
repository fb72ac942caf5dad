using System.Text;
using Fairlead.Core.Validation;

namespace Fairlead.Core.Tests.Validation;

public sealed class SchemaCacheTests
{
    [Fact]
    public void TryGet_SameBytes_GivesTheSameSchema()
    {
        var cache = new SchemaCache();

        Assert.Same(Get(cache, 1), Get(cache, 1));
        Assert.NotSame(Get(cache, 1), Get(cache, 2));
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void TryGet_Full_LetsTheLeastRecentlyUsedGo()
    {
        var cache = new SchemaCache(most: 3);
        var (first, second) = (Get(cache, 1), Get(cache, 2));
        Get(cache, 3);
        Get(cache, 1);
        Get(cache, 4);

        Assert.Equal(3, cache.Count);
        Assert.Same(first, Get(cache, 1));
        Assert.NotSame(second, Get(cache, 2));
    }

    [Fact]
    public void TryGet_NoSchema_GivesTheReasonEachTime()
    {
        var cache = new SchemaCache();

        for (var time = 0; time < 2; time++)
        {
            Assert.False(cache.TryGet("""{"type":"text"}"""u8.ToArray(), out var schema, out var reason));
            Assert.Null(schema);
            Assert.Equal("'/type' must name types of JSON.", reason);
        }

        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void TryGet_LargeSchemas_HoldsFewer()
    {
        var cache = new SchemaCache();
        var padding = new string('x', 200 * 1024);
        for (var number = 0; number < 40; number++) Assert.True(cache.TryGet(Encoding.UTF8.GetBytes($$"""{"title":"{{padding}}","const":{{number}}}"""), out _, out _));

        Assert.Equal(20, cache.Count); // 4 MiB of a little more than 200 KiB each
    }

    [Fact]
    public void TryGet_FromManyThreads_NeverGivesAnotherSchema()
    {
        var cache = new SchemaCache(most: 8);

        var wrong = Enumerable.Range(0, 4000).AsParallel().Count(number => !Get(cache, number % 20).Validate(Encoding.UTF8.GetBytes($"{number % 20}")).IsValid);

        Assert.Equal(0, wrong);
        Assert.Equal(8, cache.Count);
    }

    private static JsonSchema Get(SchemaCache cache, int number)
    {
        Assert.True(cache.TryGet(Encoding.UTF8.GetBytes($$"""{"const":{{number}}}"""), out var schema, out var reason), reason);
        return schema;
    }
}

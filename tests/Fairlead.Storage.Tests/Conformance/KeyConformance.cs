using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Keys;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Requests;

namespace Fairlead.Storage.Tests.Conformance;

/// <summary>What every store of keys does.</summary>
public abstract class KeyConformance
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    /// <summary>An empty store. It lives until the test ends.</summary>
    protected abstract ValueTask<IKeyStore> OpenAsync();

    [Fact]
    public async Task Key_EveryMember_IsGivenBack()
    {
        var store = await OpenAsync();
        var key = Key("1", "app") with
        {
            Team = "growth",
            Feature = "marketing",
            Owner = "growth <growth@acme.example>",
            ExpiresAt = Noon.AddDays(30),
            Limits = new RateLimits(600, 400_000, 50),
            Permissions = new CallerPermissions
            {
                Routes = Set("default", "marketing"),
                Targets = Set(),
                Environments = ["prod", "stage"],
                MaySet = Set("user"),
                Operations = Set("chat"),
                Tools = Set("get_weather"),
                IsMinimal = true,
                Criticality = Criticality.Critical,
            },
        };

        Assert.Equal(KeyAddition.Added, await store.AddAsync(key, default));

        AssertSame(key, Assert.Single((await store.ReadAsync(default)).Keys));
    }

    [Fact]
    public async Task Key_OnlyWhatMustBe_IsGivenBack()
    {
        var store = await OpenAsync();
        Assert.Equal(KeyAddition.Added, await store.AddAsync(Key("1", "app"), default));

        var key = Assert.Single((await store.ReadAsync(default)).Keys);

        AssertSame(Key("1", "app"), key);
        Assert.True(key.Permissions.AllowsRoute("any", isRestricted: false) && key.Permissions.AllowsClaim("user"));
    }

    [Fact]
    public async Task Version_GrowsWithEveryChange_ButNotWithAUse()
    {
        var store = await OpenAsync();
        var versions = new List<long> { await store.VersionAsync(default) };
        await store.AddAsync(Key("1", "app"), default);
        versions.Add(await store.VersionAsync(default));
        await store.ReplaceAsync("1", Noon.AddDays(1), Key("2", "app"), default);
        versions.Add(await store.VersionAsync(default));
        await store.RevokeAsync(["1"], Noon, "ada", default);
        versions.Add(await store.VersionAsync(default));
        Assert.Equal(versions.Order().Distinct(), versions);

        await store.NoteUseAsync([("2", Noon.AddMinutes(5))], default);
        Assert.Equal(versions[^1], await store.VersionAsync(default));
        Assert.Equal(versions[^1], (await store.ReadAsync(default)).Version);
        Assert.Equal(Noon.AddMinutes(5), (await store.ReadAsync(default)).Keys[1].LastUsedAt);
        await store.NoteUseAsync([("2", Noon.AddMinutes(4))], default); // another process was later
        Assert.Equal(Noon.AddMinutes(5), (await store.ReadAsync(default)).Keys[1].LastUsedAt);
    }

    [Fact]
    public async Task Add_NameOfALiveKey_IsTaken_OfADeadOneIsNot()
    {
        var store = await OpenAsync();
        await store.AddAsync(Key("1", "app") with { ExpiresAt = Noon.AddHours(1) }, default);

        Assert.Equal(KeyAddition.Taken, await store.AddAsync(Key("2", "app") with { CreatedAt = Noon.AddHours(1).AddMicroseconds(-1) }, default));
        Assert.Equal(KeyAddition.Added, await store.AddAsync(Key("3", "app") with { CreatedAt = Noon.AddHours(1) }, default));
        await store.RevokeAsync(["3"], Noon.AddHours(2), "ada", default);
        Assert.Equal(KeyAddition.Added, await store.AddAsync(Key("4", "app") with { CreatedAt = Noon.AddHours(2) }, default));
        Assert.Equal(["1", "3", "4"], (await store.ReadAsync(default)).Keys.Select(key => key.Id));
    }

    [Fact]
    public async Task Replace_TheOldOneEndsByItself_NeverLaterThanItWould()
    {
        var store = await OpenAsync();
        await store.AddAsync(Key("1", "app") with { ExpiresAt = Noon.AddHours(3) }, default);
        await store.AddAsync(Key("2", "other"), default);

        Assert.Equal(KeyAddition.Added, await store.ReplaceAsync("1", Noon.AddHours(24), Key("3", "app"), default));
        Assert.Equal(KeyAddition.Added, await store.ReplaceAsync("2", Noon.AddHours(24), Key("4", "other"), default));

        var keys = (await store.ReadAsync(default)).Keys;
        Assert.Equal(("3", Noon.AddHours(3)), (keys[0].ReplacedBy, keys[0].ExpiresAt));
        Assert.Equal(("4", Noon.AddHours(24)), (keys[1].ReplacedBy, keys[1].ExpiresAt));
        Assert.Equal(KeyAddition.Taken, await store.ReplaceAsync("1", Noon.AddHours(24), Key("5", "app"), default)); // no longer the last
        await store.RevokeAsync(["3"], Noon, "ada", default);
        Assert.Equal(KeyAddition.Taken, await store.ReplaceAsync("3", Noon.AddHours(24), Key("6", "app"), default));
        Assert.Equal(KeyAddition.Taken, await store.ReplaceAsync("no such", Noon, Key("7", "app"), default));
    }

    [Fact]
    public async Task Replace_WhileTheOneBeforeStillHolds_IsTaken()
    {
        var store = await OpenAsync();
        await store.AddAsync(Key("1", "app"), default);
        await store.ReplaceAsync("1", Noon.AddHours(24), Key("2", "app"), default);

        Assert.Equal(KeyAddition.Taken, await store.ReplaceAsync("2", Noon.AddHours(47), Key("3", "app") with { CreatedAt = Noon.AddHours(23) }, default));
        Assert.Null((await store.ReadAsync(default)).Keys[1].ReplacedBy);
        Assert.Equal(KeyAddition.Added, await store.ReplaceAsync("2", Noon.AddHours(48), Key("4", "app") with { CreatedAt = Noon.AddHours(24) }, default));
    }

    [Fact]
    public async Task Revoke_HoldsFromTheFirstTime()
    {
        var store = await OpenAsync();
        await store.AddAsync(Key("1", "app"), default);
        await store.RevokeAsync(["1", "no such"], Noon, "ada", default);
        await store.RevokeAsync(["1"], Noon.AddHours(1), "bob", default);

        var key = Assert.Single((await store.ReadAsync(default)).Keys);
        Assert.Equal((Noon, "ada", false), (key.RevokedAt, key.RevokedBy, key.IsLive(Noon)));
    }

    [Fact]
    public async Task Live_EndsAtItsMoment()
    {
        var key = Key("1", "app") with { ExpiresAt = Noon };
        Assert.True(key.IsLive(Noon.AddTicks(-1)));
        Assert.False(key.IsLive(Noon));
        await Task.CompletedTask;
    }

    protected static StoredKey Key(string id, string name) => new()
    {
        Id = id,
        Name = name,
        Prefix = "fl_" + id,
        Digest = [.. System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id))],
        Tenant = "acme",
        CreatedAt = Noon,
        CreatedBy = "ada",
    };

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);

    private static void AssertSame(StoredKey expected, StoredKey actual)
    {
        Assert.Equal(expected.Digest.AsSpan(), actual.Digest.AsSpan());
        Assert.Equal(KeyJson.Of(expected.Permissions), KeyJson.Of(actual.Permissions));
        Assert.Equal((expected.Permissions.IsMinimal, expected.Permissions.Criticality), (actual.Permissions.IsMinimal, actual.Permissions.Criticality));
        ImmutableArray<byte> none = [];
        Assert.Equal(expected with { Digest = none, Permissions = CallerPermissions.Unrestricted }, actual with { Digest = none, Permissions = CallerPermissions.Unrestricted });
    }
}

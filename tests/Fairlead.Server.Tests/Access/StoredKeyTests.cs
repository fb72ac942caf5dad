using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fairlead.Access;
using Fairlead.Core.Auditing;
using Fairlead.Core.Keys;
using Fairlead.Core.Limits;
using Fairlead.Hosting;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Access;

/// <summary>Keys of the store: who they let in, from when, and until when.</summary>
public sealed class StoredKeyTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2027, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly KeyAuthor Ada = new("ada", null);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _folder.Dispose();

    private string Ledger => _folder.File("ledger.db");

    [Fact]
    public async Task Key_OpensAtOnce_AndFromThenOnCallersNeedOne()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(200, await StatusAsync(gateway, null)); // nobody has made a key

        var issued = await CreateAsync(gateway, new KeyRequest { Name = "app", Tenant = "acme" });

        Assert.Equal(200, await StatusAsync(gateway, issued.Secret));
        Assert.Equal("missing_api_key", await CodeAsync(gateway, null));
        Assert.Equal("invalid_api_key", await CodeAsync(gateway, issued.Secret[..^1] + (issued.Secret[^1] == 'a' ? 'b' : 'a')));
        Assert.Equal("invalid_api_key", await CodeAsync(gateway, issued.Secret + "a"));
        Assert.Equal("invalid_api_key", await CodeAsync(gateway, issued.Secret.ToUpperInvariant()));
    }

    [Fact]
    public async Task Key_SpeaksForItsTenantTeamAndFeature_WithItsPermissionsAndLimits()
    {
        await using var gateway = await StartAsync();
        var issued = await CreateAsync(gateway, new KeyRequest { Name = "app", Tenant = "acme", Team = "growth", Feature = "marketing", Operations = ["models"], Limits = new RateLimits(10, null, 2) });

        var caller = Assert.Single(Keys(gateway).Current.Keys).Caller;

        Assert.Equal(("acme", "app", "growth", "marketing"), (caller.Tenant, caller.Key, caller.Team, caller.Feature));
        Assert.Equal(new RateLimits(10, null, 2), caller.Limits);
        Assert.Equal(200, await StatusAsync(gateway, issued.Secret));
        using var chat = await gateway.PostAsync(Vendors.Question, ("x-api-key", issued.Secret));
        Assert.Equal(403, (int)chat.StatusCode);
    }

    [Fact]
    public async Task Revocation_HoldsAtOnceHere_AndAfterOnePollElsewhere()
    {
        await using var gateway = await StartAsync();
        var here = await CreateAsync(gateway, new KeyRequest { Name = "here" });
        var elsewhere = await CreateAsync(gateway, new KeyRequest { Name = "elsewhere" });

        await AdministrationOf(gateway).RevokeAsync("here", Ada, default);
        await Keys(gateway).ReloadAsync(default);
        Assert.Equal("key_revoked", await CodeAsync(gateway, here.Secret));

        await using (var beside = await SqliteKeys.OpenAsync(Ledger, default)) await beside.RevokeAsync([elsewhere.Key.Id], Noon, "bob", default);
        Assert.Equal(200, await StatusAsync(gateway, elsewhere.Secret));
        await Keys(gateway).PollAsync();
        Assert.Equal("key_revoked", await CodeAsync(gateway, elsewhere.Secret));
        Assert.InRange(LiveKeys.Period, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(250)); // within a second, with room for a slow disk
        Assert.Equal("missing_api_key", await CodeAsync(gateway, null)); // the last one is gone, and nothing is open again
    }

    [Fact]
    public async Task Poll_ComesByItself()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        var revoked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Keys(gateway).Changed += _ => revoked.TrySetResult();
        await using (var beside = await SqliteKeys.OpenAsync(Ledger, default)) await beside.RevokeAsync([key.Key.Id], Noon, "bob", default);

        _time.Advance(LiveKeys.Period);

        await revoked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("key_revoked", await CodeAsync(gateway, key.Secret));
    }

    [Fact]
    public async Task Rotation_BothHoldForTheOverlap_ThenTheNewOneAlone()
    {
        await using var gateway = await StartAsync();
        var old = await CreateAsync(gateway, new KeyRequest { Name = "app", Tenant = "acme", MaySet = ["user"] });

        var rotated = Assert.IsType<KeyOutcome.Issued>(await AdministrationOf(gateway).RotateAsync("app", TimeSpan.FromHours(24), Ada, default));
        await Keys(gateway).ReloadAsync(default);

        Assert.Equal(("app", "acme", old.Key.Id, rotated.Key.Id), (rotated.Key.Name, rotated.Key.Tenant, rotated.Replaced!.Id, rotated.Replaced.ReplacedBy));
        Assert.Equal(["user"], rotated.Key.Permissions.MaySet!);
        Assert.NotEqual(old.Secret, rotated.Secret);
        Assert.Equal((200, 200), (await StatusAsync(gateway, old.Secret), await StatusAsync(gateway, rotated.Secret)));
        _time.SetUtcNow(Noon.AddHours(24) - TimeSpan.FromTicks(10));
        Assert.Equal((200, 200), (await StatusAsync(gateway, old.Secret), await StatusAsync(gateway, rotated.Secret)));
        var third = Assert.IsType<KeyOutcome.Conflict>(await AdministrationOf(gateway).RotateAsync("app", TimeSpan.FromHours(24), Ada, default));
        Assert.Contains(old.Key.Id, third.Why, StringComparison.Ordinal);
        _time.SetUtcNow(Noon.AddHours(24));
        Assert.Equal("key_expired", await CodeAsync(gateway, old.Secret));
        Assert.Equal(200, await StatusAsync(gateway, rotated.Secret));
        Assert.IsType<KeyOutcome.Conflict>(await AdministrationOf(gateway).RotateAsync(old.Key.Id, TimeSpan.Zero, Ada, default));
    }

    [Fact]
    public async Task Revocation_OfANameThatIsRotatedMeanwhile_LeavesNone()
    {
        await using var gateway = await StartAsync();
        var old = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        KeyOutcome? rotated = null;
        var revoking = AdministrationOf(gateway, async () => rotated ??= await AdministrationOf(gateway).RotateAsync("app", TimeSpan.FromHours(1), Ada, default));

        var revoked = Assert.IsType<KeyOutcome.Revoked>(await revoking.RevokeAsync("app", new KeyAuthor("bob", null), default));

        var issued = Assert.IsType<KeyOutcome.Issued>(rotated);
        Assert.Equal([old.Key.Id, issued.Key.Id], revoked.Keys.Select(key => key.Id));
        Assert.All(revoked.Keys, key => Assert.Equal("bob", key.RevokedBy));
        await Keys(gateway).ReloadAsync(default);
        Assert.Equal(("key_revoked", "key_revoked"), (await CodeAsync(gateway, old.Secret), await CodeAsync(gateway, issued.Secret)));
    }

    [Fact]
    public async Task Revocation_OfAnExpiredKey_IsKept()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, new KeyRequest { Name = "app", Expires = new DateOnly(2027, 3, 5) });
        _time.SetUtcNow(Noon.AddDays(1));

        Assert.Single(Assert.IsType<KeyOutcome.Revoked>(await AdministrationOf(gateway).RevokeAsync("app", Ada, default)).Keys);
        Assert.Empty(Assert.IsType<KeyOutcome.Revoked>(await AdministrationOf(gateway).RevokeAsync("app", Ada, default)).Keys); // it is already

        await Keys(gateway).ReloadAsync(default);
        Assert.Equal("key_revoked", await CodeAsync(gateway, key.Secret));
        var record = (await gateway.Host.Services.GetRequiredService<SqliteAuditLog>().ListAsync(1, null, default)).Single();
        Assert.Equal(("key.revoke", "app"), (record.Entry.Action, record.Entry.Subject));
    }

    [Fact]
    public async Task Rotation_WithoutOverlap_EndsTheOldOneAtOnce()
    {
        await using var gateway = await StartAsync();
        var old = await CreateAsync(gateway, new KeyRequest { Name = "app" });

        await AdministrationOf(gateway).RotateAsync(old.Key.Id, TimeSpan.Zero, Ada, default);
        await Keys(gateway).ReloadAsync(default);

        Assert.Equal("key_expired", await CodeAsync(gateway, old.Secret));
        Assert.IsType<KeyOutcome.Invalid>(await AdministrationOf(gateway).RotateAsync("app", TimeSpan.FromDays(31), Ada, default));
        Assert.IsType<KeyOutcome.Invalid>(await AdministrationOf(gateway).RotateAsync("app", TimeSpan.FromTicks(-1), Ada, default));
        Assert.IsType<KeyOutcome.Unknown>(await AdministrationOf(gateway).RotateAsync("nobody", TimeSpan.Zero, Ada, default));
    }

    [Fact]
    public async Task Expiry_IsTheEndOfItsDay()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, new KeyRequest { Name = "app", Expires = new DateOnly(2027, 3, 5) });

        _time.SetUtcNow(new DateTimeOffset(2027, 3, 5, 23, 59, 59, 999, TimeSpan.Zero));
        Assert.Equal(200, await StatusAsync(gateway, key.Secret));
        _time.SetUtcNow(new DateTimeOffset(2027, 3, 6, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal("key_expired", await CodeAsync(gateway, key.Secret));
        Assert.Equal("expires", Assert.IsType<KeyOutcome.Invalid>(await AdministrationOf(gateway).CreateAsync(new KeyRequest { Name = "b", Expires = new DateOnly(2027, 3, 5) }, _ => false, Ada, default)).Defect.Member);
    }

    [Fact]
    public async Task Name_OfTheConfiguration_ComesFirst()
    {
        await using (var before = await StartAsync()) await CreateAsync(before, new KeyRequest { Name = "app" });
        string secret;
        await using (var before = await StartAsync()) secret = (await CreateAsync(before, new KeyRequest { Name = "other" })).Secret;

        await using var gateway = await StartAsync("keys: [ { name: other, secret: \"env:OTHER\" } ]\n");

        Assert.Equal("invalid_api_key", await CodeAsync(gateway, secret));
        Assert.Equal(200, await StatusAsync(gateway, "other-secret-1234567890"));
        Assert.Contains("the configuration has a key of the same name, which comes first", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_ThatCannotBeWrittenDown_IsNotMade()
    {
        await using var gateway = await StartAsync();
        var old = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        var services = gateway.Host.Services;
        var unheard = new KeyAdministration(services.GetRequiredService<IKeyStore>(), services.GetRequiredService<KeyDigester>(), new NoAudit(), _time);

        await Assert.ThrowsAsync<AuditException>(() => unheard.CreateAsync(new KeyRequest { Name = "b" }, _ => false, Ada, default));
        await Assert.ThrowsAsync<AuditException>(() => unheard.RotateAsync("app", TimeSpan.Zero, Ada, default));
        await Assert.ThrowsAsync<AuditException>(() => unheard.RevokeAsync("app", Ada, default));

        await Keys(gateway).ReloadAsync(default);
        Assert.Equal(old.Key.Id, Assert.Single(Keys(gateway).Current.Keys).Stored.Id);
        Assert.Equal(200, await StatusAsync(gateway, old.Secret));
    }

    [Fact]
    public async Task Change_ThatTheStoreRefuses_IsWrittenDownAsFailed()
    {
        await using var gateway = await StartAsync();
        await CreateAsync(gateway, new KeyRequest { Name = "app" });
        Execute("CREATE TRIGGER no_more BEFORE INSERT ON client_keys BEGIN SELECT RAISE(ABORT, 'no'); END; CREATE TRIGGER no_change BEFORE UPDATE ON client_keys BEGIN SELECT RAISE(ABORT, 'no'); END");

        await Assert.ThrowsAsync<LedgerException>(() => AdministrationOf(gateway).CreateAsync(new KeyRequest { Name = "b" }, _ => false, Ada, default));
        await Assert.ThrowsAsync<LedgerException>(() => AdministrationOf(gateway).RotateAsync("app", TimeSpan.Zero, Ada, default));
        await Assert.ThrowsAsync<LedgerException>(() => AdministrationOf(gateway).RevokeAsync("app", Ada, default));

        var records = (await gateway.Host.Services.GetRequiredService<SqliteAuditLog>().ListAsync(6, null, default)).Reverse();
        Assert.Equal(
            ["key.create b", "key.create.failed b", "key.rotate app", "key.rotate.failed app", "key.revoke app", "key.revoke.failed app"],
            records.Select(record => $"{record.Entry.Action} {record.Entry.Subject}"));
    }

    [Fact]
    public async Task Store_ThatCannotBeReadWhileItRuns_LeavesTheLastKnownKeys()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        Execute("ALTER TABLE client_keys_version RENAME TO hidden");
        await Keys(gateway).PollAsync();
        await Keys(gateway).PollAsync();

        Assert.NotNull(Keys(gateway).Failure);
        Assert.Equal(200, await StatusAsync(gateway, key.Secret));
        Assert.Single(gateway.Log.Text.Split('\n'), line => line.Contains("The keys of the store cannot be read", StringComparison.Ordinal));

        Execute("ALTER TABLE hidden RENAME TO client_keys_version");
        await Keys(gateway).PollAsync();
        Assert.Null(Keys(gateway).Failure);
        Assert.Contains("The keys of the store are read again", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_ThatCannotBeReadAtStart_IsNoStart()
    {
        await using (var before = await StartAsync()) await CreateAsync(before, new KeyRequest { Name = "app" });
        Execute("ALTER TABLE client_keys_version RENAME TO hidden");

        await Assert.ThrowsAsync<LedgerException>(() => StartAsync());
    }

    [Theory]
    [InlineData("permissions = '{\"regions\":[\"eu\"]}'", "A permission 'regions' is not known.")]
    [InlineData("permissions = 'all'", "The permissions are no JSON object of lists.")]
    [InlineData("limits = '{\"rps\":1}'", "A limit 'rps' is not known.")]
    public async Task Key_ThatCannotBeRead_LetsNobodyIn_AndTheOthersAreStillHeardOf(string change, string reason)
    {
        await using var gateway = await StartAsync();
        var strange = await CreateAsync(gateway, new KeyRequest { Name = "strange" });
        var other = await CreateAsync(gateway, new KeyRequest { Name = "other-app" });
        Execute($"UPDATE client_keys SET {change} WHERE name = 'strange'");

        await using (var beside = await SqliteKeys.OpenAsync(Ledger, default)) await beside.RevokeAsync([other.Key.Id], Noon, "bob", default);
        await Keys(gateway).PollAsync();
        await Keys(gateway).ReloadAsync(default);

        Assert.Equal(("key_revoked", "key_revoked"), (await CodeAsync(gateway, other.Secret), await CodeAsync(gateway, strange.Secret)));
        Assert.Null(Keys(gateway).Failure);
        Assert.Single(gateway.Log.Text.Split('\n'), line => line.Contains($"The key strange ({strange.Key.Id}) of the store cannot be read and lets nobody in: {reason}", StringComparison.Ordinal));
        Assert.IsType<KeyOutcome.Conflict>(await AdministrationOf(gateway).RotateAsync("strange", TimeSpan.Zero, Ada, default));
        Assert.Single(Assert.IsType<KeyOutcome.Revoked>(await AdministrationOf(gateway).RevokeAsync("strange", Ada, default)).Keys);
    }

    [Fact]
    public async Task Key_ThatCannotBeReadAtStart_LetsNobodyIn()
    {
        string secret;
        await using (var before = await StartAsync()) secret = (await CreateAsync(before, new KeyRequest { Name = "strange" })).Secret;
        Execute("UPDATE client_keys SET permissions = '{\"regions\":[\"eu\"]}'");

        await using var gateway = await StartAsync();

        Assert.Equal(("key_revoked", "missing_api_key"), (await CodeAsync(gateway, secret), await CodeAsync(gateway, null)));
        Assert.Contains("The key strange (", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_OfOtherMachines_NeedsAKeySomewhere()
    {
        const string Everywhere = "listen: \"http://0.0.0.0:0\"\n";
        await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync(Everywhere));
        await using (var before = await StartAsync()) await CreateAsync(before, new KeyRequest { Name = "app" });

        await using var gateway = await StartAsync(Everywhere);

        await AdministrationOf(gateway).RevokeAsync("app", Ada, default);
        await Keys(gateway).ReloadAsync(default);
        Assert.Equal("missing_api_key", await CodeAsync(gateway, null)); // closed to all, open to none
    }

    [Theory]
    [InlineData("admin/v1/status")]
    [InlineData("metrics")]
    public async Task Key_ClosesTheAdministration_WhereThereIsNoAdminKey(string path)
    {
        await using var gateway = await StartAsync();
        Assert.Equal(200, (await AnswerAsync(gateway, path, null)).Status); // this machine, and no key of any kind

        var issued = await CreateAsync(gateway, new KeyRequest { Name = "app" });

        await AssertClosedAsync(gateway, path, null);
        await AssertClosedAsync(gateway, path, issued.Secret);
        Assert.Contains("The store has keys and admin.key is not configured: the administration API and, unless they are open, /metrics are closed", gateway.Log.Text, StringComparison.Ordinal);
        await AdministrationOf(gateway).RevokeAsync("app", Ada, default); // the command works on the file
        await Keys(gateway).ReloadAsync(default);
        await AssertClosedAsync(gateway, path, null);
    }

    [Theory]
    [InlineData("admin/v1/status")]
    [InlineData("metrics")]
    public async Task Key_OfTheConfiguration_ClosesTheAdministrationToo(string path)
    {
        await using var gateway = await StartAsync("keys: [ { name: other, secret: \"env:OTHER\" } ]\n");

        await AssertClosedAsync(gateway, path, null);
        await AssertClosedAsync(gateway, path, "other-secret-1234567890");
        Assert.Contains("keys are configured and admin.key is not: the administration API and /metrics are closed", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Administration_WithoutAdminKey_IsClosedAfterARestartToo_ButOpenMetricsStayOpen()
    {
        await using (var before = await StartAsync()) await CreateAsync(before, new KeyRequest { Name = "app" });

        await using var gateway = await StartAsync("admin: { metrics: open }\n");

        await AssertClosedAsync(gateway, "admin/v1/keys", null);
        Assert.Equal(200, (await AnswerAsync(gateway, "metrics", null)).Status);
        Assert.Contains("The store has keys and admin.key is not configured", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Administration_WithItsKey_IsServedBesideKeys()
    {
        await using var gateway = await StartAsync("admin: { key: \"env:ADMIN\" }\n");
        await CreateAsync(gateway, new KeyRequest { Name = "app" });

        Assert.Equal(200, (await AnswerAsync(gateway, "admin/v1/status", "admin-secret-1234567890")).Status);
        Assert.DoesNotContain("admin.key is not configured", gateway.Log.Text, StringComparison.Ordinal);
    }

    private static async Task AssertClosedAsync(RunningGateway gateway, string path, string? key)
    {
        var (status, body) = await AnswerAsync(gateway, path, key);
        Assert.Equal(401, status);
        var error = JsonNode.Parse(body)!["error"]!;
        Assert.Equal("admin_key_required", (string?)error["code"]);
        Assert.Contains("set 'admin.key'", (string?)error["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task LastUse_IsKnownToTheMinute_AfterARestartToo()
    {
        string secret;
        await using (var gateway = await StartAsync())
        {
            secret = (await CreateAsync(gateway, new KeyRequest { Name = "app" })).Secret;
            await StatusAsync(gateway, secret);
            _time.SetUtcNow(Noon.AddSeconds(61));
            await Keys(gateway).PollAsync();
            await Keys(gateway).ReloadAsync(default);
            Assert.Equal(Noon, Assert.Single(Keys(gateway).Current.Keys).Stored.LastUsedAt);
            await StatusAsync(gateway, secret);
        }

        await using var later = await StartAsync();
        Assert.Equal(Noon.AddSeconds(61), Assert.Single(Keys(later).Current.Keys).Stored.LastUsedAt);
    }

    [Fact]
    public async Task LastUse_IsWrittenOnce()
    {
        await using var gateway = await StartAsync();
        var issued = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        var store = new CountingStore(gateway.Host.Services.GetRequiredService<IKeyStore>());
        await using var keys = new LiveKeys(store, gateway.Host.Services.GetRequiredService<KeyDigester>(), _time, NullLogger<LiveKeys>.Instance);
        await keys.ReloadAsync(default);

        keys.Current.Find(issued.Secret)!.Use(_time.GetUtcNow());
        await PollForMinutesAsync(5);
        await keys.ReloadAsync(default); // what is read anew was written down already
        await PollForMinutesAsync(2);
        Assert.Equal(1, store.Notes);

        keys.Current.Find(issued.Secret)!.Use(_time.GetUtcNow());
        await PollForMinutesAsync(2);
        Assert.Equal(2, store.Notes);

        async Task PollForMinutesAsync(int minutes)
        {
            for (var i = 0; i < minutes; i++)
            {
                _time.Advance(LiveKeys.UsePeriod);
                await keys.PollAsync();
            }
        }
    }

    [Fact]
    public async Task LastUse_ThatCannotBeWritten_IsToldAsThat_AndTriedAgain()
    {
        await using var gateway = await StartAsync();
        var issued = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        await StatusAsync(gateway, issued.Secret);
        Execute("CREATE TRIGGER no_change BEFORE UPDATE ON client_keys BEGIN SELECT RAISE(ABORT, 'no'); END");
        for (var i = 0; i < 2; i++)
        {
            _time.SetUtcNow(_time.GetUtcNow() + LiveKeys.UsePeriod);
            await Keys(gateway).PollAsync();
        }

        Assert.Null(Keys(gateway).Failure);
        Assert.Single(gateway.Log.Text.Split('\n'), line => line.Contains("When keys of the store were last used cannot be written down", StringComparison.Ordinal));
        Assert.DoesNotContain("The keys of the store cannot be read", gateway.Log.Text, StringComparison.Ordinal);

        Execute("DROP TRIGGER no_change");
        _time.SetUtcNow(_time.GetUtcNow() + LiveKeys.UsePeriod);
        await Keys(gateway).PollAsync();
        await Keys(gateway).ReloadAsync(default);
        Assert.Equal(Noon, Assert.Single(Keys(gateway).Current.Keys).Stored.LastUsedAt);
    }

    [Fact]
    public async Task StoreKey_ThatIsGone_IsNoStart_AndMakesNoOther()
    {
        await using (var gateway = await StartAsync()) await CreateAsync(gateway, new KeyRequest { Name = "app" });
        File.Delete(StoreKey.FileOf(Ledger));

        var refused = await Assert.ThrowsAsync<LedgerException>(() => StartAsync());

        Assert.StartsWith($"The store's key {StoreKey.FileOf(Ledger)} is missing", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(StoreKey.FileOf(Ledger)));
    }

    [Fact]
    public async Task Changes_AreWrittenDown_WithoutTheSecret()
    {
        await using var gateway = await StartAsync();
        var created = await CreateAsync(gateway, new KeyRequest { Name = "app", Tenant = "acme", Routes = ["default"] });
        var rotated = (KeyOutcome.Issued)await AdministrationOf(gateway).RotateAsync("app", TimeSpan.FromHours(1), new KeyAuthor("bob", "leaked"), default);
        await AdministrationOf(gateway).RevokeAsync("app", Ada, default);

        var records = (await gateway.Host.Services.GetRequiredService<SqliteAuditLog>().ListAsync(10, null, default)).Reverse().Skip(1).ToList();
        Assert.Equal(
            [("key.create", "ada", "app"), ("key.rotate", "bob", "app"), ("key.revoke", "ada", "app"), ("key.revoke", "ada", "app")], // both of the overlap
            records.Select(record => (record.Entry.Action, record.Entry.Actor, record.Entry.Subject)));
        var detail = JsonNode.Parse(records[0].Entry.Detail!)!;
        Assert.Equal((created.Key.Id, created.Secret[..8], "acme", "default"), ((string?)detail["id"], (string?)detail["prefix"], (string?)detail["tenant"], (string?)detail["permissions"]!["routes"]![0]));
        Assert.Equal("leaked", records[1].Entry.Reason);
        Assert.All(records, record => Assert.DoesNotContain(created.Secret[8..16], record.Entry.Detail!, StringComparison.Ordinal));
        Assert.All(records, record => Assert.DoesNotContain(rotated.Secret[8..16], record.Entry.Detail!, StringComparison.Ordinal));
    }

    private Task<RunningGateway> StartAsync(string more = "") => RunningGateway.StartAsync(
        $"{more}store: {{ ledger: \"sqlite:{Ledger}\" }}\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"), _time, new Dictionary<string, string> { ["OTHER"] = "other-secret-1234567890", ["ADMIN"] = "admin-secret-1234567890" });

    private static LiveKeys Keys(RunningGateway gateway) => gateway.Host.Services.GetRequiredService<LiveKeys>();

    private static KeyAdministration AdministrationOf(RunningGateway gateway) => gateway.Host.Services.GetRequiredService<KeyAdministration>();

    /// <summary>One whose audit log lets something else happen before it has written.</summary>
    private KeyAdministration AdministrationOf(RunningGateway gateway, Func<Task> before)
    {
        var services = gateway.Host.Services;
        return new KeyAdministration(services.GetRequiredService<IKeyStore>(), services.GetRequiredService<KeyDigester>(), new InterruptedAudit(before), _time);
    }

    private static async Task<KeyOutcome.Issued> CreateAsync(RunningGateway gateway, KeyRequest request)
    {
        var issued = Assert.IsType<KeyOutcome.Issued>(await AdministrationOf(gateway).CreateAsync(request, _ => false, Ada, default));
        await Keys(gateway).ReloadAsync(default);
        return issued;
    }

    private static async Task<int> StatusAsync(RunningGateway gateway, string? key) => (await ModelsAsync(gateway, key)).Status;

    private static async Task<string> CodeAsync(RunningGateway gateway, string? key) => JsonNode.Parse((await ModelsAsync(gateway, key)).Body)!["error"]!["code"]!.GetValue<string>();

    private static Task<(int Status, string Body)> ModelsAsync(RunningGateway gateway, string? key) => AnswerAsync(gateway, "v1/models", key);

    private static async Task<(int Status, string Body)> AnswerAsync(RunningGateway gateway, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{gateway.Address.Port}/{path}");
        if (key is not null) request.Headers.TryAddWithoutValidation("authorization", "Bearer " + key);
        using var response = await gateway.Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Ledger};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class NoAudit : IAuditLog
    {
        public ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken) => throw new AuditException("no");
    }

    private sealed class InterruptedAudit(Func<Task> before) : IAuditLog
    {
        public async ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken) => await before();
    }

    /// <summary>Counts the uses that are written down.</summary>
    private sealed class CountingStore(IKeyStore store) : IKeyStore
    {
        public int Notes { get; private set; }

        public ValueTask<long> VersionAsync(CancellationToken cancellationToken) => store.VersionAsync(cancellationToken);

        public ValueTask<StoredKeys> ReadAsync(CancellationToken cancellationToken) => store.ReadAsync(cancellationToken);

        public ValueTask<KeyAddition> AddAsync(StoredKey key, CancellationToken cancellationToken) => store.AddAsync(key, cancellationToken);

        public ValueTask<KeyAddition> ReplaceAsync(string id, DateTimeOffset until, StoredKey key, CancellationToken cancellationToken) => store.ReplaceAsync(id, until, key, cancellationToken);

        public ValueTask RevokeAsync(ImmutableArray<string> ids, DateTimeOffset at, string by, CancellationToken cancellationToken) => store.RevokeAsync(ids, at, by, cancellationToken);

        public ValueTask NoteUseAsync(IReadOnlyList<(string Id, DateTimeOffset At)> uses, CancellationToken cancellationToken)
        {
            Notes += uses.Count;
            return store.NoteUseAsync(uses, cancellationToken);
        }
    }
}

namespace Fairlead.Core.Configuration;

/// <summary>Where the ledger lives.</summary>
internal static class StoreCompiler
{
    private const string Default = "sqlite:data/fairlead.db";
    private const string Sqlite = "sqlite:";
    private const string InMemory = ":memory:";

    public static StoreSettings Compile(ConfigurationDocument document, AccessCompiler access, string folder, Findings findings)
    {
        var durability = document.Durability?.Value == "strict" ? LedgerDurability.Strict : LedgerDurability.Group;
        return new StoreSettings(Path(document.Ledger, folder, findings), durability) { Key = access.StoreKey(document.StoreKey) };
    }

    /// <summary><c>sqlite:PATH</c>, <c>sqlite::memory:</c>, or <c>:memory:</c> for short.</summary>
    private static string Path(Located<string>? ledger, string folder, Findings findings)
    {
        var text = ledger?.Value ?? Default;
        if (text == InMemory) return InMemory;
        if (ledger is { } written)
        {
            if (text.StartsWith("postgres:", StringComparison.Ordinal)) findings.Error(written.At, "PostgreSQL is not in this version of Fairlead");
            else if (!text.StartsWith(Sqlite, StringComparison.Ordinal) || text.Length == Sqlite.Length) findings.Error(written.At, "must be sqlite:PATH, or :memory: to keep nothing");
        }

        var path = text.StartsWith(Sqlite, StringComparison.Ordinal) ? text[Sqlite.Length..] : text;
        return path == InMemory ? InMemory : System.IO.Path.Combine(folder, path);
    }
}

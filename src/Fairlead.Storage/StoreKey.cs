using System.Security.Cryptography;
using System.Text;
using Fairlead.Core.Configuration;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Storage;

/// <summary>
/// The secret that what is kept in a store is digested with: without it a copy of the store tells no client key and no end user. It comes from the
/// configuration (<c>store.key</c>), else from a file of its own beside the ledger, which is made at the first start, readable for its owner alone.
/// Whoever loses it loses the keys made with <c>fairlead keys</c> and the thread from a user's name to their rows; nothing else. Immutable; safe for any number of threads.
/// </summary>
public sealed class StoreKey
{
    private const int Bytes = 32;

    private readonly byte[] _key;

    private StoreKey(byte[] key) => _key = key;

    /// <summary>The file that the key stands in, beside a ledger of a given path.</summary>
    public static string FileOf(string ledgerPath) => ledgerPath + ".key";

    /// <summary>The key of a store: the configuration's, else that of the file, which is made when it is missing.</summary>
    /// <param name="settings">The store.</param>
    /// <exception cref="LedgerException">
    /// The file cannot be read or made, or holds something else; it is missing though the store was used with one; or the key is not the one that the store was
    /// used with: every key made there would be unknown, and every record of the audit log forged.
    /// </exception>
    public static StoreKey Open(StoreSettings settings)
    {
        if (settings.LedgerPath == SqliteLedgerOptions.InMemory) return new StoreKey(settings.Key is { } given ? Of(given) : RandomNumberGenerator.GetBytes(Bytes));
        var use = StoreKeyUse.Read(settings.LedgerPath);
        if (settings.Key is { } secret) return Fitting(new StoreKey(Of(secret)), use, $"store.key ({secret.Reference})", settings.LedgerPath);
        var path = FileOf(settings.LedgerPath);
        try
        {
            if (Read(path) is { } key) return Fitting(new StoreKey(key), use, path, settings.LedgerPath);
            if (use.IsUsed) throw new LedgerException($"The store's key {path} is missing, and the ledger was used with one. Put it back, or name it as store.key; who has lost it for good moves the ledger away.");
            return new StoreKey(Make(path));
        }
        catch (Exception exception) when (exception is IOException and not LedgerException or UnauthorizedAccessException)
        {
            throw new LedgerException($"The store's key {path} cannot be read or made: {exception.Message}", exception);
        }
    }

    /// <summary>The key of a store, for one that reads what a gateway has written; null when there is none, and none is made.</summary>
    /// <param name="settings">The store.</param>
    /// <exception cref="LedgerException">The file cannot be read, or holds something else.</exception>
    public static StoreKey? Find(StoreSettings settings)
    {
        if (settings.Key is not null) return Open(settings);
        return settings.LedgerPath != SqliteLedgerOptions.InMemory && File.Exists(FileOf(settings.LedgerPath)) ? FromFile(FileOf(settings.LedgerPath)) : null;
    }

    /// <summary>The key in a file that a gateway has made, wherever it has been copied to.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="LedgerException">There is none, it cannot be read, or it holds something else.</exception>
    public static StoreKey FromFile(string path)
    {
        try
        {
            return new StoreKey(Read(path) ?? throw new LedgerException($"There is no store's key {path}."));
        }
        catch (Exception exception) when (exception is IOException and not LedgerException or UnauthorizedAccessException)
        {
            throw new LedgerException($"The store's key {path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>A key for one purpose, that tells nothing of those for others (HKDF, RFC 5869).</summary>
    /// <param name="purpose">A stable name, such as <c>client keys</c>.</param>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Bytes, info: Encoding.UTF8.GetBytes(purpose));

    private static byte[] Of(Secret secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal()));

    private static StoreKey Fitting(StoreKey key, StoreKeyUse use, string name, string ledger) => use.Fits(key)
        ? key
        : throw new LedgerException($"{name} is not the key that the ledger {ledger} was used with: its client keys and its audit log need that one. Put it back; who has lost it for good moves the ledger away.");

    private static byte[]? Read(string path)
    {
        if (!File.Exists(path)) return null;
        var text = File.ReadAllText(path).Trim();
        return text.Length == Bytes * 2 && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new LedgerException($"The store's key {path} is not one: {Bytes * 2} hexadecimal digits are expected.");
    }

    private static byte[] Make(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        var key = RandomNumberGenerator.GetBytes(Bytes);
        // Whole or not at all, and never over one that another process made meanwhile.
        var made = $"{path}.{Guid.NewGuid():N}";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(made, options))
            {
                file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(key) + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(made, path, overwrite: false);
            return key;
        }
        catch (IOException) when (File.Exists(path))
        {
            return Read(path)!;
        }
        finally
        {
            File.Delete(made);
        }
    }
}

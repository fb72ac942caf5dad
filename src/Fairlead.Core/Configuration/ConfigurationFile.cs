using System.Text;

namespace Fairlead.Core.Configuration;

/// <summary>The configuration's file: read no further than a configuration may be long, written whole or not at all.</summary>
public static class ConfigurationFile
{
    /// <summary>UTF-8 as it is: no mark is added, and one that is there is kept.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The largest content, in bytes of UTF-8.</summary>
    public const int MostBytes = YamlReader.MostBytes;

    /// <summary>The text of the file, or why there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What an error calls it.</param>
    /// <param name="error">Null when it was read.</param>
    public static string? Read(string path, string name, out ConfigurationError? error)
    {
        error = null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[Math.Min(Math.Max(0, file.Length), MostBytes) + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MostBytes) error = new ConfigurationError(name, 1, 1, "", $"is larger than {MostBytes} bytes");
            else return Utf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            error = new ConfigurationError(name, 1, 1, "", "is not UTF-8");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = new ConfigurationError(name, 1, 1, "", exception is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "cannot be read");
        }

        return null;
    }

    /// <summary>
    /// Writes a content into a file that is there: into a new file beside it, flushed to disk, which then takes its place in one step, so
    /// that nobody ever reads a half. Its mode is kept; where the file is a link, what it points to is replaced. Null when it is written,
    /// else a part of a sentence that says why not, and the file is as it was.
    /// </summary>
    public static string? Write(string path, string content)
    {
        string? beside = null;
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
            if (new FileInfo(target).IsReadOnly) return "its file is read-only";
            // Two processes that write at once must not share it; within one, changes come one after the other.
            beside = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Environment.ProcessId}.new");
            using (var file = new FileStream(beside, Options(target)))
            {
                file.Write(Utf8.GetBytes(content));
                file.Flush(flushToDisk: true);
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(target)); // what the umask took
            }

            File.Move(beside, target, overwrite: true);
            return null;
        }
        catch (EncoderFallbackException)
        {
            return "it holds half a character";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (beside is not null) Remove(beside);
            return exception is FileNotFoundException or DirectoryNotFoundException ? "its file is gone" : "its file cannot be written";
        }
    }

    private static FileStreamOptions Options(string target)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File.GetUnixFileMode(target);
        return options;
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is overwritten by the next change.
        }
    }
}

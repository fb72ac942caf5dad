using System.Text;

namespace Fairlead.Commands;

/// <summary>What a command was given cannot be used. The message is for whoever gave it.</summary>
internal sealed class InputException(string message) : Exception(message)
{
    /// <summary>Whether the message says where it comes from itself, as the errors of a file do.</summary>
    public bool IsComplete { get; init; }
}

/// <summary>Reads files that commands are given, bounded.</summary>
internal static class InputFile
{
    /// <summary>The path that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>The text of a file.</summary>
    /// <exception cref="InputException">It cannot be read, or is too large.</exception>
    public static string ReadText(string path, int mostBytes) => Encoding.UTF8.GetString(ReadBytes(path, mostBytes));

    /// <summary>The bytes of a file, or of standard input.</summary>
    /// <exception cref="InputException">It cannot be read, or is too large.</exception>
    public static byte[] ReadBytes(string path, int mostBytes)
    {
        try
        {
            if (Directory.Exists(path)) throw new InputException($"{path} is a folder");
            using var stream = path == StandardInput ? Console.OpenStandardInput() : File.OpenRead(path);
            return Read(stream, mostBytes) ?? throw new InputException($"{path} is larger than {mostBytes} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(exception is FileNotFoundException or DirectoryNotFoundException ? $"there is no file {path}" : $"{path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>A whole stream; null when it is larger than that.</summary>
    public static byte[]? Read(Stream stream, int mostBytes)
    {
        using var read = new MemoryStream();
        var piece = new byte[81920];
        for (int count; (count = stream.Read(piece)) > 0;)
        {
            if (read.Length + count > mostBytes) return null;
            read.Write(piece, 0, count);
        }

        return read.ToArray();
    }
}

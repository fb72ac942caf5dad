using System.Collections.Immutable;

namespace Fairlead.Admin;

/// <summary>A part of the administration API.</summary>
internal interface IAdminPart
{
    /// <summary>What it serves; the same at every call.</summary>
    ImmutableArray<AdminOperation> Operations { get; }
}

/// <summary>One request of the administration API.</summary>
/// <param name="RequestId">Our id of the request.</param>
/// <param name="Id">What stands in the path in place of <c>{id}</c>; empty where the path has none.</param>
internal readonly record struct AdminCall(string RequestId, string Id);

/// <summary>Something that the administration API does: a method on a path.</summary>
/// <param name="Method">In upper case.</param>
/// <param name="Path">Behind <see cref="AdminApplication.Prefix"/>; one segment may be <c>{id}</c>.</param>
/// <param name="HandleAsync">Answers it; the caller is an administrator.</param>
internal sealed record AdminOperation(string Method, string Path, Func<HttpContext, AdminCall, Task> HandleAsync)
{
    private const string Placeholder = "{id}";

    private readonly string[] _segments = Path.Split('/');

    /// <summary>Whether a path is this one, and what stands for its <c>{id}</c>.</summary>
    public bool Matches(string[] segments, out string id)
    {
        id = "";
        if (segments.Length != _segments.Length) return false;
        for (var i = 0; i < segments.Length; i++)
        {
            if (_segments[i] == Placeholder && segments[i].Length > 0) id = segments[i];
            else if (_segments[i] != segments[i]) return false;
        }

        return true;
    }
}

namespace Fairlead.Access;

/// <summary>Whether the administration has an address of its own, and which requests came to it. Immutable.</summary>
/// <param name="isOwn">Whether it has.</param>
internal sealed class AdminListener(bool isOwn)
{
    /// <summary>Whether it has an address of its own.</summary>
    public bool IsOwn => isOwn;

    /// <summary>Whether a request came to that address. It is the socket that says so, never something that the request says of itself.</summary>
    public static bool Took(HttpContext context) => context.Features.Get<Mark>() is not null;

    /// <summary>Stands among the features of every connection of that address.</summary>
    internal sealed class Mark
    {
        public static Mark Instance { get; } = new();
    }
}

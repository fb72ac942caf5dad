namespace Fairlead.Core.Auditing;

/// <summary>Names of what is written down about keys. They are stable: people search for them.</summary>
public static class KeyActions
{
    /// <summary>A key is made.</summary>
    public const string Create = "key.create";

    /// <summary>A key is replaced by a new one of its name.</summary>
    public const string Rotate = "key.rotate";

    /// <summary>A key is ended for good.</summary>
    public const string Revoke = "key.revoke";
}

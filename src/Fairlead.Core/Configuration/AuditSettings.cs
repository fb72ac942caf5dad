namespace Fairlead.Core.Configuration;

/// <summary>Where checkpoints of the audit log go. Without a file and a webhook none are taken.</summary>
public sealed record AuditSettings
{
    /// <summary>What <see cref="Every"/> is unless something else is said.</summary>
    public static readonly TimeSpan DefaultEvery = TimeSpan.FromSeconds(60);

    /// <summary>The file that they are appended to, with the configuration's folder in front; null: none.</summary>
    public string? File { get; init; }

    /// <summary>The http or https address that they are posted to, which may hold a token; null: none.</summary>
    public Secret? Webhook { get; init; }

    /// <summary>What posts are signed with; null: they are not.</summary>
    public Secret? WebhookKey { get; init; }

    /// <summary>The least time between two checkpoints, but for many records at once: from 1 s to 1 h, 60 s by default.</summary>
    public TimeSpan Every { get; init; } = DefaultEvery;

    /// <summary>Whether any are taken.</summary>
    public bool AreTaken => File is not null || Webhook is not null;
}

namespace Fairlead.Core.Configuration;

/// <summary>What is written of the audit log's checkpoints.</summary>
internal sealed record AuditDocument
{
    public Located<string>? File { get; init; }

    public Located<string>? Webhook { get; init; }

    public Located<string>? WebhookKey { get; init; }

    public Located<TimeSpan>? Every { get; init; }
}

/// <summary>Where checkpoints of the audit log go.</summary>
internal sealed class AuditCompiler(SecretReader secrets, string folder, Findings findings)
{
    public AuditSettings Compile(AuditDocument? document)
    {
        if (document is null) return new AuditSettings();
        if (document.WebhookKey is { } key && document.Webhook is null) findings.Error(key.At, "signs what goes to a webhook, and there is none");
        if (document.Every is { } every && document is { File: null, Webhook: null }) findings.Error(every.At, "is for checkpoints, and neither 'file' nor 'webhook' says where they go");
        return new AuditSettings
        {
            File = document.File is { } file ? Path.Combine(folder, file.Value) : null,
            Webhook = document.Webhook is { } address ? Webhook(address) : null,
            WebhookKey = Read(document.WebhookKey),
            Every = document.Every?.Value ?? AuditSettings.DefaultEvery,
        };
    }

    private Secret? Webhook(Located<string> reference)
    {
        if (Read(reference) is not { } secret) return null;
        return secrets.AreStandIns || Webhooks.Check(secret, reference.At, findings) ? secret : null;
    }

    private Secret? Read(Located<string>? reference)
    {
        if (reference is not { } given) return null;
        if (secrets.Read(given.Value, folder) is { } value) return new Secret(given.Value, value);
        findings.Error(given.At, $"no value in {given.Value}");
        return null;
    }
}

namespace Fairlead.Core.Alerting;

/// <summary>How a message of an alert was taken.</summary>
public enum AlertDelivery
{
    /// <summary>It is known there now.</summary>
    Taken,

    /// <summary>It did not arrive, or was not taken for now; it is not known there. It is tried again.</summary>
    NotTaken,

    /// <summary>No answer came: it may be known there. It is tried again.</summary>
    Unknown,

    /// <summary>It will never be taken as it is: it is not tried again.</summary>
    Refused,
}

namespace Fairlead.Simulator.Outages;

/// <summary>What kind of outage it is: how long it tends to be, and who shares it.</summary>
public enum OutageLayer
{
    /// <summary>Of the whole vendor: shared by every model that has its seed.</summary>
    Vendor,

    /// <summary>Minutes, of one target.</summary>
    Incident,

    /// <summary>Seconds, of one target.</summary>
    Blip,
}

/// <summary>How an outage shows.</summary>
public enum OutageSymptom
{
    /// <summary>Connections are refused.</summary>
    Refused,

    /// <summary>Every request is answered with status 503.</summary>
    Unavailable,

    /// <summary>Requests are taken and never answered.</summary>
    Silent,
}

/// <summary>One time of being down. Times count from the model's start; the end is no longer down.</summary>
/// <param name="Layer">What kind it is.</param>
/// <param name="Number">Its number in its layer, from 0.</param>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it is over.</param>
/// <param name="Symptom">How it shows.</param>
public readonly record struct Outage(OutageLayer Layer, int Number, TimeSpan Start, TimeSpan End, OutageSymptom Symptom)
{
    /// <summary>How long it lasts.</summary>
    public TimeSpan Length => End - Start;

    /// <summary>Whether it is down then.</summary>
    public bool Covers(TimeSpan at) => Start <= at && at < End;
}

namespace Fairlead.Server.Tests.Translation;

/// <summary>A client's conversation as the vendor of the other dialect must hear it: equal but for what the table says changes.</summary>
internal static class ExpectedConversation
{
    public static WireConversation TowardsAnthropic(WireConversation asked, TargetProfile target)
    {
        var expected = Copy(asked, part => part switch
        {
            WirePart.Thought { Signature: null } => null,
            WirePart.Image image => image with { MediaType = ImageBytes.MediaType(image.Data) ?? image.MediaType },
            WirePart.Call call => call with { Id = CallId.TowardsAnthropic(call.Id) },
            WirePart.Result result => result with { Id = CallId.TowardsAnthropic(result.Id) },
            _ => part,
        });
        // A later system message is said by the user, within its marks.
        var turns = expected.Turns.ToList();
        expected.Turns.Clear();
        foreach (var turn in turns)
        {
            if (turn.Role == "system") expected.Say("user", turn.Parts.OfType<WirePart.Text>().Select(text => text with { Value = $"<system>{text.Value}</system>" }));
            else expected.Say(turn.Role, turn.Parts);
        }

        expected.Schema = SchemaWalk.Closed(asked.Schema);
        expected.IsSchemaStrict = null;
        expected.MaxTokens = Math.Min(asked.MaxTokens ?? target.OutputWhereUnsaid, target.LargestOutput ?? decimal.MaxValue);
        if (asked.Temperature > 1) expected.Temperature = 1;
        // Newer models take one of the two; 1 is what each does unasked.
        if (asked is { Temperature: not null, TopP: not null } && asked.Temperature == 1) expected.Temperature = null;
        else if (asked.Temperature is not null) expected.TopP = null;
        return Sampled(expected, target);
    }

    public static WireConversation TowardsOpenAi(WireConversation asked, TargetProfile target)
    {
        var expected = Copy(asked, part => part switch
        {
            WirePart.Thought or WirePart.SealedThought => null,
            WirePart.Image image => image with { MediaType = ImageBytes.MediaType(image.Data) ?? image.MediaType, CacheMark = null },
            WirePart.Document { MediaType: "text/plain" } document => new WirePart.Text(document.Data),
            WirePart.Result result => result with { IsError = false, CacheMark = null },
            _ => part with { CacheMark = null },
        });
        expected.IsSchemaStrict = asked.Schema is null ? null : SchemaWalk.IsInStrictForm(asked.Schema);
        if (asked.MaxTokens > target.LargestOutput) expected.MaxTokens = target.LargestOutput;
        return Sampled(expected, target);
    }

    private static WireConversation Sampled(WireConversation expected, TargetProfile target)
    {
        if (!target.TakesTemperature) expected.Temperature = expected.TopP = null;
        return expected;
    }

    private static WireConversation Copy(WireConversation asked, Func<WirePart, WirePart?> kept)
    {
        var copy = new WireConversation
        {
            ToolChoice = asked.ToolChoice,
            IsParallelForbidden = asked.IsParallelForbidden,
            Schema = asked.Schema?.DeepClone(),
            MaxTokens = asked.MaxTokens,
            Temperature = asked.Temperature,
            TopP = asked.TopP,
            User = asked.User,
            IsStream = asked.IsStream,
        };
        copy.System.AddRange(asked.System.Select(kept).OfType<WirePart>());
        foreach (var turn in asked.Turns) copy.Say(turn.Role, turn.Parts.Select(kept).OfType<WirePart>());
        copy.Tools.AddRange(asked.Tools);
        copy.Stops.AddRange(asked.Stops);
        return copy;
    }
}

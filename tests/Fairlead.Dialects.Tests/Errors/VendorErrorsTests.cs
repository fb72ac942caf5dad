using System.Text;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Errors;

/// <summary>Errors in shapes and words that no dialect of ours has, but vendors behind compatible endpoints do.</summary>
public sealed class VendorErrorsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Every recorded error of the vendors' other interfaces by hand: the same vendors have the same words on compatible ones.</summary>
    private static readonly Dictionary<string, FailureClass> Recorded = new()
    {
        ["7061ecf7f475cf0a"] = FailureClass.CredentialsInvalid,     // anthropic models 401
        ["0ea591e8877ac3c1"] = FailureClass.RateLimited,            // bedrock 429, a message alone
        ["25bc4406e863d348"] = FailureClass.ServerError,
        ["2942c4f13c971a25"] = FailureClass.Timeout,                // bedrock 424
        ["4d79212312ddce48"] = FailureClass.Timeout,                // bedrock 408
        ["b2fd1dc18c3bfb51"] = FailureClass.Forbidden,
        ["2a0ed818d1635a6d"] = FailureClass.CredentialsInvalid,     // bedrock 403, in words alone
        ["d552dce6210fade3"] = FailureClass.ContextLengthExceeded,  // bedrock 400, in words alone
        ["22dfc49aebbeb243"] = FailureClass.BadRequest,
        ["dbfdfdc09ed4a6b3"] = FailureClass.BadRequest,
        ["a4849cb87c17ca7c"] = FailureClass.BadRequest,
        ["2df22d99f0276b62"] = FailureClass.ModelGone,              // bedrock 400, in words alone
        ["51637d0c3a07581b"] = FailureClass.ModelGone,
        ["69690474b015413c"] = FailureClass.BadRequest,
        ["51fb9a2750a00cbc"] = FailureClass.CredentialsInvalid,     // bedrock 403 of a token that ran out
        ["568ebccd997ed89c"] = FailureClass.ModelGone,
        ["b244ae61cffa8174"] = FailureClass.BadRequest,
        ["b2b6114221fc847c"] = FailureClass.CredentialsInvalid,     // cohere 498: its token, not its capacity
        ["b0b592ce1da14674"] = FailureClass.ContextLengthExceeded,  // cohere 400, in words alone
        ["680cad0d17886fe3"] = FailureClass.ModelGone,
        ["04a4871ad0942d40"] = FailureClass.ModelGone,
        ["549c4904f31eb8c7"] = FailureClass.CredentialsInvalid,
        ["d06ef0d165cc1eda"] = FailureClass.BadRequest,
        ["b303ea9c740fe25a"] = FailureClass.ModelGone,
        ["5f10db8f8d78fd82"] = FailureClass.Overloaded,
        ["d7c93b7c18d178af"] = FailureClass.ServerError,            // google 502, HTML
        ["e2c6fa0e2d5d11cb"] = FailureClass.Timeout,
        ["10d0f1648fbe6eb0"] = FailureClass.CredentialsInvalid,     // google 400 whose details say API_KEY_INVALID
        ["a8419c6cf189f2ad"] = FailureClass.ModelGone,
        ["2612640567968504"] = FailureClass.RateLimited,
        ["53d729fc90f0a230"] = FailureClass.RateLimited,            // google 429 within a list
        ["3c5ef98e4dd548d2"] = FailureClass.CredentialsInvalid,
        ["5d619b543820d361"] = FailureClass.ServerError,            // llama.cpp 500
        ["354d84c6637632fe"] = FailureClass.RateLimited,            // mistral 429, its code a number that is no status
        ["85657d0c64b1a023"] = FailureClass.BadRequest,             // mistral 422, the message an object
        ["ee2a01a6987a68e0"] = FailureClass.BadRequest,
        ["31f1f0d560620c10"] = FailureClass.BadRequest,
        ["9b0a3b23f4ceeff6"] = FailureClass.ModelGone,              // mistral 400 invalid_model
        ["036699618d6ab64f"] = FailureClass.CredentialsInvalid,     // mistral 401, detail alone
        ["c0bfb0da7467b8b8"] = FailureClass.ModelGone,
        ["4703c3ef1da1505d"] = FailureClass.BadRequest,
        ["ed5d374c4514d4e3"] = FailureClass.CredentialsInvalid,
        ["765b11bafa32d05c"] = FailureClass.Overloaded,             // ollama 503, a plain text
        ["9e95fa9a0f4c382a"] = FailureClass.ModelGone,
        ["95fde1343493a43d"] = FailureClass.CredentialsInvalid,
        ["d6004a8a210be19f"] = FailureClass.BadRequest,
        ["bfb00a806028cbc4"] = FailureClass.ModelGone,
        ["e1c3b2b5dac40f41"] = FailureClass.BadRequest,
        ["f63780c3025953a4"] = FailureClass.ModelGone,
        ["82d5efbcf7df723b"] = FailureClass.BadRequest,
        ["ef5160a63ff2a14c"] = FailureClass.CredentialsInvalid,
        ["061755d2349a2ece"] = FailureClass.ModelGone,              // openai responses 400 model_not_found
        ["2327a24f5c30495e"] = FailureClass.CredentialsInvalid,
        ["812e7f6e4e09550e"] = FailureClass.CredentialsInvalid,
        ["905258435460b75d"] = FailureClass.ModelGone,
        ["ddab3423d096a0d2"] = FailureClass.BadRequest,
        ["79aef708ff5871be"] = FailureClass.ModelGone,
        ["dbc6fb237c4427df"] = FailureClass.BadRequest,
        ["a5bc8647a6e3b376"] = FailureClass.ModelGone,
        ["6a703e95db5814a9"] = FailureClass.ModelGone,
        ["389952cebfcc4008"] = FailureClass.ContextLengthExceeded,  // vertex 400, in words alone
        ["238006150a73da3f"] = FailureClass.BadRequest,
        ["9d3b68c23aec09ad"] = FailureClass.BadRequest,
        ["3838926d0885a277"] = FailureClass.ModelGone,              // xai 400, in words alone
        ["03354a21a50d6ac8"] = FailureClass.CredentialsInvalid,     // xai 400, in words alone
    };

    [Fact]
    [Trait("Category", "SharedData")]
    public void Classify_RecordedErrorsOfOtherDialects_MeanWhatAPersonReads() =>
        Tally.Run("recorded errors of other dialects: class", Exchange.ErrorsOfOtherDialects(), exchange =>
        {
            if (exchange.Status is >= 200 and < 300) return; // created or accepted: no error
            Assert.True(Recorded.TryGetValue(exchange.Id, out var expected), "no class by hand: read it, and add it");
            var failure = VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, Now);
            Assert.Equal(expected, failure.Class);
            if (exchange.Kind != "text") Assert.NotNull(failure.Message);
        });

    [Theory]
    [Trait("Category", "SharedData")]
    [InlineData("85657d0c64b1a023", "Extra inputs are not permitted", "foo")]
    [InlineData("036699618d6ab64f", "Invalid API Key", null)]
    [InlineData("765b11bafa32d05c", "server busy, please try again.  maximum pending requests exceeded", null)]
    [InlineData("53d729fc90f0a230", "Quota exceeded.", null)]
    public void Classify_RecordedShape_TheWordsAreRead(string id, string message, string? param)
    {
        var exchange = Exchange.ErrorsOfOtherDialects().Single(exchange => exchange.Id == id);
        var failure = VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, Now);

        Assert.Equal((message, param), (failure.Message, failure.Param));
        Assert.Equal(id == "53d729fc90f0a230" ? TimeSpan.FromSeconds(12) : null, failure.RetryAfter);
    }

    /// <summary>Proxies write the name of nothing where they know no parameter; and what is about one request alone.</summary>
    [Theory]
    [InlineData(404, "The model `m` does not exist", "\"None\"", FailureClass.ModelGone, false)]
    [InlineData(404, "The model `m` does not exist", "\"null\"", FailureClass.ModelGone, false)]
    [InlineData(400, "Your credit balance is too low.", "\"None\"", FailureClass.QuotaExhausted, false)]
    [InlineData(402, "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 3000.", "null", FailureClass.QuotaExhausted, true)]
    [InlineData(402, "Insufficient credits. Add more.", "null", FailureClass.QuotaExhausted, false)]
    [InlineData(429, "Request too large for m in organization org-1 on tokens per min (TPM): Limit 10, Requested 20.", "null", FailureClass.RateLimited, true)]
    [InlineData(429, "Rate limit reached for m in organization org-1 on tokens per min (TPM): Limit 10, Used 9, Requested 2.", "null", FailureClass.RateLimited, false)]
    public void Classify_WhatIsAboutOneRequest(int status, string message, string param, FailureClass expected, bool isAboutRequest)
    {
        var failure = VendorErrors.Classify(status, Encoding.UTF8.GetBytes($"{{\"error\":{{\"type\":\"invalid_request_error\",\"message\":\"{message}\",\"param\":{param}}}}}"), static _ => null, Now);

        Assert.Equal((expected, isAboutRequest, null), (failure.Class, failure.IsAboutRequest, failure.Param));
    }

    /// <summary>Accounts that are closed, prompts that are refused, models and capacity that only one request has not: as users of these vendors report them.</summary>
    [Theory]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}""", FailureClass.CredentialsInvalid, false)]
    [InlineData(400, """{"error":{"message":"Organization has been restricted. Please reach out to support if you believe this was in error.","type":"invalid_request_error","code":"organization_restricted"}}""", FailureClass.CredentialsInvalid, false)]
    [InlineData(403, """{"error":{"message":"Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys","code":403}}""", FailureClass.QuotaExhausted, false)]
    [InlineData(403, """{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines. Team: a, Model: grok-4, Failed check: SAFETY_CHECK_TYPE_BIO"}""", FailureClass.PolicyRejected, false)]
    [InlineData(403, """{"code":"permission-denied","error":"Content violates usage guidelines. "}""", FailureClass.PolicyRejected, false)]
    [InlineData(400, """{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", FailureClass.PolicyRejected, false)]
    [InlineData(400, """{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", FailureClass.ModelGone, false)]
    [InlineData(400, """{"error":{"message":"google/gemini-2.0-pro-exp-02-05:free is not a valid model ID","code":400}}""", FailureClass.ModelGone, true)] // one of the request's own, perhaps
    [InlineData(400, """{"error":{"message":"Invalid value: 'is not a valid model ID'","code":400}}""", FailureClass.BadRequest, false)]
    [InlineData(404, """{"error":{"message":"No allowed providers are available for the selected model.","code":404}}""", FailureClass.ModelGone, true)]
    [InlineData(404, """{"error":{"message":"No endpoints found matching your data policy. Configure the model's privacy.","code":404}}""", FailureClass.ModelGone, true)]
    [InlineData(400, """{"error":{"message":"Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}""", FailureClass.SchemaInvalid, false)]
    [InlineData(498, """{"error":{"message":"Flex tier capacity exceeded","type":"internal_server_error","code":"capacity_exceeded"}}""", FailureClass.Overloaded, true)]
    [InlineData(503, """{"error":{"message":"m","type":"internal_server_error","code":"capacity_exceeded"}}""", FailureClass.Overloaded, false)]
    [InlineData(429, """{"error":{"message":"Resource unavailable.","type":"resource_unavailable","code":"resource_unavailable"}}""", FailureClass.RateLimited, true)]
    [InlineData(500, """{"error":{"code":500,"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj","type":"server_error"}}""", FailureClass.ServerError, true)]
    [InlineData(500, """{"error":{"code":500,"message":"It broke at 'image input is not supported'","type":"server_error"}}""", FailureClass.ServerError, false)]
    public void Classify_WhatUsersReport(int status, string body, FailureClass expected, bool isAboutRequest)
    {
        var failure = VendorErrors.Classify(status, Encoding.UTF8.GetBytes(body), static _ => null, Now);

        Assert.Equal((expected, isAboutRequest), (failure.Class, failure.IsAboutRequest));
    }

    /// <summary>Status, message of an <c>invalid_request_error</c> → class: words of Anthropic that users report.</summary>
    [Theory]
    [InlineData(400, "prompt is too long: 208310 tokens > 200000 maximum", FailureClass.ContextLengthExceeded)]
    [InlineData(400, "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` and try again", FailureClass.ContextLengthExceeded)]
    [InlineData(400, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.", FailureClass.QuotaExhausted)]
    [InlineData(400, "You have reached your specified API usage limits.", FailureClass.QuotaExhausted)]
    [InlineData(400, "Output blocked by content filtering policy", FailureClass.OutputFiltered)]
    [InlineData(400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.", FailureClass.PolicyRejected)]
    [InlineData(400, "Input is too long for requested model.", FailureClass.ContextLengthExceeded)]
    [InlineData(400, "User location is not supported for the API use.", FailureClass.Forbidden)]
    [InlineData(403, "Your team has either used all available credits or reached its monthly spending limit.", FailureClass.QuotaExhausted)]
    [InlineData(429, "This request would exceed your organization's monthly spend limit.", FailureClass.QuotaExhausted)]
    [InlineData(429, "You exceeded your current quota, please check your plan.", FailureClass.RateLimited)] // Google says so of a minute's limit too
    [InlineData(429, "Number of request tokens has exceeded your per-minute rate limit", FailureClass.RateLimited)]
    [InlineData(400, "temperature: range: 0..1", FailureClass.BadRequest)]
    public void Classify_Words_SayMoreThanTheStatus(int status, string message, FailureClass expected)
    {
        var failure = VendorErrors.Classify(status, Encoding.UTF8.GetBytes($"{{\"type\":\"error\",\"error\":{{\"type\":\"invalid_request_error\",\"message\":\"{message}\"}}}}"), static _ => null, Now);

        Assert.Equal((expected, message), (failure.Class, failure.Message));
        Assert.Null(failure.Code); // that the request is wrong says the status
    }

    /// <summary>Servers put the client's own values, and the names of the members that it made up, into their messages: whoever writes them takes no key and no model away from others.</summary>
    [Theory]
    [InlineData(400, """{"error":{"message":"Invalid value: 'credit balance is too low'. Supported values are: 'low', 'medium', and 'high'.","type":"invalid_request_error","param":"reasoning_effort","code":"invalid_value"}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value: 'credit balance is too low'.","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value: \"model not found\"","type":"invalid_request_error"}}""")]
    [InlineData(400, """{"error":{"message":"unknown variant `location is not supported`, expected `text` at line 1 column 216","type":"invalid_request_error"}}""")]
    [InlineData(400, """{"error":{"message":"“api key not valid” is no effort"}}""")]
    [InlineData(400, """{"error":{"message":"This model doesn't know 'api key not valid'"}}""")]
    [InlineData(400, """{"error":{"message":"This model doesn't know 'it's what the account's insufficient credits are'"}}""")]
    [InlineData(400, """{"error":{"message":"'credit balance is too low' is not one of ['low', 'high']"}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value 'x' credit balance is too low 'y'"}}""")]                 // the value has a quote in it
    [InlineData(400, """{"error":{"message":"Invalid value 'x\\' credit balance is too low"}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value 'credit balance is too low, and so on until it is cut"}}""")]
    [InlineData(400, """{"error":{"message":"unsupported tool_choice: credit balance is too low"}}""")]
    [InlineData(400, """{"error":{"message":"unsupported tool_choice:credit balance is too low"}}""")]
    [InlineData(400, """{"error":{"message":"Malformed input request: #/messages/0: extraneous key [api key not valid] is not permitted"}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"credit balance is too low: Extra inputs are not permitted"}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Model not found: a-1. b: Extra inputs are not permitted"}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"User location is not supported: Field required"}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"model not found: Required"}}""")]
    [InlineData(400, """{"message":"1 validation error for Request\nreasoning_effort\n  Input should be 'low' [type=literal_error, input_value='credit balance is too low', input_type=str]"}""")]
    [InlineData(400, """{"message":"1 validation error for Request\ncredit balance is too low\n  Extra inputs are not permitted [type=extra_forbidden, input_value=1, input_type=int]"}""")]
    [InlineData(400, """{"message":"not valid, input=credit balance is too low"}""")]
    [InlineData(400, """{"message":"[{'type': 'literal_error', 'loc': ('body', 'reasoning_effort'), 'msg': 'Input should be low', 'input': 'credit balance is too low'}]"}""")]
    [InlineData(422, """{"detail":[{"type":"literal_error","loc":["body","reasoning_effort"],"msg":"credit balance is too low is none of them","input":"credit balance is too low"}]}""")]
    [InlineData(422, """{"detail":[{"type":"value_error","msg":"credit balance is too low is none of them","input":"credit balance is too low"}]}""")]
    [InlineData(400, """{"error":{"message":"credit balance is too low is none of them","code":"unsupported_value"}}""")]
    [InlineData(400, """{"error":{"message":"model not found is none of them","param":"tools[0].model","type":"invalid_request_error"}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value: 'this organization has been disabled'"}}""")]
    [InlineData(400, """{"error":{"message":"reasoning_effort: key limit exceeded"}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value: 'content violates usage guidelines'"}}""")]
    [InlineData(400, """{"error":{"message":"Invalid value: 'the context window' of your prompt","type":"invalid_request_error"}}""")] // nor is it told that its prompt is too long
    public void Classify_WordsOfTheClientsOwn_AreNotTheVendors(int status, string body)
    {
        var failure = VendorErrors.Classify(status, Encoding.UTF8.GetBytes(body), static _ => null, Now);

        Assert.Equal((FailureClass.BadRequest, null), (failure.Class, failure.RetryAfter));
    }

    /// <summary>What the vendor itself says is still read: around quotes, behind the name of an exception, before the id that it is about.</summary>
    [Theory]
    [InlineData(400, "Your account's credit balance is too low to use `claude`", FailureClass.QuotaExhausted)]
    [InlineData(400, "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", FailureClass.QuotaExhausted)]
    [InlineData(400, "Your credit balance is too low. See https://example.test/billing", FailureClass.QuotaExhausted)]
    [InlineData(403, "Your team 1-2 has used all available credits. Buy more: https://console.x.ai/team/1-2.", FailureClass.QuotaExhausted)]
    [InlineData(400, "litellm.BadRequestError: AnthropicException - Your credit balance is too low to access the Anthropic API.", FailureClass.QuotaExhausted)]
    [InlineData(400, "Model not found: grok-nonexistent", FailureClass.ModelGone)]
    [InlineData(400, "Incorrect API key provided: in***id. You can obtain an API key from https://console.x.ai.", FailureClass.CredentialsInvalid)]
    [InlineData(400, "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` and try again", FailureClass.ContextLengthExceeded)]
    [InlineData(429, "Your organization's quota 'a' is used: insufficient balance", FailureClass.QuotaExhausted)]
    [InlineData(429, "Too many requests of 'insufficient balance'", FailureClass.RateLimited)]
    [InlineData(498, "invalid token", FailureClass.CredentialsInvalid)]
    [InlineData(498, "no capacity for 'invalid token'", FailureClass.Overloaded)]
    public void Classify_WordsOfTheVendors_AreReadAroundWhatItQuotes(int status, string message, FailureClass expected)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { error = new { message } });
        Assert.Equal(expected, VendorErrors.Classify(status, body, static _ => null, Now).Class);
    }

    [Fact]
    public void Classify_QuotedHint_IsNone()
    {
        var body = """{"error":{"message":"Too many requests of 'try again in 9 hours'. Please try again in 2s."}}"""u8;
        Assert.Equal(TimeSpan.FromSeconds(2), VendorErrors.Classify(429, body, static _ => null, Now).RetryAfter);
    }

    /// <summary>What is not there: the model itself, which all that ask for it will find, or something that the client named.</summary>
    [Theory]
    [InlineData("""{"error":{"message":"The model `gpt-x` does not exist or you do not have access to it.","code":null}}""", false)]
    [InlineData("""{"error":{"message":"models/gemini-x is not found for API version v1beta"}}""", false)]
    [InlineData("""{"error":{"type":"not_found_error","message":"model: claude-x"}}""", false)]
    [InlineData("""{"error":{"message":"The API deployment for this resource does not exist."}}""", false)]
    [InlineData("""{"error":{"message":"NotFoundError: The model 'x' does not exist."}}""", false)]
    [InlineData("""{"error":"Specified model not found: a-1. Did you mean: b-1, c-2?"}""", false)]
    [InlineData("""{"error":{"message":"It is not there.","code":"model_not_found"}}""", false)]
    [InlineData("""{"error":{"message":"It is not there.","code":"DeploymentNotFound"}}""", false)]
    [InlineData("""{"error":{"message":"It does not exist.","param":"model"}}""", false)]
    [InlineData("""{"error":{}}""", false)]
    [InlineData("""{"error":{"message":"No such File object: file-model-x","param":"id"}}""", true)]
    [InlineData("""{"error":{"message":"No such File object: file-model-x"}}""", true)]
    [InlineData("""{"error":{"message":"No such File object: model"}}""", true)]
    [InlineData("""{"error":{"message":"File file-model-x not found"}}""", true)]
    [InlineData("""{"error":{"message":"File files/model not found"}}""", true)]
    [InlineData("""{"error":{"message":"File model/x not found"}}""", true)]
    [InlineData("""{"error":{"message":"File my.model.txt not found"}}""", true)]
    [InlineData("""{"error":{"message":"File 'the model' not found"}}""", true)]
    [InlineData("""{"error":{"message":"File 'a' the model 'b' not found"}}""", true)]
    [InlineData("""{"error":{"message":"Response with id 'resp_model' not found."}}""", true)]
    [InlineData("""{"error":{"message":"The requested model 'x' does not exist.","param":"tools[0].model","code":"model_not_found"}}""", true)]
    public void Classify_WhatIsNotThere_IsTheModelOrSomethingOfTheRequest(string body, bool isAboutRequest)
    {
        var failure = VendorErrors.Classify(404, Encoding.UTF8.GetBytes(body), static _ => null, Now);

        Assert.Equal((FailureClass.ModelGone, isAboutRequest), (failure.Class, failure.IsAboutRequest));
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Classify_RecordedModelsThatAreGone_AreNotAboutTheRequest() =>
        Tally.Run("recorded models that are gone", [.. Exchange.ErrorsOfOtherDialects().Concat(Exchange.All()).Concat(Exchange.AllMessages()).Where(exchange => exchange.Status is >= 400 and < 500)], exchange =>
        {
            var failure = VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, Now);
            if (failure.Class == FailureClass.ModelGone) Assert.Equal(failure.Message!.StartsWith("Response with id", StringComparison.Ordinal), failure.IsAboutRequest);
        });

    /// <summary>An error within an answer that tells a status is the same as one of that status.</summary>
    [Fact]
    public void Observe_WhatTheClientNamedIsNotThere_IsAboutTheRequest()
    {
        var chat = new ChatStreamObserver();
        chat.Reset(withholdUsageChunk: false);
        chat.Observe("data: {\"error\":{\"code\":404,\"message\":\"No such File object: file-model-x\"}}\n\n"u8, isFinal: true);

        Assert.Equal((FailureClass.ModelGone, true), (chat.Error?.Class, chat.Error?.IsAboutRequest));
    }

    /// <summary>Exceptions of the runtime's service model, with the status that it gives them; the name comes in a header or in the body.</summary>
    [Theory]
    [InlineData("AccessDeniedException", 403, FailureClass.Forbidden)]
    [InlineData("UnrecognizedClientException", 403, FailureClass.CredentialsInvalid)]
    [InlineData("ExpiredTokenException", 403, FailureClass.CredentialsInvalid)]
    [InlineData("ResourceNotFoundException", 404, FailureClass.ModelGone)]
    [InlineData("ThrottlingException", 429, FailureClass.RateLimited)]
    [InlineData("ModelNotReadyException", 429, FailureClass.Overloaded)]
    [InlineData("ServiceQuotaExceededException", 400, FailureClass.QuotaExhausted)]
    [InlineData("ServiceUnavailableException", 503, FailureClass.Overloaded)]
    [InlineData("InternalServerException", 500, FailureClass.ServerError)]
    [InlineData("ModelTimeoutException", 408, FailureClass.Timeout)]
    [InlineData("ModelErrorException", 424, FailureClass.Timeout)]
    [InlineData("ModelStreamErrorException", 424, FailureClass.Timeout)]
    [InlineData("ValidationException", 400, FailureClass.BadRequest)]
    public void Classify_BedrocksExceptions_ByTheirName(string name, int status, FailureClass expected)
    {
        var byHeader = VendorErrors.Classify(status, """{"message":"m"}"""u8, header => header == "x-amzn-errortype" ? name + ":http://internal.amazon.com/coral/com.amazon.bedrock/" : null, Now);
        var byBody = VendorErrors.Classify(status, Encoding.UTF8.GetBytes($"{{\"__type\":\"com.amazon.coral.service#{name}\",\"message\":\"m\"}}"), static _ => null, Now);

        Assert.Equal((expected, expected), (byHeader.Class, byBody.Class));
    }

    [Theory]
    [InlineData("GenerateRequestsPerDayPerProjectPerModel-FreeTier", FailureClass.QuotaExhausted, true)]
    [InlineData("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", FailureClass.RateLimited, false)]
    [InlineData("GenerateRequestsPerDayPerProject", FailureClass.QuotaExhausted, false)]
    [InlineData("GenerateRequestsPerDayPerProjectPerModel\"},{\"quotaId\":\"GenerateRequestsPerDayPerProject", FailureClass.QuotaExhausted, false)] // both
    [InlineData("GenerateRequestsPerDayPerProject\"},{\"quotaId\":\"GenerateRequestsPerDayPerProjectPerModel", FailureClass.QuotaExhausted, false)]
    [InlineData("GenerateRequestsPerMinutePerProject\"},{\"quotaId\":\"GenerateRequestsPerDayPerProjectPerModel", FailureClass.QuotaExhausted, true)]
    public void Classify_GooglesQuotas_ByTheirId(string id, FailureClass expected, bool isOfModel)
    {
        var body = "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan.\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":["
            + $"{{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{{\"quotaId\":\"{id}\"}}]}},"
            + "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34.4s\"}]}}";

        var failure = VendorErrors.Classify(429, Encoding.UTF8.GetBytes(body), static _ => null, Now);

        Assert.Equal((expected, isOfModel, TimeSpan.FromSeconds(34.4)), (failure.Class, failure.IsOfModel, failure.RetryAfter));
    }

    /// <summary>One vendor's filter may be another's good prompt; breaking a vendor's rules of use is not.</summary>
    [Theory]
    [InlineData("""{"error":{"code":"content_filter","message":"m","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", true)]
    [InlineData("""{"error":{"code":"moderation_blocked","message":"m"}}""", true)]
    [InlineData("""{"error":{"code":403,"message":"The model requires moderation on OpenAI. Your input was flagged for \"hate\"."}}""", true)]
    [InlineData("""{"error":{"code":"content_policy_violation","message":"m"}}""", false)]
    [InlineData("""{"error":{"code":"invalid_prompt","message":"your prompt was flagged as potentially violating our usage policy"}}""", false)]
    public void Classify_ARejectedPrompt_SaysWhetherAFilterFoundIt(string body, bool isByFilter)
    {
        var failure = VendorErrors.Classify(400, Encoding.UTF8.GetBytes(body), static _ => null, Now);

        Assert.Equal((FailureClass.PolicyRejected, isByFilter), (failure.Class, failure.IsByFilter));
    }

    [Theory]
    [InlineData("""{"detail":[{"loc":["body","messages",0,"content"],"msg":"field required","type":"value_error.missing"}]}""", "messages[0].content")]
    [InlineData("""{"detail":[{"loc":["body"],"msg":"m"}]}""", null)]
    [InlineData("""{"detail":[{"loc":[{"x":1},null,"a"],"msg":"m"},{"loc":["b"]}]}""", "a")]
    [InlineData("""{"detail":[{"loc":"body","msg":"m"}]}""", null)]
    [InlineData("""{"error":{"param":"p","detail":[{"loc":["body","a"],"msg":"m"}]}}""", "p")]
    public void Classify_Location_IsThePathOfTheMember(string body, string? expected) =>
        Assert.Equal(expected, VendorErrors.Classify(422, Encoding.UTF8.GetBytes(body), static _ => null, Now).Param);

    [Fact]
    public void Classify_LongLocation_IsBounded()
    {
        var body = $"{{\"detail\":[{{\"loc\":[\"body\",{string.Join(',', Enumerable.Repeat("\"member\"", 5000))}],\"msg\":\"m\"}}]}}";
        Assert.InRange(VendorErrors.Classify(422, Encoding.UTF8.GetBytes(body), static _ => null, Now).Param!.Length, 60, 64);
    }

    /// <summary>An error within a stream has no status: the one it tells counts, else what its type says, else 500.</summary>
    [Theory]
    [InlineData("""{"error":{"message":"m","type":"overloaded_error"}}""", FailureClass.Overloaded)]
    [InlineData("""{"error":{"message":"m","type":"api_error"}}""", FailureClass.ServerError)]
    [InlineData("""{"error":{"message":"m","type":"invalid_request_error"}}""", FailureClass.BadRequest)]
    [InlineData("""{"error":{"message":"prompt is too long: 9 tokens > 8 maximum","type":"invalid_request_error"}}""", FailureClass.ContextLengthExceeded)]
    [InlineData("""{"error":{"message":"m","code":"502"}}""", FailureClass.ServerError)]
    [InlineData("""{"error":{"message":"m","code":"1300","type":"rate_limited"}}""", FailureClass.RateLimited)]
    [InlineData("""{"error":{"message":"m","code":"1300"}}""", FailureClass.ServerError)]
    [InlineData("""{"error":"m"}""", FailureClass.ServerError)]
    public void Observe_ErrorWithinAStream_HasTheClassOfItsWords(string data, FailureClass expected)
    {
        var chat = new ChatStreamObserver();
        chat.Reset(withholdUsageChunk: false);
        chat.Observe(Encoding.UTF8.GetBytes($"data: {data}\n\n"), isFinal: true);
        Assert.Equal(expected, chat.Error?.Class);

        var messages = new MessagesStreamObserver();
        messages.Observe(Encoding.UTF8.GetBytes($"event: error\ndata: {{\"type\":\"error\",{data[1..]}\n\n"), isFinal: true);
        Assert.Equal(expected, messages.Error?.Class);
    }
}

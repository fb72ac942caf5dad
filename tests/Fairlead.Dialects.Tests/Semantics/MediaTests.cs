using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section F of the wire rules: media. The number in a name is the rule's.</summary>
public sealed class MediaTests
{
    /// <summary>The first bytes of a PNG and of a JPEG file.</summary>
    private const string Png = "iVBORw0KGgoAAAANSUhEUg==";
    private const string Jpeg = "/9j/4AAQSkZJRgABAQ==";
    private const string Pdf = "JVBERi0xLjQK";

    private static Sent Chat(string part) => ChatTurns($$"""[{"role":"user","content":[{{part}}]}]""");

    private static Sent Messages(string block) => MessagesTurns($$"""[{"role":"user","content":[{{block}}]}]""");

    private static string PartOf(Sent sent) => sent["messages"]![0]!["content"]![0]!.ToJsonString();

    [Fact]
    public void Rule67_AddressOfAnImage_GoesAsAnAddress()
    {
        Same("""[{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}}]""", Chat("""{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}""")["messages"]![0]!["content"]);
        Same("""[{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]""", Messages("""{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}}""")["messages"]![0]!["content"]);
    }

    [Fact]
    public void Rule67_HowCloselyToLook_IsTold_WhereNothingMeansIt() =>
        Assert.Equal(["messages[0].content[0].image_url.detail"], Chat("""{"type":"image_url","image_url":{"url":"https://x.test/a.png","detail":"high"}}""").Losses);

    [Fact]
    public void Rule68_ImageJpg_IsCalledJpeg()
    {
        Assert.Contains("\"media_type\":\"image/jpeg\"", PartOf(Chat("""{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AAAA"}}""")), StringComparison.Ordinal);
        Assert.Contains("data:image/jpeg;base64,AAAA", PartOf(Messages("""{"type":"image","source":{"type":"base64","media_type":"image/jpg","data":"AAAA"}}""")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image/png", Png, "image/png")]
    [InlineData("image/png", Jpeg, "image/jpeg")]
    [InlineData("image/webp", "R0lGODlhAQABAA==", "image/gif")]
    [InlineData("image/png", "AAAA", "image/png")]
    public void Rule69_DataAddress_HasItsPrefixHere_AndNoneThere_AndTheTypeOfItsBytes(string claimed, string data, string type)
    {
        var sent = Chat($$$"""{"type":"image_url","image_url":{"url":"data:{{{claimed}}};base64,{{{data}}}"}}""");
        var back = Messages($$$"""{"type":"image","source":{"type":"base64","media_type":"{{{claimed}}}","data":"{{{data}}}"}}""");

        Same($$$"""[{"type":"image","source":{"type":"base64","media_type":"{{{type}}}","data":"{{{data}}}"}}]""", sent["messages"]![0]!["content"]);
        Same($$$"""[{"type":"image_url","image_url":{"url":"data:{{{type}}};base64,{{{data}}}"}}]""", back["messages"]![0]!["content"]);
    }

    [Fact]
    public void Rule69_SlashesThatAreEscaped_AreNoPartOfTheData() =>
        Same($$$"""[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"{{{Jpeg}}}"}}]""", Chat($$$"""{"type":"image_url","image_url":{"url":"data:image\/jpeg;base64,{{{Jpeg.Replace("/", "\\/", StringComparison.Ordinal)}}}"}}""")["messages"]![0]!["content"]);

    [Fact]
    public void Rule70_PdfFile_IsADocument_WithItsName()
    {
        Same($$$"""[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"{{{Pdf}}}"},"title":"a.pdf"}]""", Chat($$$"""{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,{{{Pdf}}}"}}""")["messages"]![0]!["content"]);
        Same($$$"""[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,{{{Pdf}}}"}}]""", Messages($$$"""{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"{{{Pdf}}}"}}""")["messages"]![0]!["content"]);
    }

    [Fact]
    public void Rule70_DocumentWithoutAName_GetsOne_WhereTheDialectMustHaveIt() =>
        Same($$$"""[{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,{{{Pdf}}}"}}]""", Messages($$$"""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"{{{Pdf}}}"}}""")["messages"]![0]!["content"]);

    [Theory]
    [InlineData("""{"type":"file","file":{"file_id":"file-1"}}""")]
    [InlineData("""{"type":"file","file":{"filename":"a.bin","file_data":"data:application/zip;base64,UEsDBA=="}}""")]
    public void Rule70_FileThatIsNoDocumentThere_IsRefused(string part) => Refused("unsupported_parameter", "messages[0].content[0]", Chat(part));

    /// <summary>No type is read out of an address: it goes as it is, query and all.</summary>
    [Fact]
    public void Rule71_AddressWithAQuery_GoesAsItIs()
    {
        const string address = "https://x.test/a.png?v=1.gif&type=image/webp#b.jpg";

        Same($$$"""{"type":"image","source":{"type":"url","url":"{{{address}}}"}}""", Chat($$$"""{"type":"image_url","image_url":{"url":"{{{address}}}"}}""")["messages"]![0]!["content"]![0]);
        Same($$$"""{"type":"image_url","image_url":{"url":"{{{address}}}"}}""", Messages($$$"""{"type":"image","source":{"type":"url","url":"{{{address}}}"}}""")["messages"]![0]!["content"]![0]);
    }
}

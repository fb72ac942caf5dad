using System.Text;
using System.Xml;

namespace Fairlead.PolicyTests;

/// <summary>Results as JUnit XML, which most pipelines read. One suite for each file.</summary>
internal static class JUnitReport
{
    public static void Write(Stream stream, TestedSuite[] suites)
    {
        using var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false), CheckCharacters = false });
        xml.WriteStartElement("testsuites");
        WriteCounts(xml, [.. suites.SelectMany(suite => suite.Results)]);
        foreach (var (file, results) in suites)
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", file);
            WriteCounts(xml, results);
            foreach (var result in results)
            {
                xml.WriteStartElement("testcase");
                xml.WriteAttributeString("classname", file);
                xml.WriteAttributeString("name", result.Name);
                if (!result.HasPassed)
                {
                    xml.WriteStartElement("failure");
                    xml.WriteAttributeString("message", string.Join("; ", result.Mismatches.Select(mismatch => $"{mismatch.What}: expected {mismatch.Expected}, was {mismatch.Was}")));
                    xml.WriteString(result.Outcome.Sentence);
                    xml.WriteEndElement();
                }

                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteCounts(XmlWriter xml, TestedResult[] results)
    {
        xml.WriteAttributeString("tests", results.Length.ToString(null, null));
        xml.WriteAttributeString("failures", results.Count(result => !result.HasPassed).ToString(null, null));
    }
}

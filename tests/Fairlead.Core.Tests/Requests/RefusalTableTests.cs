using System.Reflection;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Tests.Requests;

/// <summary>The table names every refusal that the code can make.</summary>
public sealed class RefusalTableTests
{
    [Fact]
    public void Rows_HoldEveryRefusal()
    {
        var all = typeof(RefusalTable).GetProperties(BindingFlags.Public | BindingFlags.Static).Where(property => property.PropertyType == typeof(RefusalRow)).Select(property => (RefusalRow)property.GetValue(null)!);

        Assert.Equal(all.OrderBy(row => row.Code, StringComparer.Ordinal), RefusalTable.Rows.OrderBy(row => row.Code, StringComparer.Ordinal));
        Assert.Equal(RefusalTable.Rows.Select(row => row.Status).Order(), RefusalTable.Rows.Select(row => row.Status));
        Assert.Distinct(RefusalTable.Rows.Select(row => (row.Status, row.Code)));
        Assert.All(RefusalTable.Rows, row => Assert.Matches("^[a-z_]+$", row.Code));
    }
}

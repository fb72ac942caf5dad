using System.Collections.Frozen;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>
/// Compiles one document. References are resolved behind everything else, for they point forward and round in circles; what they point
/// to is compiled then if it stands where no keyword has led to. Used once, by one thread.
/// </summary>
internal sealed class SchemaCompiler(bool formatsMustBeMet)
{
    private readonly SchemaPlaces _places = new();
    private readonly SchemaPatterns _patterns = new();
    private readonly Queue<Pending> _pending = new();

    private readonly record struct Pending(Keyword Keyword, string Reference, SchemaResource Base, string Pointer);

    /// <summary>Why the document is refused; null when it is not. The first reason counts.</summary>
    public string? Reason { get; private set; }

    /// <summary>Compiles a document; worthless when there is then a <see cref="Reason"/>.</summary>
    public SchemaNode Compile(JsonElement document)
    {
        var root = Node(document, "", new SchemaResource(SchemaPlaces.FirstUri));
        while (Reason is null && _pending.TryDequeue(out var pending)) Resolve(pending);
        return root;
    }

    private SchemaNode Node(JsonElement schema, string pointer, SchemaResource resource)
    {
        if (_places.Find(pointer) is { } known) return known;
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            var constant = new SchemaNode(resource) { Always = schema.ValueKind == JsonValueKind.True };
            if (pointer.Length == 0) _places.Begin(resource, constant, schema, pointer);
            _places.Add(pointer, constant);
            return constant;
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            Refuse(pointer, "must be an object, true or false");
            return new SchemaNode(resource) { Always = true };
        }

        if (pointer.Length == 0 && Text(schema, "$schema") is { } dialect && !IsKnownDialect(dialect)) Refuse("/$schema", "names a dialect that is not known here");
        var id = Text(schema, "$id");
        var isOwn = id is { Length: > 0 } && id[0] != '#';
        if (isOwn)
        {
            if (SchemaPlaces.Combine(resource.Uri, id!) is not { } uri) Refuse(pointer + "/$id", "is no address");
            else resource = new SchemaResource(uri);
        }

        var node = new SchemaNode(resource);
        if ((isOwn || pointer.Length == 0) && !_places.Begin(resource, node, schema, pointer)) Refuse(pointer + "/$id", "stands in the schema more than once");
        if (id is { Length: > 1 } && id[0] == '#') resource.Anchors.TryAdd(id[1..], node); // as draft 6 and 7 write an anchor
        _places.Add(pointer, node);
        node.Keywords = Keywords(schema, pointer, node);
        return node;
    }

    private Keyword[] Keywords(JsonElement schema, string pointer, SchemaNode node)
    {
        var keywords = new List<Keyword>();
        var unseen = new List<Keyword>(2);
        foreach (var member in schema.EnumerateObject())
        {
            var (name, value, at) = (member.Name, member.Value, SchemaPlaces.Child(pointer, member.Name));
            switch (name)
            {
                case "$anchor" when IsText(value, at):
                    node.Resource.Anchors.TryAdd(value.GetString()!, node);
                    break;
                case "$dynamicAnchor" when IsText(value, at):
                    node.Resource.Anchors.TryAdd(value.GetString()!, node);
                    node.Resource.DynamicAnchors.TryAdd(value.GetString()!, node);
                    break;
                case "$ref" when IsText(value, at):
                    keywords.Add(Later(new ReferenceKeyword(), value, node, at));
                    break;
                case "$dynamicRef" when IsText(value, at):
                    keywords.Add(Later(new DynamicReferenceKeyword(), value, node, at));
                    break;
                case "$defs" or "definitions":
                    Named(value, at, node.Resource);
                    break;
                case "type":
                    keywords.Add(new TypeKeyword(Types(value, at)));
                    break;
                case "const":
                    keywords.Add(new EnumKeyword(name, [CanonicalText.Of(value)]));
                    break;
                case "enum" when IsArray(value, at):
                    keywords.Add(new EnumKeyword(name, value.EnumerateArray().Select(CanonicalText.Of)));
                    break;
                case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" when IsNumber(value, at):
                    keywords.Add(new BoundKeyword(name, DecimalNumber.Of(value)));
                    break;
                case "multipleOf" when IsNumber(value, at):
                    var divisor = DecimalNumber.Of(value);
                    if (divisor.IsZero || divisor.IsNegative) Refuse(at, "must be more than zero");
                    else keywords.Add(new MultipleKeyword(divisor));
                    break;
                case "minLength" or "maxLength":
                    keywords.Add(new LengthKeyword(name, Count(value, at)));
                    break;
                case "minItems" or "maxItems":
                    keywords.Add(new ItemCountKeyword(name, Count(value, at)));
                    break;
                case "minProperties" or "maxProperties":
                    keywords.Add(new MemberCountKeyword(name, Count(value, at)));
                    break;
                case "minContains" or "maxContains":
                    Count(value, at);
                    break;
                case "pattern" when IsText(value, at):
                    if (Pattern(value.GetString()!, at) is { } pattern) keywords.Add(new PatternKeyword(pattern));
                    break;
                case "format" when IsText(value, at):
                    if (formatsMustBeMet && Formats.Find(value.GetString()!) is { } format) keywords.Add(new FormatKeyword(value.GetString()!, format));
                    break;
                case "uniqueItems":
                    if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Refuse(at, "must be true or false");
                    else if (value.ValueKind == JsonValueKind.True) keywords.Add(new UniqueKeyword());
                    break;
                case "required" when IsArray(value, at):
                    keywords.Add(new RequiredKeyword(name, null, Texts(value, at)));
                    break;
                case "dependentRequired" or "dependentSchemas" or "dependencies" when IsObject(value, at):
                    Dependent(value, at, node.Resource, keywords);
                    break;
                case "propertyNames":
                    keywords.Add(new NamesKeyword(Node(value, at, node.Resource)));
                    break;
                case "allOf":
                    keywords.Add(new AllOfKeyword(Nodes(value, at, node.Resource)));
                    break;
                case "anyOf":
                    keywords.Add(new AnyOfKeyword(Nodes(value, at, node.Resource)));
                    break;
                case "oneOf":
                    keywords.Add(new OneOfKeyword(Nodes(value, at, node.Resource)));
                    break;
                case "not":
                    keywords.Add(new NotKeyword(Node(value, at, node.Resource)));
                    break;
                case "contains":
                    keywords.Add(new ContainsKeyword(Node(value, at, node.Resource), Sibling(schema, "minContains") ?? 1, Sibling(schema, "maxContains") ?? long.MaxValue));
                    break;
                case "if":
                    keywords.Add(new ConditionKeyword(Node(value, at, node.Resource), Part(schema, pointer, "then", node.Resource), Part(schema, pointer, "else", node.Resource)));
                    break;
                case "then" or "else":
                    Node(value, at, node.Resource); // a reference may point to it
                    break;
                case "unevaluatedProperties":
                    unseen.Add(new UnseenMembersKeyword(Node(value, at, node.Resource)));
                    break;
                case "unevaluatedItems":
                    unseen.Add(new UnseenItemsKeyword(Node(value, at, node.Resource)));
                    break;
            }
        }

        Members(schema, pointer, node.Resource, keywords);
        Items(schema, pointer, node.Resource, keywords);
        node.AsksWhatWasSeen = unseen.Count > 0;
        return [.. keywords, .. unseen];
    }

    private void Members(JsonElement schema, string pointer, SchemaResource resource, List<Keyword> keywords)
    {
        var hasNamed = schema.TryGetProperty("properties", out var named);
        var hasPatterns = schema.TryGetProperty("patternProperties", out var patterned);
        var others = Part(schema, pointer, "additionalProperties", resource);
        if (!hasNamed && !hasPatterns && others is null) return;
        var nodes = hasNamed ? Named(named, pointer + "/properties", resource) : [];
        var patterns = new List<(SchemaPattern, SchemaNode)>();
        foreach (var (name, node) in hasPatterns ? Named(patterned, pointer + "/patternProperties", resource) : [])
        {
            if (Pattern(name, SchemaPlaces.Child(pointer + "/patternProperties", name)) is { } pattern) patterns.Add((pattern, node));
        }

        keywords.Add(new MembersKeyword(nodes.ToFrozenDictionary(StringComparer.Ordinal), [.. patterns], others));
    }

    private void Items(JsonElement schema, string pointer, SchemaResource resource, List<Keyword> keywords)
    {
        SchemaNode[] first = [];
        if (schema.TryGetProperty("prefixItems", out var prefix)) first = Nodes(prefix, pointer + "/prefixItems", resource);
        SchemaNode? others;
        if (schema.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array)
        {
            first = Nodes(items, pointer + "/items", resource);
            others = Part(schema, pointer, "additionalItems", resource);
        }
        else
        {
            others = Part(schema, pointer, "items", resource);
        }

        if (first.Length > 0 || others is not null) keywords.Add(new ItemsKeyword(first, others));
    }

    private void Dependent(JsonElement value, string pointer, SchemaResource resource, List<Keyword> keywords)
    {
        foreach (var member in value.EnumerateObject())
        {
            var at = SchemaPlaces.Child(pointer, member.Name);
            if (member.Value.ValueKind == JsonValueKind.Array) keywords.Add(new RequiredKeyword("dependentRequired", member.Name, Texts(member.Value, at)));
            else keywords.Add(new DependentKeyword(member.Name, Node(member.Value, at, resource)));
        }
    }

    private SchemaNode? Part(JsonElement schema, string pointer, string name, SchemaResource resource) =>
        schema.TryGetProperty(name, out var value) ? Node(value, SchemaPlaces.Child(pointer, name), resource) : null;

    private Dictionary<string, SchemaNode> Named(JsonElement value, string pointer, SchemaResource resource)
    {
        var named = new Dictionary<string, SchemaNode>(StringComparer.Ordinal);
        if (!IsObject(value, pointer)) return named;
        foreach (var member in value.EnumerateObject()) named.Add(member.Name, Node(member.Value, SchemaPlaces.Child(pointer, member.Name), resource));
        return named;
    }

    private SchemaNode[] Nodes(JsonElement value, string pointer, SchemaResource resource)
    {
        if (!IsArray(value, pointer)) return [];
        var nodes = new SchemaNode[value.GetArrayLength()];
        var index = 0;
        foreach (var item in value.EnumerateArray()) nodes[index] = Node(item, SchemaPlaces.Child(pointer, index++), resource);
        return nodes;
    }

    private Keyword Later(Keyword keyword, JsonElement reference, SchemaNode node, string pointer)
    {
        _pending.Enqueue(new Pending(keyword, reference.GetString()!, node.Resource, pointer));
        return keyword;
    }

    private void Resolve(Pending pending)
    {
        var target = Target(pending, out var resource, out var fragment);
        if (target is null)
        {
            Refuse(pending.Pointer, resource is null ? "points to another document, and none is fetched" : "points to nothing in the schema");
            return;
        }

        if (pending.Keyword is ReferenceKeyword reference) reference.Target = target;
        if (pending.Keyword is not DynamicReferenceKeyword dynamic) return;
        dynamic.Target = target;
        if (resource!.DynamicAnchors.GetValueOrDefault(fragment) == target) dynamic.Anchor = fragment;
    }

    private SchemaNode? Target(Pending pending, out SchemaResource? resource, out string fragment)
    {
        var hash = pending.Reference.IndexOf('#', StringComparison.Ordinal);
        fragment = hash < 0 ? "" : Uri.UnescapeDataString(pending.Reference[(hash + 1)..]);
        var address = hash < 0 ? pending.Reference : pending.Reference[..hash];
        var uri = address.Length == 0 ? pending.Base.Uri : SchemaPlaces.Combine(pending.Base.Uri, address);
        resource = uri is null ? null : _places.Resource(uri);
        if (resource is null)
        {
            if (uri != MetaSchema.Address) return null;
            resource = MetaSchema.Root.Resource;
            return fragment.Length == 0 ? MetaSchema.Root : null;
        }

        if (fragment.Length == 0) return resource.Root;
        if (fragment[0] != '/') return resource.Anchors.GetValueOrDefault(fragment);
        if (_places.Follow(resource, fragment) is not { } place) return null;
        return _places.Find(place.Pointer) ?? Node(place.Schema, place.Pointer, place.Resource);
    }

    private SchemaPattern? Pattern(string pattern, string pointer)
    {
        var compiled = _patterns.Compile(pattern, out var reason);
        if (compiled is null) Refuse(pointer, reason!);
        return compiled;
    }

    private JsonTypes Types(JsonElement value, string pointer)
    {
        var types = JsonTypes.None;
        if (value.ValueKind == JsonValueKind.String) types = TypeKeyword.Of(value.GetString());
        else if (IsArray(value, pointer))
        {
            foreach (var text in Texts(value, pointer))
            {
                var type = TypeKeyword.Of(text);
                if (type == JsonTypes.None) Refuse(pointer, "must name types of JSON");
                types |= type;
            }
        }

        if (types == JsonTypes.None) Refuse(pointer, "must name types of JSON");
        return types;
    }

    private string[] Texts(JsonElement value, string pointer)
    {
        if (!IsArray(value, pointer)) return [];
        if (value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)) return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        Refuse(pointer, "must hold texts alone");
        return [];
    }

    /// <summary>A limit: a whole number that is not negative. One beyond all counting is as good as the largest.</summary>
    private long Count(JsonElement value, string pointer)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            var number = DecimalNumber.Of(value);
            if (number is { IsWhole: true, IsNegative: false }) return value.TryGetDecimal(out var count) && count < long.MaxValue ? (long)count : long.MaxValue;
        }

        Refuse(pointer, "must be a whole number, not negative");
        return 0;
    }

    private long? Sibling(JsonElement schema, string name) => schema.TryGetProperty(name, out var value) ? Count(value, "/" + name) : null;

    private static string? Text(JsonElement schema, string name) => schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsKnownDialect(string dialect) =>
        dialect.TrimEnd('#') is MetaSchema.Address or "http://json-schema.org/draft-07/schema" or "https://json-schema.org/draft-07/schema"
            or "http://json-schema.org/draft-06/schema" or "https://json-schema.org/draft/2019-09/schema" or "http://json-schema.org/schema";

    private bool IsText(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.String || Refuse(pointer, "must be a text");

    private bool IsNumber(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.Number || Refuse(pointer, "must be a number");

    private bool IsArray(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.Array || Refuse(pointer, "must be an array");

    private bool IsObject(JsonElement value, string pointer) => value.ValueKind == JsonValueKind.Object || Refuse(pointer, "must be an object");

    private bool Refuse(string pointer, string what)
    {
        const int mostCharacters = 256;
        Reason ??= $"{(pointer.Length == 0 ? "The schema" : $"'{(pointer.Length <= mostCharacters ? pointer : pointer[..mostCharacters] + "…")}'")} {what}.";
        return false;
    }
}

using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>The documentation file beside an assembly, by members. What is inherited is looked up where it comes from.</summary>
sealed class XmlDocumentation
{
    static readonly ConcurrentDictionary<Assembly, XmlDocumentation> Files = new();

    readonly Dictionary<string, XElement> _members;

    XmlDocumentation(Assembly assembly) => _members = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member").ToDictionary(static it => it.Attribute("name")!.Value);

    public static XmlDocumentation Of(Assembly assembly) => Files.GetOrAdd(assembly, static it => new XmlDocumentation(it));

    public string Text(MemberInfo member) => Part(Id(member), "summary")?.Value ?? "";

    /// <summary>What nobody has written, one line each.</summary>
    public IEnumerable<string> Lacks(MemberInfo member)
    {
        var id = Id(member);
        if (string.IsNullOrWhiteSpace(Part(id, "summary")?.Value))
        {
            yield return $"{id}: a summary";
        }
        if (member is not MethodBase method)
        {
            yield break;
        }
        var isExtension = method.IsDefined(typeof(ExtensionAttribute), inherit: false);
        foreach (var parameter in method.GetParameters().Where(it => !(isExtension && it.Position == 0) && it.ParameterType != typeof(CancellationToken)))
        {
            if (string.IsNullOrWhiteSpace(Part(id, "param", parameter.Name)?.Value))
            {
                yield return $"{id}: the parameter {parameter.Name}";
            }
        }
        if (method is MethodInfo { ReturnType: var type } && type != typeof(void) && type != typeof(Task) && type != typeof(ValueTask) && Part(id, "returns") is null)
        {
            yield return $"{id}: what it returns";
        }
    }

    XElement? Part(string id, string name, string? parameter = null)
    {
        if (!_members.TryGetValue(id, out var member))
        {
            return null;
        }
        return member.Elements(name).FirstOrDefault(it => parameter is null || it.Attribute("name")!.Value == parameter)
            ?? (member.Element("inheritdoc") is not { } inherited ? null
                : inherited.Attribute("cref") is { } origin ? Part(origin.Value, name, parameter)
                : new XElement(name, "inherited from the platform's own interface"));
    }

    static string Id(MemberInfo member) => member switch
    {
        Type type => $"T:{Name(type)}",
        PropertyInfo property => $"P:{Name(property.DeclaringType!)}.{property.Name}{Parameters(property.GetIndexParameters())}",
        FieldInfo field => $"F:{Name(field.DeclaringType!)}.{field.Name}",
        EventInfo one => $"E:{Name(one.DeclaringType!)}.{one.Name}",
        ConstructorInfo constructor => $"M:{Name(constructor.DeclaringType!)}.#ctor{Parameters(constructor.GetParameters())}",
        MethodInfo method => $"M:{Name(method.DeclaringType!)}.{method.Name}{(method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "")}{Parameters(method.GetParameters())}{(method.Name == "op_Implicit" ? $"~{Reference(method.ReturnType)}" : "")}",
        _ => throw new NotSupportedException($"A {member.MemberType} is not part of the public API so far."),
    };

    static string Parameters(ParameterInfo[] parameters) => parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(static it => Reference(it.ParameterType)))})";

    static string Name(Type type) => type.FullName!.Replace('+', '.');

    static string Reference(Type type) => type switch
    {
        { IsByRef: true } => $"{Reference(type.GetElementType()!)}@",
        { IsArray: true } => $"{Reference(type.GetElementType()!)}[]",
        { IsGenericParameter: true } => $"{(type.DeclaringMethod is null ? "`" : "``")}{type.GenericParameterPosition}",
        { IsGenericType: true } => $"{type.Namespace}.{type.Name.Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(Reference))}}}",
        _ => Name(type),
    };
}

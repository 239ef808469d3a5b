using System.Reflection;
using System.Runtime.CompilerServices;
using Braintrust.Extensions.Hosting;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Local;
using Braintrust.Logging.Testing;
using Serilog;
using Serilog.Sinks.Braintrust;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>Whoever meets a public member in an editor reads what it is for, what each argument means and what comes back; of an option also its default.</summary>
public class PublicMembersTests
{
    const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<Type> Assemblies =>
        [typeof(BraintrustClient), typeof(BraintrustLoggerConfigurationExtensions), typeof(BraintrustLoggerProvider), typeof(BraintrustHealthCheckOptions), typeof(InMemoryBraintrust), typeof(BraintrustLocal)];

    [Theory, MemberData(nameof(Assemblies))]
    public void EachIsDocumentedWithItsParametersAndItsResult(Type one)
    {
        var all = XmlDocumentation.Of(one.Assembly);
        var members = one.Assembly.GetExportedTypes().SelectMany(static type => type.GetMembers(Own).Where(static member => IsPublic(member)).Prepend(type)).ToList();
        Assert.NotEmpty(members);
        Assert.Equal([], members.SelectMany(member => all.Lacks(member)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(typeof(BraintrustOptions))]
    [InlineData(typeof(BraintrustLoggerOptions))]
    [InlineData(typeof(BraintrustSinkOptions))]
    [InlineData(typeof(BraintrustHealthCheckOptions))]
    [InlineData(typeof(SnapshotOptions))]
    [InlineData(typeof(BraintrustLocalOptions))]
    public void AnOptionSaysItsDefault(Type options)
    {
        var all = XmlDocumentation.Of(options.Assembly);
        Assert.Equal([], options.GetProperties(Own).Where(static it => IsPublic(it) && it.SetMethod is { IsPublic: true })
            .Where(it => all.Text(it) is var text && !text.Contains("default", StringComparison.OrdinalIgnoreCase) && !text.Contains("Unset: ", StringComparison.Ordinal)).Select(static it => it.Name));
    }

    /// <summary>A record with a constructor of all its members cannot get one more without breaking whoever takes it apart.</summary>
    [Theory, MemberData(nameof(Assemblies))]
    public void NoneIsARecordByPosition(Type one) => Assert.Equal([], one.Assembly.GetExportedTypes().Where(static type => type.GetMethod("Deconstruct") is not null));

    static bool IsPublic(MemberInfo member) => member.GetCustomAttribute<CompilerGeneratedAttribute>() is null && member switch
    {
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo one => IsVisible(one.AddMethod!),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        ConstructorInfo constructor => IsVisible(constructor) && !(constructor.GetParameters().Length == 0 && constructor.DeclaringType!.GetConstructors().Length == 1), // says nothing that its type does not
        MethodInfo method => IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !IsObjects(method),
        _ => false, // exported types are listed themselves
    };

    static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    static bool IsObjects(MethodInfo method) => method.GetBaseDefinition().DeclaringType == typeof(object) || method.GetBaseDefinition().DeclaringType == typeof(ValueType);
}

using System.Reflection;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Tests.Watching;

namespace Braintrust.Logging.Tests.Privacy;

/// <summary>A debugger, a log call and an exception's message print objects with <c>ToString</c>: no object of ours says the key.</summary>
public sealed class ReachableKeyTests
{
    [Fact]
    public async Task NothingThatCanBeReachedFromAClientInUseSaysTheKey()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using var span = logger.StartSpan("open");
        logger.Log(name: "row", output: new BraintrustAttachment(new byte[] { 1, 2, 3 }, "a.bin"));
        await logger.Client.FlushAsync();

        var reached = Reach(logger.Client, world.Options());

        Assert.Contains(reached, it => it is string text && Canary.IsIn(text)); // it is there, and was walked past
        Assert.Contains(reached, it => it.GetType().Name == "ConnectionSettings");
        Assert.Equal([], from it in reached where it is not string && IsOurs(it.GetType()) && Canary.IsIn(it.ToString()) select it.GetType().Name);
    }

    /// <summary>All that our own objects hold, and what holds them in turn; of the framework's, only collections are entered.</summary>
    static HashSet<object> Reach(params object[] from)
    {
        var reached = new HashSet<object>(from, ReferenceEqualityComparer.Instance);
        var ahead = new Stack<object>(from);
        while (ahead.TryPop(out var at))
        {
            for (var type = at.GetType(); type is not null; type = type.BaseType)
            {
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPointer && !field.FieldType.IsByRefLike && field.GetValue(at) is { } value)
                    {
                        Add(value);
                    }
                }
            }
            if (at is Array { Rank: 1 } items && !items.GetType().GetElementType()!.IsPrimitive)
            {
                foreach (var item in items)
                {
                    Add(item);
                }
            }
        }
        return reached;

        void Add(object? value)
        {
            if (value is not null && (value is string || IsOurs(value.GetType()) || value.GetType().Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true || value is Array or Delegate or Task)
                && reached.Add(value) && value is not string)
            {
                ahead.Push(value);
            }
        }
    }

    static bool IsOurs(Type type) => type.Assembly == typeof(BraintrustClient).Assembly;
}

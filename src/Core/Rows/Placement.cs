using System.Buffers.Binary;
using System.Diagnostics;

namespace Braintrust.Logging.Rows;

/// <summary>Where a row stands: its trace and its parent, decided on the caller's thread (semantics: ids and parents).</summary>
/// <param name="TraceId">The trace.</param>
/// <param name="ParentId">The parent's span id; 0 for a root.</param>
/// <param name="IsFresh">Nothing around gave a trace: this one was made up.</param>
readonly record struct Placement(UInt128 TraceId, ulong ParentId, bool IsFresh)
{
    /// <summary>Activities of this source are exported to Braintrust by its official SDK, so their rows will exist.</summary>
    const string OfficialSource = "braintrust-dotnet";

    public static Placement Below(BraintrustSpan parent) => new(parent.Trace, parent.Span, false);

    /// <summary>
    /// Below the logger's innermost open span, or below an exported activity that began after it; else a root, in the trace of the
    /// current activity if there is one.
    /// </summary>
    public static Placement Of(BraintrustLogger logger)
    {
        var span = Ambient.Innermost(logger);
        var activity = Activity.Current;
        if (activity is null)
        {
            return span is null ? new(Ids.NewTraceId(), 0, true) : Below(span);
        }

        var exported = Exported(activity);
        if (span is not null && (exported is null || exported.StartTimeUtc.Ticks <= span.StartTicks))
        {
            return Below(span);
        }
        if (activity.IdFormat != ActivityIdFormat.W3C)
        {
            return new(Ids.NewTraceId(), 0, true);
        }
        return exported is null
            ? new(Bits(activity.TraceId), 0, false)
            : new(Bits(exported.TraceId), Bits(exported.SpanId), false);
    }

    /// <summary>The nearest activity that Braintrust will hold a row for. Never point at a row that will not exist.</summary>
    static Activity? Exported(Activity? activity)
    {
        while (activity is not null && !(activity.Recorded && activity.Source.Name == OfficialSource))
        {
            activity = activity.Parent;
        }
        return activity;
    }

    static UInt128 Bits(ActivityTraceId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    static ulong Bits(ActivitySpanId id)
    {
        Span<byte> bytes = stackalloc byte[8];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}

using Braintrust.Logging;
using Serilog;
using Serilog.Core;

namespace Snippets;

/// <summary>Files that belong to rows.</summary>
public static class Attaching
{
    public static void Files(BraintrustLogger logger, string path, object transcript)
    {
        // snippet: attachments
        var picture = BraintrustAttachment.FromFile(path);
        var call = BraintrustAttachment.FromJson(transcript, "transcript.json");
        var original = BraintrustAttachment.External("s3://bucket/originals/4711.tiff", "4711.tiff");

        using var span = logger.StartSpan("describe", input: new { question = "What is this?", picture });
        span.Log(output: "A teapot.", metadata: new { call, original });
        // end
    }

    public static Logger Serilog(BraintrustAttachment picture)
    {
        // snippet: attachments-serilog
        var log = new LoggerConfiguration()
            .Destructure.Braintrust()
            .WriteTo.Braintrust("My Project")
            .CreateLogger();

        log.Information("Asked {Question} about {@Input}", "What is this?", new { picture });
        // end
        return log;
    }
}

using System.Net.Http.Headers;

namespace Braintrust.Logging.Attachments;

/// <summary>Kinds of content, by what a file is called.</summary>
static class MediaTypes
{
    public const string Unknown = "application/octet-stream";

    const int Longest = 127;

    static readonly Dictionary<string, string> ByExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".avif"] = "image/avif",
        [".csv"] = "text/csv",
        [".gif"] = "image/gif",
        [".htm"] = "text/html",
        [".html"] = "text/html",
        [".jpeg"] = "image/jpeg",
        [".jpg"] = "image/jpeg",
        [".json"] = "application/json",
        [".jsonl"] = "application/jsonl",
        [".m4a"] = "audio/mp4",
        [".md"] = "text/markdown",
        [".mp3"] = "audio/mpeg",
        [".mp4"] = "video/mp4",
        [".ogg"] = "audio/ogg",
        [".pdf"] = "application/pdf",
        [".png"] = "image/png",
        [".svg"] = "image/svg+xml",
        [".txt"] = "text/plain",
        [".wav"] = "audio/wav",
        [".webm"] = "video/webm",
        [".webp"] = "image/webp",
        [".xml"] = "application/xml",
        [".zip"] = "application/zip",
    };

    /// <summary>What was said, else what the file's name says.</summary>
    /// <exception cref="ArgumentException">What was said is no media type.</exception>
    public static string Of(string? contentType, string filename)
    {
        if (string.IsNullOrWhiteSpace(contentType))
        {
            return ByExtension.GetValueOrDefault(Path.GetExtension(filename), Unknown);
        }
        if (contentType.Length > Longest || contentType.AsSpan().ContainsAnyExceptInRange(' ', '~') || !MediaTypeHeaderValue.TryParse(contentType, out _))
        {
            throw new ArgumentException("The content type must be a media type, such as image/png.", nameof(contentType));
        }
        return contentType.Trim();
    }
}

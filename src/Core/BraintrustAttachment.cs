using Braintrust.Logging.Attachments;
using Braintrust.Logging.Privacy;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging;

/// <summary>
/// A file that belongs to a row: an image, a recording, a document. Log it as or anywhere inside of input, output, expected or metadata. The row refers to it, and
/// its bytes are uploaded once the row was delivered, once however many rows refer to it. Immutable.
/// </summary>
/// <remarks>With Serilog set <c>Destructure.Braintrust()</c>, or it captures the object's properties in place of the attachment.</remarks>
public sealed class BraintrustAttachment
{
    /// <summary>The most bytes an attachment may have: 32 MiB. Those that wait to be uploaded count in <see cref="BraintrustOptions.QueueLimitBytes"/>.</summary>
    public const int LengthLimit = 32 * 1024 * 1024;

    /// <summary>An attachment with these bytes, which are copied.</summary>
    /// <param name="content">At most <see cref="LengthLimit"/> bytes.</param>
    /// <param name="filename">The name it is shown by. Directories are left out, and characters that cannot be seen replaced.</param>
    /// <param name="contentType">A media type. Null: by the name's extension, else <c>application/octet-stream</c>.</param>
    /// <exception cref="ArgumentException">The content is too large, or the content type is none.</exception>
    public BraintrustAttachment(ReadOnlyMemory<byte> content, string filename, string? contentType = null)
        : this(filename, contentType)
    {
        BoundedContent.Check(content.Length);
        Content = content.ToArray();
    }

    BraintrustAttachment(string filename, string? contentType)
    {
        ArgumentNullException.ThrowIfNull(filename);
        Filename = FileNames.Plain(filename);
        ContentType = MediaTypes.Of(contentType, Filename);
    }

    /// <summary>What it is called.</summary>
    public string Filename { get; }

    /// <summary>What kind of content it is, as a media type.</summary>
    public string ContentType { get; }

    /// <summary>What Braintrust knows it by, a UUID; null for an external one.</summary>
    public string? Key { get; private init; } = Guid.NewGuid().ToString();

    /// <summary>How many bytes will be uploaded; 0 for an external one.</summary>
    public long Length => Content.Length;

    /// <summary>Where an external one is; else null.</summary>
    public string? Url { get; private init; }

    internal ReadOnlyMemory<byte> Content { get; private init; }

    /// <summary>Reads a stream to its end, now, and leaves it open.</summary>
    /// <param name="content">At most <see cref="LengthLimit"/> bytes from where it stands.</param>
    /// <param name="filename">The name it is shown by. Directories are left out, and characters that cannot be seen replaced.</param>
    /// <param name="contentType">A media type. Null: by the name's extension, else <c>application/octet-stream</c>.</param>
    /// <returns>The attachment, to be logged.</returns>
    /// <exception cref="ArgumentException">The content is too large, or the content type is none.</exception>
    public static BraintrustAttachment FromStream(Stream content, string filename, string? contentType = null) =>
        new(filename, contentType) { Content = BoundedContent.Read(content) };

    /// <inheritdoc cref="FromStream"/>
    /// <returns>The attachment, to be logged.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<BraintrustAttachment> FromStreamAsync(Stream content, string filename, string? contentType = null, CancellationToken cancellationToken = default) =>
        new(filename, contentType) { Content = await BoundedContent.ReadAsync(content, cancellationToken).ConfigureAwait(false) };

    /// <summary>Reads a file, now. It is called as the file is.</summary>
    /// <param name="path">The file, of at most <see cref="LengthLimit"/> bytes.</param>
    /// <param name="contentType">A media type. Null: by the name's extension, else <c>application/octet-stream</c>.</param>
    /// <returns>The attachment, to be logged.</returns>
    /// <exception cref="ArgumentException">The file is too large, or the content type is none.</exception>
    /// <exception cref="IOException">The file could not be read; other exceptions of <see cref="File.OpenRead"/> are thrown too.</exception>
    public static BraintrustAttachment FromFile(string path, string? contentType = null)
    {
        using var file = File.OpenRead(path);
        return FromStream(file, path, contentType);
    }

    /// <summary>A value as a JSON file: for transcripts and the like that are too large for a row, which keeps about 1 MiB of a value.</summary>
    /// <param name="value">Any value that can be logged, written as a row would have it, what stands under names of keys and passwords as <c>***</c>; however many items it has, up to <see cref="LengthLimit"/> bytes in all.</param>
    /// <param name="filename">The name it is shown by.</param>
    /// <returns>The attachment, to be logged.</returns>
    /// <exception cref="ArgumentException">The JSON is too large, or the value holds an attachment.</exception>
    public static BraintrustAttachment FromJson(object? value, string filename = "data.json")
    {
        var isWithheld = false;
        var leaf = ValueLeaf.Of(value, null, ref isWithheld);
        using var json = new JsonBuffer();
        if (ValueLeaf.IsImmutable(leaf))
        {
            Values.Write(leaf, json);
        }
        else
        {
            json.Raw(ValueCapture.Whole(leaf!, LengthLimit) ?? throw new ArgumentException($"The JSON is larger than an attachment may be: {LengthLimit} bytes (32 MiB).", nameof(value)));
        }
        if (json.CopyAttachments() is not null)
        {
            throw new ArgumentException("An attachment cannot hold another one: nobody would upload it.", nameof(value));
        }
        SecretScrubber.Scrub(json, 0);
        return new(filename, "application/json") { Content = json.Written.ToArray() };
    }

    /// <summary>A file that is somewhere else, in an object store for instance: the row says where, and nothing is uploaded.</summary>
    /// <param name="url">An absolute URL, such as <c>s3://bucket/key</c>.</param>
    /// <param name="filename">The name it is shown by.</param>
    /// <param name="contentType">A media type. Null: by the name's extension, else <c>application/octet-stream</c>.</param>
    /// <returns>The attachment, to be logged.</returns>
    /// <exception cref="ArgumentException">The URL is not absolute or longer than 8,192 characters, or the content type is none.</exception>
    public static BraintrustAttachment External(string url, string filename, string? contentType = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(url);
        if (url.Length > 8192 || !Uri.TryCreate(url, UriKind.Absolute, out _))
        {
            throw new ArgumentException("The URL of an external attachment must be absolute, such as s3://bucket/key, and not longer than 8,192 characters.", nameof(url));
        }
        return new(filename, contentType) { Url = url, Key = null };
    }

    /// <summary>The file's name: what a rendered message shows.</summary>
    public override string ToString() => Filename;
}

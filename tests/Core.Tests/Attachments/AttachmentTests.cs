using System.Text;

namespace Braintrust.Logging.Tests.Attachments;

/// <summary>What an attachment is before anybody logs it.</summary>
public sealed class AttachmentTests
{
    [Fact]
    public void TheBytesAreCopied()
    {
        byte[] bytes = [1, 2, 3];
        var attachment = new BraintrustAttachment(bytes, "three.bin");
        bytes[0] = 9;

        Assert.Equal([1, 2, 3], attachment.Content.ToArray());
        Assert.Equal(3, attachment.Length);
    }

    [Fact]
    public void EachHasAKeyOfItsOwn()
    {
        var (one, other) = (new BraintrustAttachment(default, "a"), new BraintrustAttachment(default, "a"));
        Assert.True(Guid.TryParseExact(one.Key, "D", out _));
        Assert.NotEqual(one.Key, other.Key);
    }

    [Theory]
    [InlineData("photo.PNG", "image/png")]
    [InlineData("speech.mp3", "audio/mpeg")]
    [InlineData("noextension", "application/octet-stream")]
    [InlineData("what.isthis", "application/octet-stream")]
    public void TheNameSaysWhatItIsUnlessThatIsSaid(string name, string contentType)
    {
        Assert.Equal(contentType, new BraintrustAttachment(default, name).ContentType);
        Assert.Equal(contentType, new BraintrustAttachment(default, name, " ").ContentType);
        Assert.Equal("text/plain; charset=utf-8", new BraintrustAttachment(default, name, "text/plain; charset=utf-8").ContentType);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("image/png\r\nX-Evil: 1")]
    [InlineData("image/pñg")]
    public void AContentTypeThatIsNoneIsRefused(string contentType) =>
        Assert.Throws<ArgumentException>("contentType", () => new BraintrustAttachment(default, "a.png", contentType));

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData(@"C:\Users\me\secret plan.pdf", "secret plan.pdf")]
    [InlineData("a\r\nb\0c.txt", "a__b_c.txt")]
    [InlineData("photo\u202Egnp.exe", "photo_gnp.exe")]
    [InlineData("", "attachment")]
    [InlineData("..", "attachment")]
    [InlineData("folder/", "attachment")]
    [InlineData("\"quoted\" 'n' <b>.png", "\"quoted\" 'n' <b>.png")]
    [InlineData("日本語🎉.png", "日本語🎉.png")]
    public void HostileNamesAreMadePlain(string name, string plain) => Assert.Equal(plain, new BraintrustAttachment(default, name).Filename);

    [Fact] // a lone surrogate does not survive as an attribute's argument
    public void HalfACharacterBecomesTheMarkForOne() => Assert.Equal("lone\uFFFD.png", new BraintrustAttachment(default, "lone\uD800.png").Filename);

    [Fact]
    public void ALongNameKeepsItsExtension()
    {
        var name = new BraintrustAttachment(default, new string('x', 10_000) + "🎉.png").Filename;
        Assert.Equal(255, name.Length);
        Assert.All(name[..^4], letter => Assert.Equal('x', letter));
    }

    [Fact]
    public async Task AStreamIsReadToItsEndAtOnceAndStaysOpen()
    {
        var bytes = Some.Bytes(200_000);
        using var stream = new MemoryStream(bytes) { Position = 100 };
        var now = BraintrustAttachment.FromStream(stream, "a.bin");
        Assert.Equal(bytes[100..], now.Content.ToArray());

        stream.Position = 0;
        Assert.Equal(bytes, (await BraintrustAttachment.FromStreamAsync(stream, "a.bin")).Content.ToArray());
        Assert.True(stream.CanRead);
    }

    [Fact]
    public async Task MoreThanTheLimitIsRefusedAtConstruction()
    {
        const string because = "32 MiB";
        var largest = new byte[BraintrustAttachment.LengthLimit];
        var tooLarge = new byte[BraintrustAttachment.LengthLimit + 1];

        Assert.Equal(BraintrustAttachment.LengthLimit, new BraintrustAttachment(largest, "a").Length);
        Assert.Equal(BraintrustAttachment.LengthLimit, BraintrustAttachment.FromStream(new Endless(BraintrustAttachment.LengthLimit), "a").Length);
        Assert.Contains(because, Assert.Throws<ArgumentException>(() => new BraintrustAttachment(tooLarge, "a")).Message);
        Assert.Contains(because, Assert.Throws<ArgumentException>(() => BraintrustAttachment.FromStream(new MemoryStream(tooLarge), "a")).Message);
        var endless = new Endless(long.MaxValue);
        Assert.Contains(because, Assert.Throws<ArgumentException>(() => BraintrustAttachment.FromStream(endless, "a")).Message);
        Assert.Contains(because, (await Assert.ThrowsAsync<ArgumentException>(() => BraintrustAttachment.FromStreamAsync(new Endless(long.MaxValue), "a"))).Message);
        Assert.InRange(endless.Given, BraintrustAttachment.LengthLimit, 2L * BraintrustAttachment.LengthLimit); // it did not read on
        Assert.Contains(because, Assert.Throws<ArgumentException>(() => BraintrustAttachment.FromJson(Enumerable.Range(0, 10_000_000).Select(_ => "eight"))).Message);
    }

    [Fact]
    public void AFileIsCalledAsItIs()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.csv");
        File.WriteAllText(path, "a,b");
        try
        {
            var attachment = BraintrustAttachment.FromFile(path);
            Assert.Equal((Path.GetFileName(path), "text/csv", "a,b"), (attachment.Filename, attachment.ContentType, TextOf(attachment)));
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Throws<FileNotFoundException>(() => BraintrustAttachment.FromFile(path));
    }

    [Fact]
    public void JsonIsWrittenAsARowWouldHaveItButWhole()
    {
        var attachment = BraintrustAttachment.FromJson(new { Big = Enumerable.Range(0, 3000), S = "x" });

        Assert.Equal(("data.json", "application/json"), (attachment.Filename, attachment.ContentType));
        Assert.Equal($$"""{"Big":[{{string.Join(',', Enumerable.Range(0, 3000))}}],"S":"x"}""", TextOf(attachment));
        Assert.Equal("null", TextOf(BraintrustAttachment.FromJson(null)));
        Assert.Equal("\"text\"", TextOf(BraintrustAttachment.FromJson("text", "a.json")));
    }

    [Fact]
    public void AnAttachmentInsideOfAnotherIsRefused() => // nobody would upload it
        Assert.Throws<ArgumentException>("value", () => BraintrustAttachment.FromJson(new[] { new BraintrustAttachment(default, "a") }));

    [Theory]
    [InlineData("no url")]
    [InlineData(" ")]
    public void AnExternalOneNeedsAUrl(string url) => Assert.Throws<ArgumentException>("url", () => BraintrustAttachment.External(url, "a"));

    [Fact]
    public void AnExternalOneHasNothingToUpload()
    {
        var attachment = BraintrustAttachment.External("s3://bucket/path/to/file.pdf", "file.pdf");
        Assert.Equal(("s3://bucket/path/to/file.pdf", null, 0, "application/pdf"), (attachment.Url, attachment.Key, attachment.Length, attachment.ContentType));
    }

    static string TextOf(BraintrustAttachment attachment) => Encoding.UTF8.GetString(attachment.Content.Span);

    /// <summary>A stream whose length nobody knows.</summary>
    sealed class Endless(long length) : Stream
    {
        public long Given { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Given);
            Given += read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

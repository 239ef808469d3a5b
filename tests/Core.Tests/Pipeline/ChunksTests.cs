using System.Buffers;
using Braintrust.Logging.Pipeline;
using CsCheck;

namespace Braintrust.Logging.Tests.Pipeline;

public sealed class ChunksTests
{
    [Fact]
    public void WhatWasAppendedComesBackWhateverTheSizesAndWheneverItIsFitted() =>
        Gen.Select(Gen.Int[0, 200_000], Gen.Bool).List[1, 12].Sample(steps =>
        {
            var chunks = new Chunks();
            var all = new List<byte>();
            var parts = new List<(int From, int Length)>();
            foreach (var (length, isFitted) in steps)
            {
                var bytes = new byte[length];
                new Random(length).NextBytes(bytes);
                parts.Add((chunks.Length, length));
                chunks.Append(bytes);
                all.AddRange(bytes);
                if (isFitted)
                {
                    chunks.Fit();
                }
            }

            foreach (var (from, length) in parts)
            {
                var at = from;
                foreach (var piece in chunks.Pieces(from, length))
                {
                    Assert.True(piece.SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all).Slice(at, piece.Length)));
                    at += piece.Length;
                }
                Assert.Equal(from + length, at);
            }
            Assert.Equal([.. all, 1, 2], chunks.Followed(new byte[] { 1, 2 }).ToArray());
            chunks.Clear(isFree: true);
            Assert.Equal(0, chunks.Length);
        }, iter: 100);
}

using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>
/// A disk in memory on which processes can be killed at any call, calls can fail, and the power can go: then of what was not forced to disk any part may survive, sector by sector and
/// name by name, in any order.
/// </summary>
sealed class MemoryDisk
{
    public const int Sector = 512;

    readonly Dictionary<string, Entry> _names = new(StringComparer.Ordinal) { ["/"] = new Entry(new Node(isFolder: true)) };
    readonly Dictionary<Node, Process> _locks = [];

    public long FreeBytes { get; set; } = 1L << 40;

    public int TornWrites { get; private set; }

    public int LostNames { get; private set; }

    public Process Start() => new(this);

    public IEnumerable<string> Paths => _names.Where(static name => name.Value.Live is not null).Select(static name => name.Key).Order(StringComparer.Ordinal);

    /// <summary>The power goes and comes back.</summary>
    public void LosePower(Random random)
    {
        _locks.Clear();
        var survivors = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var (path, entry) in _names.OrderBy(static name => name.Key.Length))
        {
            var node = entry.States[random.Next(entry.States.Count)];
            LostNames += node != entry.Live ? 1 : 0;
            if (node is not null && (path == "/" || survivors.ContainsKey(ParentOf(path))))
            {
                survivors[path] = new Entry(node);
            }
        }
        foreach (var node in survivors.Values.Select(static entry => entry.Live!).Where(static node => !node.IsFolder).Distinct())
        {
            TornWrites += node.LosePower(random) ? 1 : 0;
        }
        _names.Clear();
        foreach (var (path, entry) in survivors)
        {
            _names[path] = entry;
        }
    }

    static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "/";

    Node? Find(string path) => _names.TryGetValue(path, out var entry) ? entry.Live : null;

    void Name(string path, Node? node)
    {
        if (node is not null && Find(ParentOf(path)) is not { IsFolder: true })
        {
            throw new DirectoryNotFoundException(path);
        }
        if (_names.TryGetValue(path, out var entry))
        {
            entry.States.Add(node);
        }
        else if (node is not null)
        {
            _names[path] = new Entry(null) { States = { node } };
        }
    }

    /// <summary>What a name led to since the last sync of its folder; the last is what a process sees.</summary>
    sealed class Entry(Node? node)
    {
        public List<Node?> States { get; } = [node];

        public Node? Live => States[^1];
    }

    sealed class Node(bool isFolder)
    {
        readonly List<(long At, byte[]? Bytes)> _unsynced = []; // no bytes: cut there
        byte[] _durable = [];
        bool _isDoomed;

        public bool IsFolder => isFolder;

        public byte[] Live { get; private set; } = [];

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            var copy = bytes.ToArray();
            Live = Apply(Live, at, copy);
            _unsynced.Add((at, copy));
        }

        public void Truncate(long length)
        {
            Live = Apply(Live, length, null);
            _unsynced.Add((length, null));
        }

        public void Sync()
        {
            if (_isDoomed)
            {
                return; // as kernels do: the pages count as clean, the call succeeds, and nothing is on disk
            }
            _durable = Live;
            _unsynced.Clear();
        }

        public void FailSync() => _isDoomed = true;

        public bool LosePower(Random random)
        {
            var isTorn = false;
            var bytes = _durable;
            foreach (var (at, data) in _unsynced.OrderBy(_ => random.Next()).ToList())
            {
                if (data is null)
                {
                    bytes = random.Next(2) == 0 ? Apply(bytes, at, null) : bytes;
                    continue;
                }
                for (var from = at; from < at + data.Length;)
                {
                    var to = Math.Min(at + data.Length, (from / Sector + 1) * Sector);
                    if (random.Next(3) > 0)
                    {
                        bytes = Apply(bytes, from, data[(int)(from - at)..(int)(to - at)]);
                    }
                    else
                    {
                        isTorn = true;
                    }
                    from = to;
                }
            }
            Live = _durable = bytes;
            _unsynced.Clear();
            _isDoomed = false;
            return isTorn;
        }

        static byte[] Apply(byte[] to, long at, byte[]? bytes)
        {
            var result = new byte[bytes is null ? at : Math.Max(to.Length, at + bytes.Length)];
            to.AsSpan(0, Math.Min(to.Length, result.Length)).CopyTo(result);
            bytes?.CopyTo(result, at);
            return result;
        }
    }

    public sealed class KilledException : Exception;

    /// <summary>The disk as one process sees it.</summary>
    public sealed class Process(MemoryDisk disk) : ISpoolFiles
    {
        public int Calls { get; private set; }

        /// <summary>The call at which the process ends. A write that is hit is written in part.</summary>
        public int KillAt { get; set; } = -1;

        /// <summary>The call that fails.</summary>
        public int FailAt { get; set; } = -1;

        /// <summary>The calls that fail from there on, until it is set anew.</summary>
        public bool FailsOn { get; set; }

        public Func<Exception> Failure { get; set; } = static () => new IOException("Input/output error");

        /// <summary>What was asked when it failed or was killed.</summary>
        public string? Hit { get; private set; }

        public bool IsDead { get; private set; }

        public void Kill()
        {
            IsDead = true;
            foreach (var node in disk._locks.Where(held => held.Value == this).Select(static held => held.Key).ToList())
            {
                disk._locks.Remove(node);
            }
        }

        public void MakeFolder(string path)
        {
            Step("mkdir " + path);
            if (disk.Find(path) is null)
            {
                disk.Name(path, new Node(isFolder: true));
            }
            else if (disk.Find(path) is { IsFolder: false })
            {
                throw new IOException("it is not a folder");
            }
        }

        public bool IsOurs(string folder)
        {
            if (IsDead)
            {
                throw new KilledException();
            }
            return disk.Find(folder) is { IsFolder: true };
        }

        public IEnumerable<(string Name, long Length)> List(string folder)
        {
            Step("list " + folder);
            if (disk.Find(folder) is not { IsFolder: true })
            {
                throw new DirectoryNotFoundException(folder);
            }
            return [.. disk._names.Where(name => name.Value.Live is not null && name.Key != "/" && ParentOf(name.Key) == folder).Select(static name => (Path.GetFileName(name.Key), (long)name.Value.Live!.Live.Length))];
        }

        public ISpoolFile Create(string path)
        {
            Step("create " + path);
            if (disk.Find(path) is not null)
            {
                throw new IOException("the name is taken");
            }
            var node = new Node(isFolder: false);
            disk.Name(path, node);
            return new File(this, path, node);
        }

        public ISpoolFile? Open(string path)
        {
            Step("open " + path);
            return disk.Find(path) is { IsFolder: false } node ? new File(this, path, node) : null;
        }

        public void Rename(string from, string to)
        {
            Step("rename " + from);
            var node = disk.Find(from) ?? throw new FileNotFoundException(from);
            disk.Name(to, node);
            disk.Name(from, null);
        }

        public void Delete(string path)
        {
            Step("delete " + path);
            disk.Name(path, null);
        }

        public void DeleteFolder(string path)
        {
            Step("rmdir " + path);
            if (disk._names.Any(name => name.Value.Live is not null && name.Key != path && ParentOf(name.Key) == path))
            {
                throw new IOException("it is not empty");
            }
            disk.Name(path, null);
        }

        public void SyncFolder(string path)
        {
            Step("syncdir " + path);
            foreach (var entry in disk._names.Where(name => name.Key != "/" && ParentOf(name.Key) == path).Select(static name => name.Value))
            {
                entry.States.RemoveRange(0, entry.States.Count - 1);
            }
        }

        public IDisposable? TryLock(string path, bool create)
        {
            Step("lock " + path);
            if (disk.Find(path) is not { } node)
            {
                if (!create)
                {
                    return null;
                }
                node = new Node(isFolder: false);
                disk.Name(path, node);
            }
            return disk._locks.TryAdd(node, this) ? new Lock(this, node) : null;
        }

        public (long Free, long Total) Room(string folder)
        {
            Step("room");
            return (disk.FreeBytes, 1L << 40);
        }

        void Step(string call)
        {
            if (IsDead)
            {
                throw new KilledException();
            }
            Calls++;
            if (Calls == KillAt)
            {
                Hit = call;
                Kill();
                throw new KilledException();
            }
            if (Calls == FailAt || (FailsOn && FailAt > 0 && Calls > FailAt))
            {
                Hit ??= call;
                throw Failure();
            }
        }

        sealed class Lock(Process process, Node node) : IDisposable
        {
            public void Dispose()
            {
                if (!process.IsDead)
                {
                    process.Disk._locks.Remove(node);
                }
            }
        }

        MemoryDisk Disk => disk;

        sealed class File(Process process, string path, Node node) : ISpoolFile
        {
            public long Length => node.Live.Length;

            public bool IsInPlace => process.Disk.Find(path) == node;

            public int Read(Span<byte> into, long at)
            {
                process.Step("read " + path);
                var bytes = node.Live.AsSpan((int)Math.Min(at, node.Live.Length));
                bytes = bytes[..Math.Min(bytes.Length, into.Length)];
                bytes.CopyTo(into);
                return bytes.Length;
            }

            public void Write(ReadOnlySpan<byte> bytes, long at)
            {
                try
                {
                    process.Step("write " + path);
                }
                catch when (process.Hit == "write " + path)
                {
                    node.Write(bytes[..(bytes.Length / 2)], at); // a short one
                    throw;
                }
                node.Write(bytes, at);
            }

            public void Truncate(long length)
            {
                process.Step("truncate " + path);
                node.Truncate(length);
            }

            public void Sync()
            {
                try
                {
                    process.Step("sync " + path);
                }
                catch
                {
                    node.FailSync();
                    throw;
                }
                node.Sync();
            }

            public void Dispose()
            {
            }
        }
    }
}

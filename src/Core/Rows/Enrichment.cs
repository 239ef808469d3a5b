namespace Braintrust.Logging.Rows;

/// <summary>A scope that is no span: what it knows goes to the metadata of the rows inside it.</summary>
sealed class Enrichment : IAmbientNode, IDisposable
{
    volatile bool _closed;

    public Enrichment(Property[] properties)
    {
        Properties = properties;
        Outer = Ambient.Current;
        Above = Outer?.Enrichment;
        Weight = RowWeight.Of(properties) + (Above?.Weight ?? 0);
        Ambient.Enter(this);
    }

    public Property[] Properties { get; }

    /// <summary>The next enrichment outwards.</summary>
    public Enrichment? Above { get; }

    /// <summary>What it and those above it weigh in each row inside.</summary>
    public long Weight { get; }

    public bool IsClosed => _closed;

    public IAmbientNode? Outer { get; set; }

    Enrichment? IAmbientNode.Enrichment => this;

    public void Dispose()
    {
        _closed = true;
        Ambient.Leave(this);
    }
}

namespace Braintrust.Logging.Local.Tool;

/// <summary>How far it is, on one line that is written over; where there is no terminal, nothing until the end.</summary>
sealed class ProgressBar(TextWriter terminal, int total, bool isRedirected)
{
    const int Width = 32;

    public void Show(int done)
    {
        if (!isRedirected)
            terminal.Write("\r" + Line(done, total));
    }

    public void End()
    {
        if (!isRedirected)
            terminal.WriteLine();
    }

    public static string Line(int done, int total)
    {
        var full = total == 0 ? Width : (int)((long)done * Width / total);
        return $"[{new string('█', full)}{new string('░', Width - full)}] {done} of {total} rows";
    }
}

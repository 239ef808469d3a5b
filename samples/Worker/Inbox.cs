using System.Runtime.CompilerServices;

namespace Worker;

sealed record Ticket(int Number, string Tenant, string Text);

/// <summary>Tickets of three tenants: the same six once, or over and over.</summary>
sealed class Inbox(bool endless)
{
    static readonly string[] Texts = ["Where is my parcel?", "The invoice is wrong.", ""];

    public static IReadOnlyList<string> Tenants { get; } = ["Ada's Attic", "Boole & Sons", "Curry Supplies"];

    public bool IsEndless => endless;

    public async IAsyncEnumerable<Ticket> ReadAsync([EnumeratorCancellation] CancellationToken stop)
    {
        for (var number = 1; endless || number <= 6; number++)
        {
            yield return new Ticket(number, Tenants[number % Tenants.Count], Texts[number % 4 == 0 ? 2 : number % 2]);
            if (endless)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), stop);
            }
        }
    }
}

namespace ChatApi;

sealed record Order(int Number, string Tea, string Status, string? Arrives);

/// <summary>The tool that the model may use. What it logs nests below its call.</summary>
sealed class Orders(ILogger<Orders> log)
{
    static readonly Order[] All = [new(1017, "Darjeeling", "on its way", "tomorrow"), new(1018, "Oolong", "delivered", null)];

    public Order? Find(int number)
    {
        var order = Array.Find(All, order => order.Number == number);
        log.LogInformation("Order {Number} is {Status}", number, order?.Status ?? "unknown");
        return order;
    }
}

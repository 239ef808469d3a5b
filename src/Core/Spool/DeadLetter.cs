using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>A row that the service will not take.</summary>
/// <param name="Reason">One of <see cref="LossReasons"/>.</param>
/// <param name="Message">What the service said.</param>
/// <param name="Project">Where it should have gone.</param>
/// <param name="Ticks">When it was given up, UTC.</param>
/// <param name="Json">The row.</param>
sealed record DeadLetter(string Reason, string Message, ProjectKey Project, long Ticks, byte[] Json);

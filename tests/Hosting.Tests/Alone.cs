// What activities are listened to, and what the library says of itself, is the process's: a host of one test would show what another test does.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

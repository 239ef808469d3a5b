using System.Reflection;

namespace Braintrust.Logging.Local.Tool;

static class Help
{
    public const string Text = """
        See your Braintrust traces without leaving your machine.

          braintrust-local [serve]         start the server and its page
            --port <n>                     default 4848; 0 takes a free one
            --listen <address>             default 127.0.0.1; any other address needs the token that is printed,
                                           or the one in BRAINTRUST_LOCAL_TOKEN
            --db <file>                    default: braintrust-local/traces.db in the user's data folder
            --memory                       keep nothing on disk
            --keep-days <n>                default 30: traces that did not change for so long are removed
            --keep-mb <n>                  default 1024: beyond it the oldest traces are removed

          braintrust-local export          write rows as NDJSON, one row a line
            --project <name>               which project
            --trace <root span id>         only this trace; without --project it must be in one project alone
            --out <file>                   default: standard output
            --db <file>

          braintrust-local clear           remove what is stored, of all projects
            --project <name>               only of this one
            --db <file>

          braintrust-local replay          send stored rows to Braintrust; sending them again changes nothing
            --to <app url>                 e.g. https://www.braintrust.dev
            --project <name>               which project to send
            --trace <root span id>         only this trace of it
            --from <file>                  rows from an export instead of the database
            --as <name>                    the project to send to, if its name is another
            --db <file>
            The key comes from BRAINTRUST_API_KEY, the organisation from BRAINTRUST_ORG_NAME.

          braintrust-local --version
        """;

    public static string Version => typeof(Help).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}

using System.Text;
using System.Text.Json;

namespace Braintrust.Logging.Rows;

/// <summary>Makes a row that is too large for the server smaller: its longest texts are cut, with a mark where.</summary>
static class RowShortener
{
    const int ShortestCut = 256;

    /// <summary>False: cutting texts does not bring it to the wanted size.</summary>
    public static bool TryShorten(ReadOnlySpan<byte> row, int wantedBytes, JsonBuffer into)
    {
        using var document = JsonDocument.Parse(row.ToArray());
        for (var limit = Math.Max(ShortestCut, wantedBytes / 2); ; limit /= 2)
        {
            into.Clear();
            Write(document.RootElement, limit, into);
            if (into.Length <= wantedBytes)
            {
                return true;
            }
            if (limit < ShortestCut)
            {
                return false;
            }
        }
    }

    static void Write(JsonElement element, int limit, JsonBuffer json)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                json.BeginObject();
                foreach (var member in element.EnumerateObject())
                {
                    json.Name(member.Name);
                    Write(member.Value, limit, json);
                }
                json.EndObject();
                break;
            case JsonValueKind.Array:
                json.BeginArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(item, limit, json);
                }
                json.EndArray();
                break;
            case JsonValueKind.String:
                json.String(element.GetString(), limit);
                break;
            default:
                json.Raw(Encoding.UTF8.GetBytes(element.GetRawText()));
                break;
        }
    }
}

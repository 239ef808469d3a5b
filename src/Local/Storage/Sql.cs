using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Storage;

/// <summary>SQL in one call. Arguments are bound in order, to $1, $2, …; null is SQL's null.</summary>
[SuppressMessage("Security", "CA2100", Justification = "Statements are literals of this assembly; values are bound.")]
static class Sql
{
    public static void Run(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    public static object? Scalar(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        return command.ExecuteScalar();
    }

    public static IEnumerable<SqliteDataReader> Query(SqliteConnection connection, string sql, params object?[] arguments)
    {
        using var command = Command(connection, sql);
        Bind(command, arguments);
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return reader;
    }

    public static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    public static void Bind(SqliteCommand command, ReadOnlySpan<object?> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (command.Parameters.Count <= i)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            command.Parameters[i].Value = arguments[i] ?? DBNull.Value;
        }
    }

    public static string? Text(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static double? Real(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);
}

"""Tells SQLite how its tables look once they are large, for it takes an index that tells clients apart for a good one.

Without figures it reads all that a client has ever had for each letter or effect that it looks for. Its own ANALYZE
would count a new database, which is empty, and never again. So the figures are ours, the same on every machine; they
change how fast an answer comes and never what it is.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

_ROWS = 100_000
_OF_ONE_CLIENT = 10_000
_IN_ONE_STATE = 500  # of one client: nearly all rows are in their last state, and nobody asks for those
_ALIKE = 10
_COARSE = {"client", "account", "kind", "role", "purpose"}


def advise(connection: Connection) -> None:
    """Write the figures down, and have this connection use them; new ones do by themselves."""
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes their table where there is none
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for table, index, figures in _figures(connection):
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, index, figures))
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def _figures(connection: Connection) -> Iterator[tuple[str, str, str]]:
    query = (
        'SELECT m.name, l.name, l."unique", (SELECT group_concat(name) FROM pragma_index_info(l.name)) '
        "FROM sqlite_schema m JOIN pragma_index_list(m.name) l "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND l.partial = 0"
    )
    for table, index, unique, columns in connection.exec_driver_sql(query).all():
        names = columns.split(",")
        counts = [_alike(names[:length]) for length in range(1, len(names) + 1)]
        counts[-1] = 1 if unique else counts[-1]
        yield table, index, " ".join(map(str, (_ROWS, *counts)))


def _alike(columns: Sequence[str]) -> int:
    """How many rows are the same in these columns."""
    finer = set(columns) - _COARSE
    return _ALIKE if finer - {"state"} else _IN_ONE_STATE if finer else _OF_ONE_CLIENT

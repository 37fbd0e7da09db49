"""Loads one file as the server reads it and by the binary way, to compare what lands."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, Any

import psycopg2

from mover_postgres.binary.ladder import CsvLadder, Declined, plan_csv
from mover_postgres.options import CopyOptions, LoadOptions
from records_mover.meter import Cancellation, Meter
from records_mover.parts import Part, TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mover_postgres.watched.roundings import Watched

__all__ = ["CsvWays", "Rows", "csv_options", "target_rows"]

Rows = list[tuple[Any, ...]] | None

_TABLE = TableName(schema="pg_temp", name="target")


def csv_options(**changed: Any) -> LoadOptions:
    """Return the options of plain CSV, some of them changed."""
    plain = {"mode": "csv", "delimiter": ",", "null": "", "encoding": "UTF8", "quote": '"'}
    copy = CopyOptions(**{**plain, "escape": '"', **changed})
    return LoadOptions(copy=copy, date_style="ISO, MDY")


def target_rows(cursor: Any, columns: int) -> Rows:
    """Return the rows of the target as text, in the order of loading."""
    names = ", ".join(f"c{index}::text" for index in range(columns))
    cursor.execute(f"SELECT {names} FROM pg_temp.target ORDER BY n")
    return list(cursor.fetchall())


class CsvWays:
    """Tables with columns c0, c1... and the two ways into them; None stands for a refusal."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._made: tuple[str, ...] | None = None

    def __call__(
        self, data: bytes, *kinds: str, watched: Sequence[Watched] | None = None, **changed: Any
    ) -> tuple[Rows, Rows]:
        """Return the table as the server reads the file, and as the binary way loads it.

        Where columns are ``watched``, and be it none, the first records may go as text there, too.
        """
        options = csv_options(**changed)
        names = [f"c{index}" for index in range(len(kinds))]
        self._make(kinds)
        text = binary = None
        if self._as_text(data, ", ".join(names), options):
            text = target_rows(self._cursor, len(kinds))
        self._cursor.execute("TRUNCATE pg_temp.target")
        found = plan_csv(self._cursor, _TABLE, names, options, watched)
        assert isinstance(found, CsvLadder), found
        part = Part(name="file.csv", open=lambda: io.BytesIO(data))
        try:
            found.run(self._cursor, part, Meter(), Cancellation())
            binary = target_rows(self._cursor, len(kinds))
        except Declined:
            assert target_rows(self._cursor, len(kinds)) == []
        return text, binary

    def _make(self, kinds: tuple[str, ...]) -> None:
        if self._made != kinds:
            self._cursor.execute("DROP TABLE IF EXISTS pg_temp.target")
            ddl = ", ".join(f"c{index} {kind}" for index, kind in enumerate(kinds))
            self._cursor.execute(f"CREATE TEMP TABLE target (n bigserial, {ddl})")
            self._made = kinds
        self._cursor.execute("TRUNCATE pg_temp.target")

    def _as_text(self, data: bytes, columns: str, options: LoadOptions) -> bool:
        """Load as the server reads it; False when it refuses."""
        copy = options.copy
        header = ", HEADER" if copy.header else ""
        self._cursor.execute("SAVEPOINT before_text")
        with_ = f"FORMAT csv, DELIMITER %s, NULL %s{header}"
        sql = f"COPY pg_temp.target ({columns}) FROM STDIN ({with_})"
        statement = self._cursor.mogrify(sql, (copy.delimiter, copy.null)).decode()
        # Whoever sends a file to the server drops the mark before.
        stream = io.BytesIO(data.removeprefix(codecs.BOM_UTF8))
        try:
            self._cursor.copy_expert(statement, stream)
        except psycopg2.Error:
            self._cursor.execute("ROLLBACK TO SAVEPOINT before_text")
            return False
        return True

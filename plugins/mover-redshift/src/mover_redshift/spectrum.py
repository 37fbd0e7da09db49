"""External tables as targets: rows are loaded, and unloaded by the server as Parquet.

They land in a temporary table. From there UNLOAD writes them below the table's base, and a table
that was there is pointed at the new folder by ALTER TABLE SET LOCATION, which is one step to every
reader; where it is partitioned there is such a step for each partition. Statements about external
tables cannot be part of a transaction.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mover_redshift import partitions
from mover_redshift.access import Authorization
from mover_redshift.lake import find_lake
from mover_redshift.options import Options
from mover_redshift.statements import UnloadStatement
from mover_redshift.words import identifier, literal
from records_mover.db.publishing import staging
from records_mover.db.publishing.publish import run_check
from records_mover.errors import ConfigError
from records_mover.parts import Landing, TableName
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from mover_redshift.lake import Lake
    from mover_redshift.partitions import Partition
    from mover_redshift.session import RedshiftSession
    from records_mover.parts import PublishRequest

__all__ = ["explanation", "publishing"]

_PARQUET = Options(mode="parquet")


def explanation(request: PublishRequest) -> str:
    """Say in a clause what publishing will do."""
    if request.mode == "append":
        return f"unload into more files of the external table '{request.table}'"
    return (
        f"unload into a new folder, and point the external table '{request.table}' at it, "
        "or each of its partitions"
    )


@contextmanager
def publishing(database: RedshiftSession, request: PublishRequest) -> Iterator[Landing]:
    """Give a temporary table to load into, and publish its rows as files at the end."""
    role = _role(database)
    lake = find_lake(database, request)
    stage = TableName(name=f"{staging.STAGE}{staging.new_token()}_lake")
    base = _base(database, request)
    with database.transaction() as connection:
        _land(database, connection, stage, lake)
        landing = Landing(connection=connection, table=stage, target=request.table)
        yield landing
        run_check(connection, request, stage)
        filling = _Filling(database, connection, request, stage, lake, base, role)
        with database.doing(f"cannot unload the rows of '{request.table}'"):
            filling.unload()
            database.drop(connection, stage)
    rows = many(filling.rows, "row was", "rows were")
    landing.notes.append(f"{rows} unloaded into {filling.base}")
    with database.doing(f"the files are in {filling.base}, but '{request.table}' shows not all"):
        for statement in filling.shown():
            _at_once(database, statement)


def _role(database: RedshiftSession) -> Authorization:
    if not database.settings.iam_role:
        raise ConfigError(
            "an external table is written by UNLOAD, which needs a role here",
            "name it with iam_role or REDSHIFT_IAM_ROLE",
        )
    return Authorization(role=database.settings.iam_role)


def _base(database: RedshiftSession, request: PublishRequest) -> str:
    url = database.settings.spectrum_base_url
    if not url.startswith("s3://") or not url.endswith("/"):
        raise ConfigError(
            f"nothing says below which folder of S3 the files of '{request.table}' are to be",
            "name it with spectrum_base_url or REDSHIFT_SPECTRUM_BASE_URL: s3://bucket/folder/",
        )
    return f"{url}data/{request.table.schema}/{request.table.name}/{staging.new_token()}/"


def _land(database: RedshiftSession, connection: Connection, stage: TableName, lake: Lake) -> None:
    columns = ", ".join(f"{identifier(each.name)} {each.lands.upper()}" for each in lake.columns)
    with database.doing("cannot make a table to land in"):
        database.run(connection, f"CREATE TEMP TABLE {database.table_sql(stage)} ({columns})")


@dataclass(slots=True)
class _Filling:
    """The files of one move, and the statements that let the table show them."""

    database: RedshiftSession
    connection: Connection
    request: PublishRequest
    stage: TableName
    lake: Lake
    base: str
    role: Authorization
    rows: int = 0
    new: tuple[Partition, ...] = ()
    known: dict[tuple[str, ...], Partition] | None = None

    @property
    def fresh(self) -> bool:
        """Whether a table is made."""
        return not self.lake.there or self.request.mode == "drop"

    @property
    def added(self) -> bool:
        """Whether the rows come to those that are there."""
        return self.request.mode == "append" and not self.fresh

    def unload(self) -> None:
        """Have the server write the files."""
        if self.lake.keys:
            self._unload_partitions()
        elif self.added:
            self.base = self.lake.location
            self._unload("", f"{self.base}{staging.new_token()}_")
        else:
            self._unload("", self.base)

    def _unload_partitions(self) -> None:
        keys, sql = self.lake.keys, self.database.table_sql(self.stage)
        there = {}
        if not self.fresh:
            there = partitions.known_partitions(self.database, self.request.table, keys)
        for same, where in partitions.touched(self.database, self.connection, sql, keys):
            if self.added and same in there:
                self._unload(f" WHERE {where}", f"{there[same].location}{staging.new_token()}_")
                self.database.run(self.connection, f"DELETE FROM {sql} WHERE {where}")
        before = self.rows
        self._unload("", self.base, tuple(key.name for key in keys))
        query = self.database.run(self.connection, "SELECT pg_last_unload_id()").scalar()
        rows = self.rows - before
        found = partitions.written(self.database, int(query or 0), self.base, rows)
        self.new, self.known = tuple(found), there

    def _unload(self, where: str, target: str, keys: tuple[str, ...] = ()) -> None:
        """Write files; without a manifest, which Spectrum would take for one of them."""
        selected = [identifier(column.name) for column in self.lake.inside()]
        if keys:
            selected += [column.named for column in self.lake.outside()]
        unload = UnloadStatement(
            query=f"SELECT {', '.join(selected)} FROM {self.database.table_sql(self.stage)}{where}",
            target=target,
            options=_PARQUET,
            settings=replace(self.database.settings, unload_partition=()),
            manifest=False,
            partition=keys,
        )
        self.database.run(self.connection, unload.statement(self.role).reveal())
        counted = self.database.run(self.connection, "SELECT pg_last_unload_count()").scalar()
        self.rows += int(counted or 0)

    def shown(self) -> Iterator[str]:
        """Yield the statements that let the table show the files, each of which commits."""
        table = self.database.table_sql(self.request.table)
        if self.fresh:
            yield from self._made(table)
        elif not self.added and not self.lake.keys:
            yield f"ALTER TABLE {table} SET LOCATION {literal(self.base)}"
        if self.lake.keys:
            known = self.known or {}
            yield from partitions.shown(
                table, self.lake.keys, self.new, known, alone=not self.added
            )
        if not self.fresh and (rows := self._counted) is not None:
            yield f"ALTER TABLE {table} SET TABLE PROPERTIES ('numRows'='{rows}')"

    def _made(self, table: str) -> Iterator[str]:
        if self.lake.there:
            yield f"DROP TABLE {table}"
        columns = ", ".join(column.sql for column in self.lake.inside())
        keys = ", ".join(column.sql for column in self.lake.outside())
        partitioned = f"PARTITIONED BY ({keys}) " if keys else ""
        yield (
            f"CREATE EXTERNAL TABLE {table} ({columns}) {partitioned}STORED AS PARQUET "
            f"LOCATION {literal(self.base)} TABLE PROPERTIES ('numRows'='{self.rows}')"
        )

    @property
    def _counted(self) -> int | None:
        """How many rows the table has now; None where it does not say how many it had."""
        if not self.added:
            return self.rows
        return None if self.lake.rows is None else self.lake.rows + self.rows


def _at_once(database: RedshiftSession, statement: str) -> None:
    with database.connection() as connection:
        # By the driver: SQLAlchemy would ask the server for settings that Redshift has not.
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True
        try:
            database.run(connection, statement)
        finally:
            driver.autocommit = False

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover.builtin.sql import mover_databases
from records_mover.db.engine import open_engine
from records_mover.db.rows.parts import SqlInsert, SqlSelect
from records_mover.db.sqlite import SqliteDatabase
from records_mover.parts import (
    Batches,
    Form,
    Loaded,
    LoadJob,
    PublishRequest,
    Selection,
    TableName,
    UnloadJob,
)
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

Load = Callable[..., Loaded]
Read = Callable[..., pa.Table]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/data.db", kinds=list(mover_databases()))
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine) -> SqliteDatabase:
    return SqliteDatabase(engine)


@pytest.fixture
def load() -> Load:
    """Publish an Arrow table, or whatever reader is given, the way a move does."""

    def run(
        database: SqliteDatabase,
        table: str,
        rows: pa.Table | pa.RecordBatchReader,
        mode: str = "append",
        **options: Any,
    ) -> Loaded:
        name = TableName(name=table)
        reader = rows.to_reader() if isinstance(rows, pa.Table) else rows
        schema = options.pop("schema", None) or RecordsSchema.from_arrow(reader.schema)
        job = {key: options.pop(key) for key in ("instructions", "meter") if key in options}
        columns = tuple(reader.schema.names)
        request = PublishRequest(
            table=name,
            mode=mode,  # type: ignore[arg-type]
            info=database.inspect(name),
            schema=schema,
            columns=columns,
            **options,
        )
        with database.publish(request) as landing:
            form = Form(kind="batches")
            work = LoadJob(database=database, landing=landing, columns=columns, form=form, **job)
            return SqlInsert().load(work, Batches(reader=reader))

    return run


@pytest.fixture
def read() -> Read:
    """Unload a table or a query into an Arrow table."""

    def run(database: SqliteDatabase, table: str | None = None, **selection: Any) -> pa.Table:
        name = None if table is None else TableName(name=table)
        wanted = Selection(table=name, **selection)
        job = UnloadJob(database=database, selection=wanted, form=Form(kind="batches"))
        with SqlSelect().unload(job) as payload:
            assert isinstance(payload, Batches)
            return payload.reader.read_all()

    return run


@pytest.fixture
def sql() -> Callable[..., list[tuple[Any, ...]]]:
    """Run statements as they are written, and return the rows of the last."""

    def run(database: SqliteDatabase, *statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with database.transaction() as connection:
            for statement in statements:
                result = database.run(connection, statement)
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows

    return run

"""The factories ``sources.*`` and ``targets.*``, by their names in 1.x."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from records_mover.parts import TableName
from records_mover.records.file import FileSource, FileTarget
from records_mover.records.frame import ArrowSource, FrameTarget
from records_mover.records.table import TableSource, TableTarget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    from records_mover.formats import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions
    from records_mover.records.existing import ExistingTableHandling
    from records_mover.schema import RecordsSchema

__all__ = ["RecordsSources", "RecordsTargets"]


class RecordsSources:
    """Makes sources; nothing is opened before a move asks."""

    def local_file(
        self,
        filename: str,
        records_format: BaseRecordsFormat | None = None,
        initial_hints: Mapping[str, object] | None = None,
        records_schema: RecordsSchema | None = None,
    ) -> FileSource:
        """Name a file of this machine; what is not said of its format is found out."""
        path = str(Path(filename).expanduser().absolute())
        return self.data_url(path, records_format, initial_hints, records_schema)

    def data_url(
        self,
        input_url: str,
        records_format: BaseRecordsFormat | None = None,
        initial_hints: Mapping[str, object] | None = None,
        records_schema: RecordsSchema | None = None,
    ) -> FileSource:
        """Name a file behind any URL that a plugin opens, or a folder (``/`` at the end)."""
        return FileSource(
            url=input_url, format=records_format, hints=initial_hints or {}, schema=records_schema
        )

    def table(
        self, db_engine: Engine | str, schema_name: str | None, table_name: str
    ) -> TableSource:
        """Name a table behind an SQLAlchemy engine, an SQLAlchemy URL or a connection name."""
        name = TableName(name=table_name, schema=schema_name)
        return TableSource(database=db_engine, table=name)

    def query(self, db_engine: Engine | str, sql: str) -> TableSource:
        """Take the result of a SELECT statement."""
        return TableSource(database=db_engine, query=sql)

    def dataframe(
        self,
        df: Any,
        processing_instructions: ProcessingInstructions | None = None,
        records_schema: RecordsSchema | None = None,
        include_index: bool = False,
        nan_is_null: bool = True,
    ) -> ArrowSource:
        """Take a pandas or polars frame, or anything else with the Arrow PyCapsule interface.

        ``include_index`` makes columns of a pandas index. NaN in a column of numpy's floats is
        NULL, as pandas has it, unless ``nan_is_null`` is False.
        """
        del processing_instructions  # of 1.x, where a frame had some of its own
        return ArrowSource(
            data=df, schema=records_schema, include_index=include_index, nan_is_null=nan_is_null
        )


class RecordsTargets:
    """Makes targets; nothing is changed before a move runs."""

    def local_file(
        self, filename: str, records_format: BaseRecordsFormat | None = None
    ) -> FileTarget:
        """Name a file of this machine; without a format, its name says how it is written."""
        return self.data_url(str(Path(filename).expanduser().absolute()), records_format)

    def data_url(
        self, output_url: str, records_format: BaseRecordsFormat | None = None
    ) -> FileTarget:
        """Name a file behind any URL that a plugin writes; ``-`` is standard output."""
        return FileTarget(url=output_url, format=records_format)

    def dataframe(self, kind: str = "pandas", backend: str = "numpy_nullable") -> FrameTarget:
        """Make a frame in memory, which is ``frame`` of what this returns once rows were moved.

        ``kind`` is ``pandas``, ``polars`` or ``arrow``; ``backend`` of pandas ``numpy_nullable``
        or ``pyarrow``, which alone tells NaN from NULL.
        """
        return FrameTarget(kind=kind, backend=backend)

    def table(
        self,
        db_engine: Engine | str,
        schema_name: str | None,
        table_name: str,
        existing_table_handling: ExistingTableHandling | str | None = None,
        add_user_perms_for: Mapping[str, Sequence[str]] | None = None,
        add_group_perms_for: Mapping[str, Sequence[str]] | None = None,
    ) -> TableTarget:
        """Name a table behind an SQLAlchemy engine, an SQLAlchemy URL or a connection name.

        Rows that are there already are deleted in the transaction of the load, as in 1.x, unless
        ``existing_table_handling`` says otherwise.
        """
        from records_mover.records.existing import mode_of

        return TableTarget(
            database=db_engine,
            table=TableName(name=table_name, schema=schema_name),
            if_exists=mode_of(existing_table_handling),
            user_grants=add_user_perms_for or {},
            group_grants=add_group_perms_for or {},
        )

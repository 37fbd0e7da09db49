"""The factories ``targets.*``, by their names in 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from records_mover.known_plugins import missing_plugin
from records_mover.records.ends.end import RecordsTarget
from records_mover.records.ends.ends_of import absolute_path
from records_mover.records.ends.file_target import FileTarget
from records_mover.records.ends.frame import FrameTarget
from records_mover.records.ends.table import TableTarget
from records_mover.records.existing import ExistingTableHandling, mode_of
from records_mover.records.options import grants_of
from records_mover.records.sources import check_folder, check_text, engine_of, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from typing import BinaryIO

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sqlalchemy import URL, Connection, Engine

    from records_mover.formats import BaseRecordsFormat
    from records_mover.records.ends.fileobjs import FileobjTarget

__all__ = ["RecordsTarget", "RecordsTargets"]


class RecordsTargets:
    """Makes targets; nothing is changed before a move runs."""

    def local_file(
        self, filename: str | PathLike[str], records_format: BaseRecordsFormat | None = None
    ) -> FileTarget:
        """Name a file of this machine; without a format, its name says how it is written."""
        return self.data_url(absolute_path(filename), records_format)

    def data_url(
        self, output_url: str, records_format: BaseRecordsFormat | None = None
    ) -> FileTarget:
        """Name a file behind any URL that a plugin writes; ``-`` is standard output."""
        check_text(output_url, "URL", "give it as text, or a path to local_file")
        return FileTarget(url=output_url, format=records_format)

    def directory_from_url(
        self, output_url: str, records_format: BaseRecordsFormat | None = None
    ) -> FileTarget:
        """Name a records directory to make (``/`` at the end), which must be empty or new.

        Without a format it is CSV with a header. Raises ``UsageError``, a ``ValueError``, for a
        URL without its ``/``; the move raises ``RecordsFolderNonEmptyException``.
        """
        check_folder(output_url)
        return FileTarget(url=output_url, format=records_format)

    def fileobj(self, output_fileobj: BinaryIO, records_format: BaseRecordsFormat) -> FileobjTarget:
        """Write to a binary stream from where it stands; it stays open.

        When the move fails, one that can be sought is as it was.
        """
        from records_mover.records.ends.fileobjs import FileobjTarget

        return FileobjTarget(stream=output_fileobj, format=records_format)

    @overload
    def dataframe(
        self, kind: Literal["pandas"] = "pandas", backend: str = "numpy_nullable"
    ) -> FrameTarget[pd.DataFrame]: ...
    @overload
    def dataframe(
        self, kind: Literal["polars"], backend: str = "numpy_nullable"
    ) -> FrameTarget[pl.DataFrame]: ...
    @overload
    def dataframe(
        self, kind: Literal["arrow"], backend: str = "numpy_nullable"
    ) -> FrameTarget[pa.Table]: ...
    @overload
    def dataframe(self, kind: str, backend: str = "numpy_nullable") -> FrameTarget[Any]: ...
    def dataframe(self, kind: str = "pandas", backend: str = "numpy_nullable") -> FrameTarget[Any]:
        """Make a frame in memory, which is ``frame`` of what this returns once rows were moved.

        ``kind`` is ``pandas``, ``polars`` or ``arrow``; ``backend`` of pandas ``numpy_nullable``
        or ``pyarrow``, which alone tells NaN from NULL.
        """
        return FrameTarget(kind=kind, backend=backend)

    def table(
        self,
        db_engine: Engine | URL | str | None,
        schema_name: str | None,
        table_name: str,
        existing_table_handling: ExistingTableHandling
        | str
        | None = ExistingTableHandling.DELETE_AND_OVERWRITE,
        drop_and_recreate_on_load_error: bool = False,
        add_user_perms_for: Mapping[str, Sequence[str]] | None = None,
        add_group_perms_for: Mapping[str, Sequence[str]] | None = None,
        db_conn: Connection | None = None,
    ) -> TableTarget:
        """Name a table behind an SQLAlchemy engine, an SQLAlchemy URL or a connection name.

        Rows that are there already are deleted in the transaction of the load, as in 1.x, unless
        ``existing_table_handling``, or ``if_exists`` of the move, says otherwise. Where the table
        does not take the rows, ``drop_and_recreate_on_load_error`` puts a new one in its place, if
        the source can be read again. Permissions are lists of grantees by privilege, such as
        ``{"select": ["reader"]}``, for a table that is made. Of a ``db_conn`` only the engine is
        used.
        """
        return TableTarget(
            database=engine_of(db_engine, db_conn),
            table=table_of(schema_name, table_name),
            if_exists=mode_of(existing_table_handling),
            recreate_on_error=drop_and_recreate_on_load_error,
            user_grants=grants_of(add_user_perms_for, "add_user_perms_for"),
            group_grants=grants_of(add_group_perms_for, "add_group_perms_for"),
        )

    def google_sheet(
        self, spreadsheet_id: str, sheet_name: str, google_cloud_creds: Any
    ) -> NoReturn:
        """Refuse: no plugin offers Google Sheets yet, and the error names the one to come."""
        del spreadsheet_id, sheet_name, google_cloud_creds
        raise missing_plugin("google_sheet")

    if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

        def __getattr__(self, name: str) -> Any:
            """Return a factory that a plugin brings, by an entry point."""
            from records_mover.plugins.factories import target_factory

            return target_factory(name)

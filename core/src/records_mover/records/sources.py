"""The factories ``sources.*``, by their names in 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from records_mover.errors import UsageError
from records_mover.instructions import ProcessingInstructions
from records_mover.known_plugins import missing_plugin
from records_mover.parts import TableName
from records_mover.records.ends.end import RecordsSource
from records_mover.records.ends.ends_of import absolute_path
from records_mover.records.ends.file import FileSource
from records_mover.records.ends.frame import ArrowSource
from records_mover.records.ends.table import TableSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike
    from typing import BinaryIO

    from sqlalchemy import URL, Connection, Engine

    from records_mover.formats import BaseRecordsFormat
    from records_mover.records.ends.fileobjs import FileobjsSource
    from records_mover.records.ends.frames import FramesSource
    from records_mover.schema import RecordsSchema

__all__ = ["RecordsSource", "RecordsSources"]


class RecordsSources:
    """Makes sources; nothing is opened before a move asks.

    A ``records_format`` is taken as the truth; without one a file's format is found out, and
    ``initial_hints`` are what is known of it. A ``records_schema`` says the types of the columns;
    without one they are found out. Either is wrong? The move says so, and moves nothing.
    """

    def local_file(
        self,
        filename: str | PathLike[str],
        records_format: BaseRecordsFormat | None = None,
        initial_hints: Mapping[str, object] | None = None,
        records_schema: RecordsSchema | None = None,
    ) -> FileSource:
        """Name a file of this machine, or a folder of like files."""
        return self.data_url(absolute_path(filename), records_format, initial_hints, records_schema)

    def data_url(
        self,
        input_url: str,
        records_format: BaseRecordsFormat | None = None,
        initial_hints: Mapping[str, object] | None = None,
        records_schema: RecordsSchema | None = None,
    ) -> FileSource:
        """Name a file behind any URL that a plugin opens, or a folder (``/`` at the end)."""
        check_text(input_url, "URL", "give it as text, or a path to local_file")
        return FileSource(
            url=input_url, format=records_format, hints=initial_hints or {}, schema=records_schema
        )

    def directory_from_url(
        self,
        url: str,
        hints: Mapping[str, object] | None = None,
        fail_if_dont_understand: bool = True,
    ) -> FileSource:
        """Name a records directory (``/`` at the end); ``hints`` go over those that it has.

        Without ``fail_if_dont_understand``, a variant or hint that is not known is a warning.
        Raises ``UsageError``, a ``ValueError``, for a URL without its ``/``.
        """
        check_folder(url)
        told = ProcessingInstructions(fail_if_dont_understand=fail_if_dont_understand)
        return FileSource(url=url, hints=hints or {}, instructions=told)

    def fileobjs(
        self,
        target_names_to_input_fileobjs: Mapping[str, BinaryIO],
        records_format: BaseRecordsFormat | None = None,
        initial_hints: Mapping[str, object] | None = None,
        records_schema: RecordsSchema | None = None,
    ) -> FileobjsSource:
        """Take binary streams by the names of what is in them, which say how it is compressed.

        They are read from where they stand, and stay open; one that can be sought stands there
        again afterwards.
        """
        from records_mover.records.ends.fileobjs import FileobjsSource

        return FileobjsSource(
            streams=target_names_to_input_fileobjs,
            format=records_format,
            hints=initial_hints or {},
            schema=records_schema,
        )

    def table(
        self,
        db_engine: Engine | URL | str | None,
        schema_name: str | None,
        table_name: str,
        db_conn: Connection | None = None,
    ) -> TableSource:
        """Name a table behind an SQLAlchemy engine, an SQLAlchemy URL or a connection name.

        Of a ``db_conn`` only the engine is used: what it has not committed is not seen.
        """
        name = table_of(schema_name, table_name)
        return TableSource(database=engine_of(db_engine, db_conn), table=name)

    def query(self, db_engine: Engine | URL | str, sql: str) -> TableSource:
        """Take the result of a SELECT statement."""
        check_text(sql, "query", _COMPILED)
        return TableSource(database=engine_of(db_engine, None), query=sql)

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
        NULL, as pandas has it, unless ``nan_is_null`` is False. The instructions are those of the
        move.
        """
        del processing_instructions  # of 1.x, where a frame had some of its own
        return ArrowSource(
            data=df, schema=records_schema, include_index=include_index, nan_is_null=nan_is_null
        )

    def dataframes(
        self,
        dfs: Iterable[Any],
        processing_instructions: ProcessingInstructions | None = None,
        records_schema: RecordsSchema | None = None,
        include_index: bool = False,
        nan_is_null: bool = True,
    ) -> FramesSource:
        """Take frames one after the other, as from a generator: the rows of one table.

        Those of a list get types that hold the values of all; where they come one by one, those of
        the first, or of ``records_schema``, and a value that does not fit ends the move.
        """
        del processing_instructions
        from records_mover.records.ends.frames import FramesSource

        return FramesSource(
            frames=dfs,
            schema=records_schema,
            include_index=include_index,
            nan_is_null=nan_is_null,
        )

    def google_sheet(
        self,
        spreadsheet_id: str,
        sheet_name_or_range: str,
        google_cloud_creds: Any,
        out_of_band_column_headers: list[str] | None = None,
        header_translator: Callable[[str], str] | None = None,
    ) -> NoReturn:
        """Refuse: no plugin offers Google Sheets yet, and the error names the one to come."""
        del spreadsheet_id, sheet_name_or_range, google_cloud_creds
        del out_of_band_column_headers, header_translator
        raise missing_plugin("google_sheet")


def engine_of(db_engine: Engine | URL | str | None, db_conn: Connection | None) -> Engine | str:
    """Return the engine that is meant by one or by a connection; a URL is one to open.

    Raises ``UsageError`` for what is no database.
    """
    if db_engine is None and db_conn is None:
        raise UsageError("no database is named", "give db_engine, or db_conn for its engine")
    found: Any = getattr(db_conn, "engine", None) if db_engine is None else db_engine
    if hasattr(found, "render_as_string"):
        return cast(str, found.render_as_string(hide_password=False))
    if isinstance(found, str):
        return found
    kind = type(db_conn if found is None else found).__name__
    if not hasattr(found, "dialect"):
        advice = "give an SQLAlchemy engine, an SQLAlchemy URL or a connection's name"
        raise UsageError(f"{kind!r} is no database", advice)
    if not hasattr(found, "url") or hasattr(found, "in_transaction"):
        raise UsageError(f"{kind!r} is no engine", "give it as db_conn, or give its .engine")
    return cast("Engine", found)


def table_of(schema_name: str | None, table_name: str) -> TableName:
    """Return the name of a table; ``UsageError`` for what is no text."""
    for name in (schema_name, table_name):
        if name is not None:
            check_text(name, "name", "give the table's name and its schema's as text")
    if not table_name:
        raise UsageError("no table is named", "give table_name, or take sources.query")
    return TableName(name=table_name, schema=schema_name)


_COMPILED = "give str(statement.compile(engine, compile_kwargs={'literal_binds': True}))"


def check_text(given: object, what: str, advice: str) -> None:
    """Raise ``UsageError`` for what is no text."""
    if not isinstance(given, str):
        raise UsageError(f"{type(given).__name__!r} is no {what}", advice)


def check_folder(url: str) -> None:
    """Raise ``UsageError``, a ``ValueError``, for what is no URL of a folder."""
    check_text(url, "URL", "write it as text, with / last")
    if not url.endswith("/"):
        raise UsageError(f"{url!r} is no URL of a folder", "write it with / last")

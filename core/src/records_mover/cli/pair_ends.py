"""The ends of the commands ``<source>2<target>`` of 1.x, each with its arguments: one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.errors import MissingPluginError, UsageError
from records_mover.records.existing import ExistingTableHandling
from records_mover.records.file import FileSource, FileTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records_mover.records.ends import RecordsSource, RecordsTarget
    from records_mover.session import Session

    Values = Mapping[str, Any]

__all__ = ["SOURCES", "TARGETS", "SourceKind", "TargetKind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind of end.

    ``arguments`` must be given, in this order; ``options`` and ``flags`` may be. All are by their
    names, with what they mean. ``written`` says that it is text or a file whose format may be said.
    ``today`` is the end as ``mvrec move`` has it; ``existing`` the default of 1.x for a table that
    is there.
    """

    name: str
    what: str
    today: str
    arguments: Mapping[str, str]
    options: Mapping[str, str]
    flags: Mapping[str, str]
    written: bool = False
    existing: ExistingTableHandling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind(_Kind):
    """A kind of source, and how one is made."""

    make: Callable[[Session, Values], RecordsSource]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetKind(_Kind):
    """A kind of target, and how one is made."""

    make: Callable[[Session, Values], RecordsTarget]


def _table_source(session: Session, values: Values) -> RecordsSource:
    return session.sources.table(values["db_name"], values["schema_name"], values["table_name"])


def _table_target(session: Session, values: Values) -> RecordsTarget:
    handling = ExistingTableHandling[values["existing_table"].upper()]
    names = (values["db_name"], values["schema_name"], values["table_name"])
    return session.targets.table(*names, existing_table_handling=handling)


def _external_target(session: Session, values: Values) -> RecordsTarget:
    if values["spectrum_rdir_url"]:
        what = "the folder of an external table's files cannot be chosen as a whole"
        raise UsageError(what, "give --target.spectrum_base_url, the folder above those of tables")
    base, database = values["spectrum_base_url"], values["db_name"]
    if base:
        url = session.context.url(database)
        if not isinstance(url, str):
            url = url.update_query_dict({"spectrum_base_url": base})
            database = url.render_as_string(hide_password=False)
    return _table_target(session, {**values, "db_name": database})


def _folder(url: str) -> str:
    if not url.endswith("/"):
        raise UsageError(f"{url!r} is no folder", "put / at its end")
    return url


def _sheet(session: Session, values: Values) -> Any:
    del session, values
    what = "nothing that is installed opens Google Sheets"
    raise MissingPluginError(what, "export the sheet as CSV; a plugin for them is to come")


_DATABASE = {
    "db_name": "the name of a connection, or an SQLAlchemy URL",
    "schema_name": "the schema that the table is in",
    "table_name": "the table's name",
}
_AGAIN = {"drop_and_recreate_on_load_error": "when the load fails, drop the table and make it anew"}
_STRICT = {"no_fail_if_dont_understand": "warn of what the directory says and nobody understands"}
_BASE = {"spectrum_base_url": "the folder of S3 below which the files of external tables are"}
_RDIR = {"spectrum_rdir_url": "refused: the folder follows from --target.spectrum_base_url"}
_SHEET = {"spreadsheet_id": "the long name in the sheet's URL"}
_SHEET_CREDS = {"gcp_creds_name": "the name of the credentials"}
_SHEET_HEADS = {"out_of_band_column_headers": "the names of the columns, separated by commas"}
_NONE: Mapping[str, str] = {}

_SOURCES = (
    SourceKind(
        name="table", what="a table", today="DB_NAME::SCHEMA_NAME.TABLE_NAME",
        arguments=_DATABASE, options=_NONE, flags=_NONE, make=_table_source,
    ),
    SourceKind(
        name="gsheet", what="a Google sheet", today="",
        arguments={**_SHEET, "sheet_name_or_range": "the sheet, or cells of it", **_SHEET_CREDS},
        options=_SHEET_HEADS, flags=_NONE, make=_sheet,
    ),
    SourceKind(
        name="recordsdir", what="a records directory", today="URL",
        arguments={"url": "the URL of the directory, / at its end"}, options=_NONE, flags=_STRICT,
        make=lambda _, values: FileSource(url=_folder(values["url"])),
    ),
    SourceKind(
        name="url", what="the file behind a URL", today="INPUT_URL",
        arguments={"input_url": "the URL of the file"}, options=_NONE, flags=_NONE, written=True,
        make=lambda _, values: FileSource(url=values["input_url"]),
    ),
    SourceKind(
        name="file", what="a local file", today="FILENAME",
        arguments={"filename": "the file's path"}, options=_NONE, flags=_NONE, written=True,
        make=lambda session, values: session.sources.local_file(values["filename"]),
    ),
)  # fmt: skip

_TARGETS = (
    TargetKind(
        name="gsheet", what="a Google sheet", today="",
        arguments={**_SHEET, "sheet_name": "the sheet", **_SHEET_CREDS},
        options=_NONE, flags=_NONE, make=_sheet,
    ),
    TargetKind(
        name="table", what="a table", today="DB_NAME::SCHEMA_NAME.TABLE_NAME --if-exists delete",
        arguments=_DATABASE, options=_NONE, flags=_AGAIN,
        existing=ExistingTableHandling.DELETE_AND_OVERWRITE, make=_table_target,
    ),
    TargetKind(
        name="recordsdir", what="a records directory", today="OUTPUT_URL",
        arguments={"output_url": "the URL of the directory, / at its end"},
        options=_NONE, flags=_NONE, written=True,
        make=lambda _, values: FileTarget(url=_folder(values["output_url"])),
    ),
    TargetKind(
        name="url", what="the file behind a URL", today="OUTPUT_URL",
        arguments={"output_url": "the URL of the file"}, options=_NONE, flags=_NONE, written=True,
        make=lambda _, values: FileTarget(url=values["output_url"]),
    ),
    TargetKind(
        name="file", what="a local file", today="FILENAME",
        arguments={"filename": "the file's path"}, options=_NONE, flags=_NONE, written=True,
        make=lambda session, values: session.targets.local_file(values["filename"]),
    ),
    TargetKind(
        name="spectrum", what="an external table",
        today="DB_NAME::SCHEMA_NAME.TABLE_NAME --if-exists truncate",
        arguments=_DATABASE, options={**_BASE, **_RDIR}, flags=_NONE,
        existing=ExistingTableHandling.TRUNCATE_AND_OVERWRITE, make=_external_target,
    ),
)  # fmt: skip

SOURCES: Mapping[str, SourceKind] = {kind.name: kind for kind in _SOURCES}
TARGETS: Mapping[str, TargetKind] = {kind.name: kind for kind in _TARGETS}

"""The ends of the commands ``<source>2<target>`` of 1.x, each with its arguments: one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.errors import MissingPluginError
from records_mover.records.existing import ExistingTableHandling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records_mover.records.ends.end import RecordsSource, RecordsTarget
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
    return session.targets.table(
        values["db_name"],
        values["schema_name"],
        values["table_name"],
        existing_table_handling=_handling(values),
        drop_and_recreate_on_load_error=values["drop_and_recreate_on_load_error"],
    )


def _external_target(session: Session, values: Values) -> RecordsTarget:
    try:
        factory = getattr(session.targets, EXTERNAL)  # which a plugin brings
    except AttributeError as error:
        raise MissingPluginError(str(error)) from error
    database = values["db_name"]
    if "://" not in database:
        url = session.context.url(database)
        database = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    target: RecordsTarget = factory(
        values["schema_name"],
        values["table_name"],
        database,
        values["spectrum_base_url"],
        values["spectrum_rdir_url"],
        _handling(values),
    )
    return target


def _handling(values: Values) -> ExistingTableHandling:
    return ExistingTableHandling[values["existing_table"].upper()]


def _sheet_source(session: Session, values: Values) -> RecordsSource:
    names = (values["spreadsheet_id"], values["sheet_name_or_range"], values["gcp_creds_name"])
    return session.sources.google_sheet(*names)


def _sheet_target(session: Session, values: Values) -> RecordsTarget:
    names = (values["spreadsheet_id"], values["sheet_name"], values["gcp_creds_name"])
    return session.targets.google_sheet(*names)


def _folder_source(session: Session, values: Values) -> RecordsSource:
    understood = not values["no_fail_if_dont_understand"]
    return session.sources.directory_from_url(values["url"], fail_if_dont_understand=understood)


EXTERNAL = "spectrum"
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
        options=_SHEET_HEADS, flags=_NONE, make=_sheet_source,
    ),
    SourceKind(
        name="recordsdir", what="a records directory", today="URL",
        arguments={"url": "the URL of the directory, / at its end"}, options=_NONE, flags=_STRICT,
        make=_folder_source,
    ),
    SourceKind(
        name="url", what="the file behind a URL", today="INPUT_URL",
        arguments={"input_url": "the URL of the file"}, options=_NONE, flags=_NONE, written=True,
        make=lambda session, values: session.sources.data_url(values["input_url"]),
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
        options=_NONE, flags=_NONE, make=_sheet_target,
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
        make=lambda session, values: session.targets.directory_from_url(values["output_url"]),
    ),
    TargetKind(
        name="url", what="the file behind a URL", today="OUTPUT_URL",
        arguments={"output_url": "the URL of the file"}, options=_NONE, flags=_NONE, written=True,
        make=lambda session, values: session.targets.data_url(values["output_url"]),
    ),
    TargetKind(
        name="file", what="a local file", today="FILENAME",
        arguments={"filename": "the file's path"}, options=_NONE, flags=_NONE, written=True,
        make=lambda session, values: session.targets.local_file(values["filename"]),
    ),
    TargetKind(
        name=EXTERNAL, what="an external table",
        today="DB_NAME::SCHEMA_NAME.TABLE_NAME --if-exists truncate",
        arguments=_DATABASE, options={**_BASE, **_RDIR}, flags=_NONE,
        existing=ExistingTableHandling.TRUNCATE_AND_OVERWRITE, make=_external_target,
    ),
)  # fmt: skip

SOURCES: Mapping[str, SourceKind] = {kind.name: kind for kind in _SOURCES}
TARGETS: Mapping[str, TargetKind] = {kind.name: kind for kind in _TARGETS}

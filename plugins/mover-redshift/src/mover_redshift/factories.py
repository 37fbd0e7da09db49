"""The factory ``targets.spectrum`` of 1.x: an external table is a table like any other now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import ConfigError, UsageError
from records_mover.parts import TableName
from records_mover.records.ends.table import TableTarget
from records_mover.records.existing import ExistingTableHandling, mode_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from records_mover.parts import Database, PublishRequest
    from records_mover.records.context import Context
    from records_mover.records.ends.end import SourceEnd, TargetEnd
    from records_mover.records.options import MoveOptions

__all__ = ["SpectrumTarget", "spectrum"]


class SpectrumTarget(TableTarget):
    """A table of an external schema; one of another would be made as an ordinary table."""

    __slots__ = ()

    def inspect(self, context: Context, options: MoveOptions, source: SourceEnd) -> TargetEnd:
        """Look up the table, and see that Spectrum reads its schema."""
        end = super().inspect(context, options, source)
        side = end.table
        if side is not None and side.publish is not None:
            _check_external(side.database, side.publish)
        return end


def _check_external(database: Database, request: PublishRequest) -> None:
    from mover_redshift.database import RedshiftDatabase
    from mover_redshift.lake import is_external

    if not isinstance(database, RedshiftDatabase):
        what = f"{database.dialect} has no external tables, such as '{request.table}' is to be"
        raise UsageError(what, "name a Redshift, or an ordinary table as the target")
    if not is_external(database, request):
        what = f"'{request.table}' would not be in an external schema"
        raise UsageError(what, "make one by CREATE EXTERNAL SCHEMA, or name an ordinary table")


def spectrum(
    schema_name: str,
    table_name: str,
    db_engine: Engine | str,
    spectrum_base_url: str | None = None,
    spectrum_rdir_url: str | None = None,
    existing_table_handling: ExistingTableHandling
    | str
    | None = ExistingTableHandling.TRUNCATE_AND_OVERWRITE,
) -> SpectrumTarget:
    """Name a table of an external schema; its files are written below ``spectrum_base_url``.

    Where that is not given, the URL's ``spectrum_base_url`` or REDSHIFT_SPECTRUM_BASE_URL says it.
    """
    if spectrum_rdir_url is not None:
        raise ConfigError(
            "the files of an external table are written into a new folder each time",
            "name what that is to be below as spectrum_base_url",
        )
    database: Engine | str = db_engine
    if spectrum_base_url is not None:
        database = _with_base(db_engine, spectrum_base_url)
    return SpectrumTarget(
        database=database,
        table=TableName(name=table_name, schema=schema_name),
        if_exists=mode_of(existing_table_handling),
    )


def _with_base(db_engine: Engine | str, base: str) -> str:
    from sqlalchemy.engine import make_url

    url = make_url(db_engine if isinstance(db_engine, str) else db_engine.url)
    named = url.update_query_dict({"spectrum_base_url": base})
    return named.render_as_string(hide_password=False)

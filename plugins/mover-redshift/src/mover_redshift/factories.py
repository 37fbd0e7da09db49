"""The factory ``targets.spectrum`` of 1.x: an external table is a table like any other now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import ConfigError
from records_mover.parts import TableName
from records_mover.records.ends.table import TableTarget
from records_mover.records.existing import ExistingTableHandling, mode_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["spectrum"]


def spectrum(
    schema_name: str,
    table_name: str,
    db_engine: Engine | str,
    spectrum_base_url: str | None = None,
    spectrum_rdir_url: str | None = None,
    existing_table_handling: ExistingTableHandling
    | str
    | None = ExistingTableHandling.TRUNCATE_AND_OVERWRITE,
) -> TableTarget:
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
    return TableTarget(
        database=database,
        table=TableName(name=table_name, schema=schema_name),
        if_exists=mode_of(existing_table_handling),
    )


def _with_base(db_engine: Engine | str, base: str) -> str:
    from sqlalchemy.engine import make_url

    url = make_url(db_engine if isinstance(db_engine, str) else db_engine.url)
    named = url.update_query_dict({"spectrum_base_url": base})
    return named.render_as_string(hide_password=False)

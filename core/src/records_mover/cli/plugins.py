"""``mvrec plugins``."""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.new_plugin import new
from records_mover.cli.options import talking

if TYPE_CHECKING:
    from records_mover.cli.face import Face
    from records_mover.plugins import PluginRecord

__all__ = ["plugins"]


@talking
def _list(face: Face) -> int:
    """List the plugins: what each offers, or why one that is broken is not in use.

    MOVER_DISABLED_PLUGINS names plugins, separated by commas, that are not to be loaded;
    MOVER_STRICT_PLUGINS=1 makes the first broken one an error.

    \b
    Examples
      mvrec plugins
      mvrec plugins new moonbase
    """  # noqa: D301 - click's own escape
    records = _records()
    if face.json:
        face.result_data([_data(record) for record in records])
    else:
        from records_mover.cli.table import table

        heads = ("plugin", "distribution", "version", "status", "offers")
        face.result(table(heads, [_row(record) for record in records], sys.stdout))
    return MOVED


def _records() -> tuple[PluginRecord, ...]:
    """Find the plugins without a warning for each broken one: the list itself says so."""
    import logging

    from records_mover.plugins import Plugins

    logger = logging.getLogger("records_mover.plugins")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return Plugins().records
    finally:
        logger.setLevel(before)


def _row(record: PluginRecord) -> tuple[str, ...]:
    offers = record.why or ", ".join(record.offers.words())
    return (record.name, record.distribution, record.version, record.status, offers)


def _data(record: PluginRecord) -> dict[str, object]:
    return {
        "plugin": record.name,
        "distribution": record.distribution,
        "version": record.version,
        "status": record.status,
        "offers": list(record.offers.words()),
        "why": record.why,
    }


@click.group(
    "plugins",
    invoke_without_command=True,
    short_help="List the plugins, or write the skeleton of your own.",
)
@wraps(_list)
def plugins(**given: Any) -> None:
    """List the plugins, where nothing else is asked for."""
    if click.get_current_context().invoked_subcommand is None:
        _list(**given)


plugins.add_command(new)

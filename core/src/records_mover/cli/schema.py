"""``mvrec schema``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.options import looking, move_options, reading, rows, source_argument
from records_mover.cli.parameters import Command

if TYPE_CHECKING:
    from records_mover.cli.face import Face

__all__ = ["schema"]


@click.command(cls=Command, short_help="Print the columns of a source and their types, as JSON.")
@source_argument
@rows
@reading
@looking
def schema(face: Face, source: str, **given: Any) -> int:
    """Print the records schema of SOURCE: its columns and their types, as JSON.

    Of a file, every row is read to be sure of the types. The JSON can be edited and given to
    'mvrec move --schema FILE'.

    \b
    Example
      mvrec schema trips.csv > trips.schema.json
    """  # noqa: D301 - click's own escape
    from records_mover.session import Session

    with Session() as session:
        found = session.schema(source, **move_options(given))
        face.result_data(found.to_data())
    return MOVED

"""``mvrec sniff``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.options import move_options, reading, talking
from records_mover.cli.values import hint_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.cli.face import Face
    from records_mover.formats.sniff import Sniffed

__all__ = ["sniff"]


@click.command()
@click.argument("file")
@reading
@talking
def sniff(face: Face, file: str, **given: Any) -> int:
    """Find out how FILE is written: its format and each hint, how sure that is, and why.

    The last line holds the options that say the same, to be pasted behind 'mvrec move'. A hint
    that is given is taken as it is.

    \b
    Examples
      mvrec sniff trips.csv
      curl -s https://host/trips.csv | mvrec sniff -
    """
    from records_mover.session import Session

    with Session() as session:
        found = session.sniff(file, **move_options(given))
    if face.json:
        face.result_data(_data(found))
    else:
        face.result("\n".join(_lines(found)))
    return MOVED

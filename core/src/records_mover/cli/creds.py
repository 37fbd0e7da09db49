"""``mvrec creds``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.options import looking
from records_mover.cli.parameters import Argument, Command

if TYPE_CHECKING:
    from records_mover.cli.face import Face
    from records_mover.creds.look import Look
    from records_mover.session import Session

__all__ = ["creds"]


@click.command(cls=Command, short_help="Say who answers for a connection's name, and with what.")
@click.argument("name", required=False, cls=Argument, complete="connection")
@looking
def creds(face: Face, name: str | None) -> int:
    """Say who answers for the connection NAME, and with what; no secret is shown.

    Without NAME, list the providers of credentials in the order in which they are asked, with
    the connections of those that can list them.
    NAME may also be the address of a web server: https://host.

    \b
    Examples
      mvrec creds
      mvrec creds warehouse
      mvrec creds https://data.example
    """  # noqa: D301 - click's own escape
    from records_mover.session import Session

    with Session() as session:
        if name is None:
            _list(face, session)
        else:
            _tell(face, session, name)
    return MOVED


def _list(face: Face, session: Session) -> None:
    from records_mover.creds.names import known_names

    known = known_names()
    providers = session.plugins.providers(session.creds.first)
    found = [(one.name, one.about, known.get(one.name, ())) for one in providers]
    if face.json:
        keys = ("provider", "about", "names")
        face.result_data([dict(zip(keys, one, strict=True)) for one in found])
        return
    from records_mover.cli.table import table

    rows = [(name, about, ", ".join(names)) for name, about, names in found]
    face.result(table(("provider", "asked in this order", "connections"), rows, sys.stdout))


def _tell(face: Face, session: Session, name: str) -> None:
    from records_mover.creds.look import look_up

    seen = look_up(session.creds, name)
    if face.json:
        face.result_data(_data(seen))
        return
    from records_mover.cli.table import table

    rows = [("provider", seen.provider), *seen.facts.items()]
    face.result(table(("connection", seen.name), rows, sys.stdout))
    if seen.others:
        face.note(f"also known to {', '.join(seen.others)}; the first that is asked answers")


def _data(seen: Look) -> dict[str, object]:
    return {
        "connection": seen.name,
        "provider": seen.provider,
        "facts": dict(seen.facts),
        "also_known_to": list(seen.others),
    }

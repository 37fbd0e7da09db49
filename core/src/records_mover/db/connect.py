"""From the facts of a connection to its URL and its engine, by the names of 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL, Engine

__all__ = ["create_sqlalchemy_url", "engine_from_db_facts"]


def create_sqlalchemy_url(db_facts: Mapping[str, Any]) -> URL:
    """Return the SQLAlchemy URL that facts mean: type, host, port, database, user, password.

    Raises ``CredsError`` where they make none.
    """
    from records_mover.creds.facts import facts_of
    from records_mover.creds.resolve import url_of
    from records_mover.parts import Creds

    told = Creds(provider="the caller", facts=facts_of(db_facts, of="the facts"))
    return url_of(told, "the facts")


def engine_from_db_facts(db_facts: Mapping[str, Any]) -> Engine:
    """Return an engine for facts, with the driver and the arguments that its plugin wants.

    Raises ``ConnectError`` where the server does not let us in; who asks closes it.
    """
    from records_mover.db.engine import open_engine
    from records_mover.plugins import Plugins

    return open_engine(create_sqlalchemy_url(db_facts), kinds=Plugins().databases)

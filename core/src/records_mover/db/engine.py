"""Opening an engine and the database behind it; what cannot be opened is said in one line."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from records_mover.db.connections.address import Address
from records_mover.db.connections.check import check_connection
from records_mover.db.connections.failures import scrub
from records_mover.errors import ConfigError, MoverError
from records_mover.known_plugins import alias_of, names_of
from records_mover.logging import guarded
from records_mover.redaction import register_url
from records_mover.secret import is_elsewhere
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL, Engine

    from records_mover.parts import Database, DatabaseKind

__all__ = ["open_database", "open_direct", "open_engine"]


SQLALCHEMYS = ("sqlite", "mysql", "mariadb", "oracle", "mssql")
"""The dialects that come with SQLAlchemy, beside those of plugins."""


def open_engine(
    url: str | URL,
    *,
    kinds: Sequence[DatabaseKind] = (),
    connect: bool = True,
    **options: object,
) -> Engine:
    """Create an engine and, unless ``connect`` is False, see that it lets us in.

    ``kinds`` say which driver and which connect arguments a dialect wants where the URL says
    nothing; ``options`` go to ``sqlalchemy.create_engine``. Raises ConfigError for a URL, dialect
    or driver that cannot be used, and ConnectError for a server that does not answer or refuses.
    """
    parsed = _parse(url)
    kind = _kind_of(parsed.get_backend_name(), kinds)
    found = _recognised(parsed, kinds, options) if kind is None and connect else None
    if found is not None:
        return found
    engine = _create(_with_driver(parsed, kind), kind, options)
    if connect:
        check_connection(engine)
    return engine


def open_direct(url: str, kinds: Sequence[DatabaseKind]) -> Engine | None:
    """Open a URL without SQLAlchemy, where its kind can do without, and see that it lets us in.

    None where it cannot, and where the URL says no password but where one is kept.
    """
    kind = _kind_of(url.partition(":")[0].partition("+")[0], kinds)
    address = Address.parse(url)
    if (
        kind is None
        or kind.direct is None
        or address is None
        or is_elsewhere(address.password or "")
    ):
        return None
    register_url(url)
    engine = kind.direct(url)
    if engine is not None:
        check_connection(engine)
    return engine


def open_database(engine: Engine, kinds: Sequence[DatabaseKind]) -> Database:
    """Open the database by what the server says it is, else by dialect, else as generic SQL."""
    _refuse_async(engine)
    kind = _relative(engine, kinds) or _kind_of(engine.dialect.name, kinds)
    if kind is not None:
        return kind.open(engine)
    if engine.dialect.name == "sqlite":
        from records_mover.db.sqlite import open_sqlite

        return open_sqlite(engine)  # even with no plugin at all: its transactions need care
    from records_mover.db.database import SqlDatabase

    return SqlDatabase(engine)


def _kind_of(dialect: str, kinds: Sequence[DatabaseKind]) -> DatabaseKind | None:
    return next((kind for kind in kinds if dialect in kind.dialects), None)


def _relative(engine: Engine, kinds: Sequence[DatabaseKind]) -> DatabaseKind | None:
    dialect = engine.dialect.name
    asked = [kind for kind in kinds if kind.recognises and dialect in kind.relatives]
    if not asked:
        return None
    check_connection(engine)
    with engine.connect() as connection:
        return next(
            (kind for kind in asked if kind.recognises and kind.recognises(connection)), None
        )


def _recognised(
    url: URL, kinds: Sequence[DatabaseKind], options: dict[str, object]
) -> Engine | None:
    """Open what only a relative knows, by its driver; None where it is none of theirs.

    SQLAlchemy's own dialect must not ask such a server what it does not know.
    """
    dialect = url.get_backend_name()
    for kind in kinds:
        if kind.recognises is None or dialect not in kind.relatives:
            continue
        if kind.driver is not None and "+" not in url.drivername:
            url = url.set(drivername=f"{url.drivername}+{kind.driver}")
        engine = _create(url, None, {**options, "_initialize": False})
        check_connection(engine)
        with engine.connect() as connection:
            if kind.recognises(connection):
                return engine
        engine.dispose()
    return None


def _parse(url: str | URL) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    parsed = None
    with suppress(ArgumentError, ValueError, TypeError):  # whose texts repeat parts of the URL
        parsed = make_url(url)
    if parsed is None:
        raise ConfigError(
            "the database URL cannot be understood",
            "write it as dialect://user:password@host:port/database, "
            "with special characters of the password percent-encoded",
        )
    backend, plus, driver = parsed.drivername.partition("+")
    return parsed.set(drivername=f"{alias_of(backend)}{plus}{driver}")


def _with_driver(url: URL, kind: DatabaseKind | None) -> URL:
    if kind is None:
        return url
    if kind.driver is not None and "+" not in url.drivername:
        url = url.set(drivername=f"{url.drivername}+{kind.driver}")
    return url if kind.driver_url is None else kind.driver_url(url)


def _meant(backend: str) -> str:
    from sqlalchemy.dialects import registry

    known = (*names_of("dialects"), *SQLALCHEMYS, *registry.impls)
    return meant(backend, (name for name in known if "." not in name))


def _create(url: URL, kind: DatabaseKind | None, options: dict[str, object]) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    failure: MoverError
    _guard_echo()
    try:
        engine = create_engine(url, **_options(url, kind, options))
        _refuse_async(engine)
        return engine
    except NoSuchModuleError:
        failure = ConfigError(
            f"no SQLAlchemy dialect is called '{url.drivername}'{_meant(url.get_backend_name())}",
            "check the spelling, or install the package that brings it",
        )
    except ImportError as err:
        failure = ConfigError(
            f"the driver of '{url.drivername}' cannot be imported: {err}",
            f"install what brings the module '{err.name or url.get_driver_name()}', or name another"
            f" driver: {url.get_backend_name()}+DRIVER://",
        )
    except MoverError:
        raise
    except (ArgumentError, TypeError, ValueError) as err:
        why = scrub(str(err), url)
        failure = ConfigError(f"the database URL of '{url.drivername}' cannot be used: {why}")
    raise failure


def _refuse_async(engine: Engine) -> None:
    """Raise ``ConfigError`` for an engine that is of use to coroutines alone."""
    if getattr(engine.dialect, "is_async", False):
        raise ConfigError(
            f"the driver '{engine.dialect.driver}' is for coroutines alone",
            f"take another one, {engine.dialect.name}+DRIVER://, and move by asyncio.to_thread",
        )


def _guard_echo() -> None:
    """Star out secrets in the statements that SQLAlchemy logs.

    By a filter: with a handler on this very logger, ``echo=True`` would show nothing any more.
    """
    echo = logging.getLogger("sqlalchemy.engine.Engine")
    if guarded not in echo.filters:
        echo.addFilter(guarded)


def _options(url: URL, kind: DatabaseKind | None, options: dict[str, object]) -> dict[str, object]:
    given = options.get("connect_args")
    wanted = dict(kind.connect_args) if kind is not None and _meant_for(url, kind) else {}
    named = {key: value for key, value in wanted.items() if key not in url.query}
    named.update(given if isinstance(given, dict) else {})
    return {"hide_parameters": True, **options, "connect_args": named}


def _meant_for(url: URL, kind: DatabaseKind) -> bool:
    return kind.driver is None or url.get_driver_name() == kind.driver

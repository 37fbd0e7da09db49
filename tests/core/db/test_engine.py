from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from records_mover.builtin.sql import mover_databases
from records_mover.db.database import SqlDatabase
from records_mover.db.engine import open_database, open_engine
from records_mover.db.sqlite import SqliteDatabase
from records_mover.errors import ConfigError, ConnectError, MoverError
from records_mover.parts import DatabaseKind

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

SECRET = "hunter2/=+ü"
SPELT = "hunter2%2F%3D%2B%C3%BC"


def failure(url: str, **options: object) -> MoverError:
    with pytest.raises(MoverError) as caught:
        open_engine(url, **options)  # type: ignore[arg-type]
    return caught.value


Opening = Callable[..., "Engine"]


@pytest.fixture
def opening() -> Iterator[Opening]:
    """Open engines that are disposed of at the end: SQLite's connections say when nobody does."""
    with ExitStack() as stack:

        def opened(url: str, **options: Any) -> Engine:
            engine = open_engine(url, **options)
            stack.callback(engine.dispose)
            return engine

        yield opened


def refusing(message: str) -> object:
    def connect() -> NoReturn:
        raise sqlite3.OperationalError(message)

    return connect


def test_an_unknown_dialect_is_a_config_error() -> None:
    err = failure("nosuchsql://user:hunter2@host/db")
    assert isinstance(err, ConfigError)
    assert "'nosuchsql'" in str(err)


def test_a_driver_that_is_not_installed_is_named() -> None:
    err = failure("mysql+mysqlconnector://user:hunter2@host/db")
    assert isinstance(err, ConfigError)
    advice = "install what brings the module 'mysql', or name another driver: mysql+DRIVER://"
    assert err.advice == advice


@pytest.mark.parametrize("url", ["", "no url", "sqlite", "a://user:hunter2@host:port/db", "://"])
def test_a_url_that_cannot_be_parsed_is_a_config_error(url: str) -> None:
    err = failure(url)
    assert isinstance(err, ConfigError)
    assert "dialect://user:password@host" in str(err)


def test_a_file_in_a_folder_that_is_not_there_is_a_connect_error(tmp_path: Path) -> None:
    err = failure(f"sqlite:///{tmp_path}/nowhere/data.db")
    assert isinstance(err, ConnectError)
    assert "check that the folder exists" in str(err)


@pytest.mark.parametrize(
    ("says", "advice"),
    [
        ("FATAL: password authentication failed for user 'x'", "check the user name"),
        ("could not connect: Connection refused", "check that the server runs"),
        ("connection timed out", "check that the server runs"),
        ('FATAL: database "shop" does not exist', "check the name of the database"),
        ("could not translate host name", "check the host name"),
    ],
)
def test_what_the_driver_says_gets_its_advice(says: str, advice: str) -> None:
    err = failure("sqlite://", creator=refusing(says + "\n\tsecond line"))
    assert isinstance(err, ConnectError)
    assert says in str(err)
    assert advice in str(err)
    assert "\n" not in str(err)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (f"nosuchsql://user:{SPELT}@host/db", {}),
        (f"mysql+mysqlconnector://user:{SPELT}@host/db", {}),
        (f"sqlite://user:{SPELT}@host/db", {}),
        (f"sqlite://user:{SPELT}@host:port/db", {}),
        (f"sqlite://user:{SPELT}@host/db", {"creator": refusing(f"no entry with '{SECRET}'")}),
        (f"sqlite:///x.db?password={SPELT}", {"creator": refusing(f"no entry with {SPELT}")}),
    ],
)
@pytest.mark.filterwarnings("ignore:Query string argument:sqlalchemy.exc.SAWarning")
def test_no_error_shows_the_password(url: str, options: dict[str, object]) -> None:
    err = failure(url, **options)
    shown = [str(err), repr(err), "".join(traceback.format_exception(err))]
    for text in shown:
        assert "hunter2" not in text
    assert err.__cause__ is None
    assert err.__context__ is None


@pytest.mark.filterwarnings("ignore:Query string argument:sqlalchemy.exc.SAWarning")
def test_a_later_connection_that_fails_hides_the_password_too(tmp_path: Path) -> None:
    engine = open_engine(
        f"sqlite:///x.db?password={SPELT}", connect=False, creator=refusing(f"bad {SECRET}")
    )
    with pytest.raises(ConnectError) as caught, SqlDatabase(engine).connection():
        pass
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def kind(dialect: str, **options: object) -> DatabaseKind:
    return DatabaseKind(
        name=dialect,
        dialects=frozenset({dialect}),
        open=SqlDatabase,
        **options,  # type: ignore[arg-type]
    )


def test_the_kind_gives_driver_and_connect_arguments(tmp_path: Path, opening: Opening) -> None:
    seen = kind("sqlite", driver="pysqlite", connect_args={"timeout": 7.0})
    engine = opening(f"sqlite:///{tmp_path}/x.db", kinds=[seen])
    assert engine.url.drivername == "sqlite+pysqlite"
    wrong = kind("sqlite", driver="pysqlite", connect_args={"nonsense": 1})
    assert isinstance(failure("sqlite://", kinds=[wrong]), ConnectError)
    elsewhere = kind("sqlite", driver="other", connect_args={"nonsense": 1})
    opening("sqlite+pysqlite://", kinds=[elsewhere])


def test_the_dialect_chooses_the_database(engine: Engine) -> None:
    assert isinstance(open_database(engine, list(mover_databases())), SqliteDatabase)


def test_sqlite_is_known_without_any_plugin(engine: Engine) -> None:
    assert type(open_database(engine, [])) is SqliteDatabase


def test_a_dialect_without_a_kind_is_generic_sql() -> None:
    engine = SimpleNamespace(dialect=SimpleNamespace(name="othersql"))
    assert type(open_database(engine, [kind("sqlite")])) is SqlDatabase  # type: ignore[arg-type]


def test_a_relative_that_recognises_the_server_goes_first(engine: Engine) -> None:
    asked: list[str] = []

    class Relative(SqlDatabase):
        pass

    def recognises(connection: Connection) -> bool:
        asked.append(connection.dialect.name)
        return True

    relative = DatabaseKind(
        name="relative",
        dialects=frozenset({"relative"}),
        open=Relative,
        recognises=recognises,
        relatives=frozenset({"sqlite"}),
    )
    assert type(open_database(engine, [kind("sqlite"), relative])) is Relative
    assert asked == ["sqlite"]


def test_identity_is_the_same_for_one_file_and_differs_in_memory(
    tmp_path: Path, opening: Opening
) -> None:
    path = tmp_path / "x.db"
    here = [SqliteDatabase(opening(f"sqlite:///{path}")).identity() for _ in range(2)]
    assert here[0] == here[1]
    memory = [SqliteDatabase(opening("sqlite://")) for _ in range(2)]
    assert memory[0].identity() != memory[1].identity()


def test_identity_of_a_server_has_no_user_and_no_password() -> None:
    engine = open_engine("sqlite://", connect=False)
    engine.url = engine.url.set(
        host="db.example", port=99, username="u", password="p", database="d"
    )
    assert SqlDatabase(engine).identity() == "sqlite://db.example:99/d"

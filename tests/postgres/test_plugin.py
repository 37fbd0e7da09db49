"""The plugin as the core sees it, and the tricks that it plays on the driver."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg2
import pytest

import mover_postgres.plugin as plugin
from mover_postgres.unloading.controls import respelled
from mover_postgres.wire.quiet import no_driver_traceback
from mover_postgres.wire.socket import _holds_error

if TYPE_CHECKING:
    from postgres.conftest import Bench


def test_the_plugin_speaks_the_core_s_language_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, mover_postgres.plugin as p\n"
        "assert p.MOVER_API == 1\n"
        "p.mover_databases(), p.mover_loaders(), p.mover_unloaders()\n"
        "heavy = {'psycopg2', 'sqlalchemy', 'pyarrow', 'pandas', 'numpy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_its_parts_are_named_after_their_statements() -> None:
    (kind,) = plugin.mover_databases()
    loaders, unloaders = plugin.mover_loaders(), plugin.mover_unloaders()
    assert [loader.name for loader in loaders] == [
        "postgres-copy-in",
        "postgres-binary-in",
        "postgres-insert-select",
    ]
    assert [unloader.name for unloader in unloaders] == [
        "postgres-copy-out",
        "postgres-binary-out",
        "postgres-binary-arrow",
        "postgres-copy-arrow",
    ]
    assert all(loader.dialects == kind.dialects for loader in loaders)
    assert all(unloader.dialects == kind.dialects for unloader in unloaders)


def test_connections_name_themselves_and_give_up_in_time(one_pg: Bench) -> None:
    assert one_pg.rows("SHOW application_name") == [("records-mover",)]
    assert one_pg.database.engine.driver == "psycopg2"


def test_the_driver_s_own_traceback_is_dropped_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, traceback: seen.append(error))
    before = sys.excepthook
    printed = SystemError("returned a result with an exception set")
    printed.__cause__ = psycopg2.OperationalError("terminating")
    others = [SystemError("else"), ValueError("x")]
    with no_driver_traceback():
        for error in (printed, *others):
            sys.excepthook(type(error), error, None)
    assert seen == others
    assert sys.excepthook is before


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (b"E\0\0\0\x10SERROR\0", True),
        (b"N\0\0\0\x08SNO\0E\0\0\0\x10", True),
        (b"N\0\0\0\x09SNOE\0", False),
        (b"S\0\0\0\x05E", False),
        (b"", False),
        (b"x\0\0\0\0E", False),
    ],
)
def test_an_error_is_found_among_the_messages(waiting: bytes, expected: bool) -> None:
    assert _holds_error(waiting) is expected


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"a\\nb", b"a\\\nb"),
        (b"a\\\\nb", b"a\\\\nb"),
        (b"\\\\\\n\\N\\\\N", b"\\\\\\\n\\N\\\\N"),
        (b"\\b\\f\\r\\t\\v\\,", b"\\\b\\\f\\\r\\\t\\\v\\,"),
        (b"plain", b"plain"),
    ],
)
def test_letters_after_a_backslash_become_the_character(block: bytes, expected: bytes) -> None:
    assert respelled(block) == expected

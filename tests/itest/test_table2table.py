"""A table of each database into each other one: new, appended, replaced, and refused as a whole."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from records_mover.errors import MoverError
from support.ends import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover import Session
    from support.ends import Place

    Open = Callable[[str], Place]

PAIRS = list(product(KINDS, KINDS))

# The row that 1.x tested everything with.
ROW = {
    "num": ("integer", "123"),
    "numstr": ("varchar(3)", "123"),
    "str": ("varchar(3)", "foo"),
    "comma": ("varchar(3)", ","),
    "doublequote": ("varchar(3)", '"'),
    "quotecommaquote": ("varchar(3)", '","'),
    "newlinestr": (
        "varchar(200)",
        "* SQL unload would generate multiple files (one for\n" + "x" * 50,
    ),
    "date": ("date", "2000-01-01"),
    "time": ("time", "00:00:00"),
    "timestamp": ("timestamp", "2000-01-02 12:34:56.789012"),
    "timestamptz": ("timestamptz", "2000-01-02 12:34:56.789012-05"),
}


def make(place: Place, table: str) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, (kind, _) in ROW.items())
    values = ", ".join(f"'{value}'::{kind}" for kind, value in ROW.values())
    place.ask(f"CREATE TABLE {place.schema}.{table} ({columns})")
    place.ask(f"INSERT INTO {place.schema}.{table} SELECT {values}")


def shown(place: Place, table: str) -> list[str]:
    columns = ", ".join(f'"{name}"' for name in ROW)
    (row, *others) = place.ask(f"SELECT {columns} FROM {place.schema}.{table}")
    assert all(other == row for other in others)
    return [str(value) for value in row[:-1]] + [row[-1].astimezone().isoformat()]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_table_moves(session: Session, opened: Open, one: str, other: str) -> None:
    source, target = opened(one), opened(other)
    make(source, "trips")
    ends = (source.url("trips"), target.url("trips"))
    moved = session.move(*ends, verify=True)
    assert (moved.rows, moved.rejected) == (1, 0)
    assert shown(target, "trips") == shown(source, "trips")
    session.move(*ends)
    assert target.count("trips") == 2
    for mode in ("delete", "truncate", "replace", "drop"):
        session.move(*ends, if_exists=mode)
        assert target.count("trips") == 1, mode
    session.move(*ends, if_exists="upsert", key=("num",))
    assert target.count("trips") == 1


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_table_that_does_not_fit_is_left_as_it_was(
    session: Session, opened: Open, one: str, other: str
) -> None:
    source, target = opened(one), opened(other)
    source.ask(f"CREATE TABLE {source.schema}.t (id integer, x varchar(9))")
    source.ask(f"INSERT INTO {source.schema}.t SELECT 1, '5'")
    source.ask(f"INSERT INTO {source.schema}.t SELECT 2, 'none'")
    target.ask(f"CREATE TABLE {target.schema}.t (id integer, x integer)")
    target.ask(f"INSERT INTO {target.schema}.t SELECT 7, 7")
    for mode in ("append", "delete", "truncate"):
        with pytest.raises(MoverError, match=r"none|x"):
            session.move(source.url("t"), target.url("t"), if_exists=mode)
        assert target.ask(f"SELECT id, x FROM {target.schema}.t") == [(7, 7)], mode

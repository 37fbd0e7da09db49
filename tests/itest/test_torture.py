"""The torture test: every pair of databases, every type, there and back; and the page that tells.

``ITEST_WRITE_SUPPORT=1`` writes the page anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from records_mover.errors import LossError, MoverError
from support.ends import KINDS, real_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover import Session
    from support.ends import Place

    Open = Callable[[str], Place]

PAGE = Path(__file__).parents[2] / "docs" / "support.md"
PAIRS = list(product(KINDS, KINDS))
NAMES = {"postgres": "PostgreSQL", "redshift": "Redshift", "vertica": "Vertica"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a type: what it is there, what the plan says of it, and how it came back."""

    kind: str
    there: str
    verdict: str
    back: str

    def __str__(self) -> str:
        return f"| `{self.kind}` | `{self.there}` | {self.verdict} | {self.back} |"


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_every_type_goes_there_and_comes_back(
    session: Session, opened: Open, one: str, other: str
) -> None:
    source, target = opened(one), opened(other)
    outcomes = list(_travelled(session, source, target))
    assert not [each for each in outcomes if each.back == "changed"]
    section = "\n".join(str(each) for each in outcomes)
    if os.environ.get("ITEST_WRITE_SUPPORT"):
        _write(one, other, section)
    if real_url(one) is None and real_url(other) is None:  # which may be of another release
        assert section == _read(one, other)


def _travelled(session: Session, source: Place, target: Place) -> Iterator[Outcome]:
    types = source.kind.types
    source.make("s", types)
    refused: dict[str, str] = {}
    plan = session.explain(source.url("s"), target.url("t"))
    verdicts = {each.column: each for each in plan.columns}
    lossy = [name for name, each in verdicts.items() if each.verdict == "lossy"]
    if lossy:
        with pytest.raises(LossError, match=lossy[0]):
            session.move(source.url("s"), target.url("t"))
    columns = ["id", *(f"c{at}" for at in range(len(types)))]
    while True:
        kept = tuple(name for name in columns if name not in refused)
        try:
            session.move(
                source.url("s"), target.url("t"), columns=kept, allow_lossy="all", if_exists="drop"
            )
            break
        except MoverError as error:
            refused[_column_of(error)] = re.sub("itest_[0-9a-f]{12}.", "", error.what)
    source.make_like("back", "s")
    for name in refused:
        source.ask(f"ALTER TABLE {source.schema}.back DROP COLUMN {name}")
    session.move(target.url("t"), source.url("back"), allow_lossy="all", columns=kept)
    differing = source.differing("s", "back", [name for name in kept if name != "id"])
    for at, kind in enumerate(types):
        name = f"c{at}"
        verdict = verdicts[name]
        if name in refused:
            yield Outcome(kind=kind, there="", verdict="refused", back=refused[name])
            continue
        back = "same" if name not in differing else "changed"
        if verdict.verdict == "lossy":
            back = f"lossy: {verdict.why}"
        there = verdict.target_type or verdict.source_type
        yield Outcome(kind=kind, there=there, verdict=verdict.verdict, back=back)


def _column_of(error: MoverError) -> str:
    """Return the column that an error names; without one, nobody could tell what to do."""
    named = re.search(r"['(](c\d+)[')]", error.what)
    assert named, f"an error that names no column: {error}"
    return named.group(1)


def _mark(one: str, other: str) -> str:
    return f"## {NAMES[one]} to {NAMES[other]}\n\n"


HEAD = "| type | there | plan | back again |\n| --- | --- | --- | --- |\n"


def _read(one: str, other: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    assert _mark(one, other) in text, "write the page: ITEST_WRITE_SUPPORT=1 ./itest torture"
    return text.partition(_mark(one, other) + HEAD)[2].partition("\n\n")[0].strip()


def _write(one: str, other: str, section: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    mark = _mark(one, other)
    before, _, after = text.partition(mark)
    rest = after[after.find("## ") :] if "## " in after else ""
    PAGE.write_text(
        f"{before.rstrip()}\n\n{mark}{HEAD}{section}\n\n{rest}".rstrip() + "\n", "utf-8"
    )

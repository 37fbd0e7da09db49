"""The torture test: every pair of databases, every type, there and back; and the page that tells.

``ITEST_WRITE_SUPPORT=1`` writes the page anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import LossError, MoverError
from support.ends import KINDS, real_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover import Session
    from records_mover.records.route.verdict import ColumnFidelity
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
        return f"| `{self.kind}` | {self.there} | {self.verdict} | {self.back} |"


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
    ends = (source.url("s"), target.url("t"))
    verdicts = {each.column: each for each in session.explain(*ends).columns}
    lossy = [name for name, each in verdicts.items() if each.verdict == "lossy"]
    if lossy:
        with pytest.raises(LossError, match=lossy[0]):
            session.move(*ends)
    names = [f"c{at}" for at in range(len(types))]
    refused = dict(_moved(session, *ends, names, if_exists="drop"))
    kept = [name for name in names if name not in refused]
    source.make_like("back", "s")
    stuck = {}
    for name in refused:
        source.drop_column("back", name)
    for name, why in _moved(session, target.url("t"), source.url("back"), kept):
        source.drop_column("back", name)
        stuck[name] = why
    differing = source.differing("s", "back", [name for name in kept if name not in stuck])
    for name, kind in zip(names, types, strict=True):
        yield _outcome(kind, verdicts[name], refused.get(name), stuck.get(name), name in differing)


def _outcome(
    kind: str, verdict: ColumnFidelity, refused: str | None, stuck: str | None, differs: bool
) -> Outcome:
    if refused is not None:
        return Outcome(kind=kind, there="", verdict="refused", back=refused)
    there = f"`{verdict.target_type or verdict.source_type}`"
    back = "changed" if differs else "same"
    if stuck is not None:
        back = f"refused: {stuck}"
    if verdict.verdict == "lossy":
        back = f"lossy: {verdict.why}"
    return Outcome(kind=kind, there=there, verdict=verdict.verdict, back=back)


def _moved(
    session: Session, source: str, target: str, names: list[str], **options: Any
) -> Iterator[tuple[str, str]]:
    """Move the columns that can be moved, and yield why each other one cannot."""
    left = list(names)
    while True:
        try:
            session.move(source, target, columns=("id", *left), allow_lossy="all", **options)
        except MoverError as error:
            name = _column_of(error)
            left.remove(name)
            yield name, re.sub("itest_[0-9a-f]{12}.", "", error.what).replace("|", "/")
        else:
            return


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

"""What a suite declares, held against the names that there are: a misspelled one is an error."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from records_mover.testing.case import Door, cases_of
from records_mover.testing.gap import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from records_mover.testing.case import Kind

__all__ = ["check_cases", "check_declared", "check_gaps", "check_names"]

KINDS = ("names", "shapes", "values")


def check_names(suite: str, what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a TypeError for a name that is none of those that are known."""
    there = sorted(known)
    if isinstance(names, str):
        raise TypeError(f"{suite}: {what} {names!r} is text; write ({names!r},)")
    for name in sorted(set(names) - set(there)):
        doors = [one for one in there if one.startswith(f"{name.partition('[')[0]}[")]
        near = get_close_matches(name, doors or there, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"use {', '.join(there) or 'none'}"
        raise TypeError(f"{suite}: no {what} is called {name!r}; {advice}")


def check_declared(
    suite: str, *, capabilities: Iterable[str], known: Iterable[str], doors: Collection[str]
) -> None:
    """Look through the capabilities and the doors."""
    check_names(suite, "capability", capabilities, known)
    check_names(suite, "door", doors, get_args(Door))
    if not doors:
        raise TypeError(f"{suite}: it has no door, so that no value passes; use {get_args(Door)}")


def check_gaps(suite: str, gaps: Mapping[str, Gap], tests: Mapping[str, str | None]) -> None:
    """Look through the gaps; ``tests`` are what can have one, and the capability that it needs."""
    check_names(suite, "case or behaviour", gaps, tests)
    for name, gap in gaps.items():
        if not isinstance(gap, Gap):
            raise TypeError(f"{suite}: the gap {name!r} is no gap; write refused('why')")
        if tests[name] is not None:
            what = f"{suite}: {name!r} is tested where the capability {tests[name]!r} is declared"
            raise TypeError(f"{what}; declare it, or leave out the gap")


def check_cases(suite: str, folder: Path, kinds: Iterable[Kind]) -> None:
    """Look through a folder of cases: that it is there, and that each file is of a kind."""
    if not folder.is_dir():
        raise TypeError(f"{suite}: there is no folder of cases {str(folder)!r}; make it")
    found = list(folder.rglob("*.toml"))
    for path in found:
        if path.parent.parent != folder or path.parent.name not in KINDS:
            where = " or ".join(f"{kind}/" for kind in KINDS)
            raise TypeError(f"{suite}: nobody reads {str(path)!r}; put it into {where} of {folder}")
    if not found:
        raise TypeError(f"{suite}: there is no case in {str(folder)!r}; write values/NAME.toml")
    for kind in kinds:
        cases_of(kind, folder)

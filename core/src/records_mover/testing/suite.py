"""What every suite has in common: which of its tests apply, and which of them must fail."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pytest

from records_mover.testing.case import DOORS, Shape, ValueCase, cases_of
from records_mover.testing.declared import (
    check_cases,
    check_declared,
    check_gaps,
    check_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from records_mover.testing.case import Case, Door, Kind
    from records_mover.testing.gap import Gap

__all__ = ["Asks", "Suite", "asks_of", "behaviour", "over"]

Test = TypeVar("Test", bound="Callable[..., object]")
_PREFIX = "test_"
_MARK = "_mover_asks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What a test asks of a suite: a capability, and cases to go over."""

    needs: str | None = None
    over: Kind | None = None


def behaviour(needs: str | None = None) -> Callable[[Test], Test]:
    """Mark a test of a behaviour, for the suites that declare the capability."""
    return _marked(Asks(needs=needs))


def over(kind: Kind, needs: str | None = None) -> Callable[[Test], Test]:
    """Mark a test that goes over all cases of a kind."""
    return _marked(Asks(needs=needs, over=kind))


def _marked(asks: Asks) -> Callable[[Test], Test]:
    def mark(function: Test) -> Test:
        setattr(function, _MARK, asks)
        return function

    return mark


class Suite:
    """Tests to subclass; the name of the subclass must begin with ``Test``, as pytest wants it.

    ``subject`` is what is tested, as the support table calls it. ``capabilities`` are what it can
    do beyond what everyone must; tests of others are not collected. ``gaps`` are cases and
    behaviours that fail: by the name of a case, of a case and a door (``text_nul[text]``), or of a
    test without ``test_``. A gap that fails in another way, or does not fail, is an error.
    ``cases`` is a folder with cases of one's own. ``applies`` are the cases and tests of a part
    that is for these alone; empty, it is for all.
    """

    kind: ClassVar[str] = ""
    known: ClassVar[frozenset[str]] = frozenset()
    """The capabilities that there are."""
    subject: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[str]] = frozenset()
    gaps: ClassVar[Mapping[str, Gap]] = {}
    cases: ClassVar[Path | None] = None
    applies: ClassVar[frozenset[str]] = frozenset()
    doors: ClassVar[Sequence[Door]] = DOORS
    _together: ClassVar[dict[Door, dict[str, list[str | None]]]] = {}

    def seen_together(
        self, door: Door, move: Callable[[Sequence[ValueCase]], Mapping[str, list[str | None]]]
    ) -> Mapping[str, list[str | None]]:
        """Return what became of all cases without a gap in one move, which is made once.

        Where it fails nobody knows by which case: then each half of them is moved, and so on; one
        that fails alone is left to its own test.
        """
        if door not in self._together:
            cases = [case.beside_others() for case in self._without_gap(door)]
            self._together[door] = _halving(cases, move)
        return self._together[door]

    def _without_gap(self, door: Door) -> Iterator[ValueCase]:
        filled: Door = "batches" if door == "table" else door  # by which a table gets its values
        for case in cases_of("values", self.cases):
            if not isinstance(case, ValueCase) or filled not in case.doors:
                continue
            declared = {case.name, f"{case.name}[{door}]"} & set(self.gaps)
            if _applies(type(self), case.name) and not declared:
                yield case

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._together = {}
        if cls.__name__.startswith("Test"):
            _arrange(cls)


def _halving(
    cases: Sequence[ValueCase],
    move: Callable[[Sequence[ValueCase]], Mapping[str, list[str | None]]],
) -> dict[str, list[str | None]]:
    with suppress(Exception):  # a driver's own too: the test of that case alone shows it
        return dict(move(cases))
    half = len(cases) // 2
    return {} if half == 0 else _halving(cases[:half], move) | _halving(cases[half:], move)


def _arrange(cls: type[Suite]) -> None:
    name = cls.__name__
    check_declared(name, capabilities=cls.capabilities, known=cls.known, doors=cls.doors)
    if cls.cases is not None:
        check_cases(name, cls.cases, {asks.over for _, asks in asks_of(cls) if asks.over})
    tests = dict(_tests_of(cls))
    check_names(name, "case or behaviour", cls.applies, tests)
    check_gaps(
        name, cls.gaps, {each: needs for each, needs in tests.items() if _applied(cls, each)}
    )
    for test, asks in list(asks_of(cls)):
        setattr(cls, test, _arranged(cls, test, asks))


def _arranged(cls: type[Suite], name: str, asks: Asks) -> Any:
    """Return a test as pytest is to find it; None where it is not for this suite."""
    test, short = _copied(getattr(cls, name)), name.removeprefix(_PREFIX)
    if asks.needs is not None and asks.needs not in cls.capabilities:
        return None  # pytest collects no None
    if asks.over is not None:
        return _over_cases(cls, test, asks.over)
    return _expecting(cls, test, short) if _applies(cls, short) else None


def _tests_of(cls: type[Suite]) -> Iterator[tuple[str, str | None]]:
    """Yield what can have a gap, and the capability that it needs and that is not declared."""
    for name, asks in asks_of(cls):
        needs = None if asks.needs in cls.capabilities else asks.needs
        if asks.over is None:
            yield name.removeprefix(_PREFIX), needs
            continue
        for case in cases_of(asks.over, cls.cases):
            yield case.name, needs
            yield from ((f"{case.name}[{door}]", needs) for door in _doors(cls, case))


def asks_of(cls: type[Suite]) -> Iterator[tuple[str, Asks]]:
    """Yield the tests of a suite, and what each asks."""
    for name in sorted(dir(cls)):
        asks = getattr(getattr(cls, name), _MARK, None)
        if isinstance(asks, Asks):
            yield name, asks


def _copied(test: Any) -> Any:
    """Copy a function, so that marks of one suite are not those of the others."""
    copy = FunctionType(
        test.__code__, test.__globals__, test.__name__, test.__defaults__, test.__closure__
    )
    copy.__dict__.update(test.__dict__)
    copy.__doc__, copy.__kwdefaults__ = test.__doc__, test.__kwdefaults__
    return copy


def _applies(cls: type[Suite], name: str) -> bool:
    return not cls.applies or name in cls.applies


def _applied(cls: type[Suite], name: str) -> bool:
    return _applies(cls, name.partition("[")[0])


def _expecting(cls: type[Suite], test: Any, name: str) -> Any:
    gap = cls.gaps.get(name)
    return test if gap is None else _xfail(gap)(test)


def _xfail(gap: Gap) -> pytest.MarkDecorator:
    return pytest.mark.xfail(raises=gap.raises, reason=gap.why, strict=True)


def _over_cases(cls: type[Suite], test: Any, kind: Kind) -> Any:
    """Give a test its cases, each with the gap that is declared for it."""
    found = [case for case in cases_of(kind, cls.cases) if _applies(cls, case.name)]
    if not found:
        return None
    if kind == "values":
        pairs = [(case, door) for case in found for door in _doors(cls, case)]
        rows = [_param(cls, f"{case.name}[{door}]", case, door) for case, door in pairs]
        return pytest.mark.parametrize(("case", "door"), rows)(test)
    word = "shape" if isinstance(found[0], Shape) else "case"
    rows = [_param(cls, case.name, case) for case in found]
    return pytest.mark.parametrize(word, rows)(test)


def _doors(cls: type[Suite], case: Case) -> list[Door]:
    return [door for door in cls.doors if isinstance(case, ValueCase) and case.passes(door)]


def _param(cls: type[Suite], name: str, *values: object) -> Any:
    gap = cls.gaps.get(name) or cls.gaps.get(name.partition("[")[0])
    marks = () if gap is None else (_xfail(gap),)
    return pytest.param(*values, id=name.replace("[", "-").rstrip("]"), marks=marks)

"""A plugin of pytest that writes the support table: ``pytest -p records_mover.testing.report``.

With ``--support-table FILE`` the run writes what each suite has shown. With ``--collect-only`` it
writes what the suites declare, which is the same, since a gap that is none fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from records_mover.testing.suite import Suite, asks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from records_mover.testing.gap import Gap

__all__ = ["Cell", "Table", "pytest_addoption", "pytest_configure"]

KINDS = {
    "database": "Databases",
    "loader": "Loaders",
    "unloader": "Unloaders",
    "store": "Stores",
    "creds": "Credentials",
    "plugin": "Plugins",
}
PASSED = ("loader", "unloader")
"""Kinds of parts that values pass by one door or another."""

HEAD = """\
# What is supported

Each cell is a test of `records_mover.testing`, the conformance kit that plugins of all authors
run. Values are **kept**, or they are *refused*: the move ends with an error and nothing has
changed. *lossy* ones move where `--allow-lossy` allows it, and the plan says so beforehand. No
value is changed in silence. *not so* is a behaviour that is missing, and an empty cell one that
the backend does not have. Made by the kit itself, with `--support-table`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one test shows of one subject."""

    kind: str
    subject: str
    row: str
    outcome: str
    why: str = ""


@dataclass(slots=True)
class Table:
    """The cells of a run, by the test that shows them."""

    cells: dict[str, Cell] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the page."""
        yield from HEAD.splitlines()
        for kind, title in KINDS.items():
            cells = [(key, cell) for key, cell in self.cells.items() if cell.kind == kind]
            if cells:
                yield from self._section(title, cells)

    def _section(self, title: str, cells: Sequence[tuple[str, Cell]]) -> Iterator[str]:
        subjects = sorted({cell.subject for _, cell in cells})
        told: dict[tuple[str, str], str] = {}
        whys: dict[str, int] = {}
        for key, cell in cells:
            at = (cell.row, cell.subject)
            words = "FAILED" if key in self.failed else _words(cell, whys)
            told[at] = _both(told.get(at, words), words)
        yield from ("", f"## {title}", "", f"| | {' | '.join(subjects)} |")
        yield f"| --- |{' --- |' * len(subjects)}"
        for row in dict.fromkeys(sorted(row for row, _ in told)):
            yield f"| {row} | {' | '.join(told.get((row, one), '') for one in subjects)} |"
        if whys:
            yield ""
            yield from (f"{number}. {why}" for why, number in whys.items())


def _both(one: str, other: str) -> str:
    """Return what two tests of one row show, as those of the modes, or of two suites."""
    if "FAILED" in (one, other):
        return "FAILED"
    return one if other in one.split(" / ") else f"{one} / {other}"


def _words(cell: Cell, whys: dict[str, int]) -> str:
    if not cell.why:
        return cell.outcome
    return f"*{cell.outcome}* ({whys.setdefault(cell.why, len(whys) + 1)})"


def _cell(item: Any) -> Cell | None:
    suite = getattr(item, "cls", None)
    if not (isinstance(suite, type) and issubclass(suite, Suite) and suite.subject):
        return None
    name = item.originalname
    asks = dict(asks_of(suite)).get(name)
    if asks is None:
        return None
    short = name.removeprefix("test_")
    row, gap = short.replace("_", " "), suite.gaps.get(short)
    if asks.over is not None:
        params = item.callspec.params
        case = params.get("case") or params["shape"]
        door = params.get("door")
        row = f"`{case.name}` {case.about}" + (
            f" ({door})" if suite.kind in PASSED and door else ""
        )
        gap = suite.gaps.get(f"{case.name}[{door}]") or suite.gaps.get(case.name) or gap
    return Cell(
        kind=suite.kind,
        subject=suite.subject,
        row=row,
        outcome=_outcome(gap, over=asks.over is not None),
        why=gap.why if gap else "",
    )


def _outcome(gap: Gap | None, *, over: bool) -> str:
    if gap is None:
        return "kept" if over else "yes"
    return "not so" if gap.outcome == "missing" else gap.outcome


class _Recorder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._table = Table()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            cell = _cell(item)
            if cell is not None:
                self._table.cells[item.nodeid] = cell

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._table.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._path.write_text("\n".join(self._table.lines()) + "\n", "utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--support-table``."""
    parser.addoption("--support-table", metavar="FILE", help="write what suites have shown to FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Write the table at the end of the run, in the one process that sees all of it."""
    path = config.getoption("--support-table")
    if path:
        if config.getoption("numprocesses", None):
            raise SystemExit("--support-table wants one process: leave out -n")
        config.pluginmanager.register(_Recorder(Path(path)), "mover-support-table")

"""Ends and parts without a database, for tests of the planner."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from records_mover.formats import DelimitedRecordsFormat
from records_mover.parts import Form, PublishRequest, Selection, TableName
from records_mover.records.ends.end import SourceEnd, TableSide, TargetEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask, Database, Offer, Refusal

BATCHES = Form(kind="batches")


@dataclass(eq=False)
class FakePart:
    """A loader and unloader in one, which answers as it is told and keeps what it was asked."""

    name: str
    answer: Callable[[Ask], Sequence[Any]]
    dialects: frozenset[str] = frozenset({"fake"})
    asked: list[Ask] = field(default_factory=list)

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        self.asked.append(ask)
        return self.answer(ask)

    def load(self, job: Any, payload: Any) -> Any:
        raise AssertionError("nothing is loaded while planning")

    def unload(self, job: Any) -> Any:
        raise AssertionError("nothing is unloaded while planning")


class Ends:
    """Makes ends and forms."""

    BATCHES = BATCHES
    CSV = DelimitedRecordsFormat("csv", {"compression": None, "header-row": True})
    PIPED = DelimitedRecordsFormat("bluelabs", {"compression": None})

    def stream(self, form: BaseRecordsFormat) -> Form:
        return Form(kind="streams", format=form)

    def gz(self, form: DelimitedRecordsFormat) -> DelimitedRecordsFormat:
        return form.alter_hints({"compression": "GZIP"})

    def part(self, name: str, answer: Callable[[Ask], Sequence[Any]] | Sequence[Any]) -> FakePart:
        given = answer if callable(answer) else lambda ask: answer
        return FakePart(name, given)

    def source_file(
        self, form: BaseRecordsFormat | None = None, url: str = "/a", *, single: bool = True
    ) -> SourceEnd:
        return SourceEnd(
            title=f"file {url}",
            form=Form(kind="files", place=url, format=form or self.CSV),
            schema=_never,
            columns=("a", "b"),
            single=single,
            bytes=7,
            rows=3,
        )

    def target_file(
        self, form: BaseRecordsFormat | None = None, url: str = "/b", *, copies: bool = False
    ) -> TargetEnd:
        return TargetEnd(
            title=f"file {url}",
            form=Form(kind="files", place=url, format=form or self.CSV),
            url=url,
            copies=copies,
        )

    def source_batches(self) -> SourceEnd:
        return SourceEnd(title="frame", form=BATCHES, schema=_never)

    def source_table(self, *parts: FakePart, remedy: str = "") -> SourceEnd:
        return SourceEnd(
            title="table s",
            form=Form(kind="table", place="db::s"),
            schema=_never,
            table=replace(_SIDE, unloaders=parts),
            remedy=remedy,
        )

    def target_table(self, *parts: FakePart, remedy: str = "") -> TargetEnd:
        name = TableName(name="t")
        request = PublishRequest(table=name, mode="append", info=None)
        side = replace(_SIDE, loaders=parts, publish=request)
        form = Form(kind="table", place="db::t (target)")
        return TargetEnd(title="table t", form=form, table=side, remedy=remedy, notes=("appends",))


def _never() -> Any:
    raise AssertionError("planning never reads a schema")


_SIDE = TableSide(
    database=cast("Database", object()), selection=Selection(table=TableName(name="t"))
)


@pytest.fixture(scope="session")
def ends() -> Ends:
    """Make ends without a database."""
    return Ends()

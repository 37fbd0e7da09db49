"""Asking both ends what they could do, and drawing their answers as steps between forms."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from records_mover.errors import MoverError
from records_mover.parts import Ask, Form, Loader, Offer, Refusal, Stored, Unloader
from records_mover.records.route.carry import (
    Edge,
    carry_edges,
    copy_edge,
    far_forms,
    near_forms,
    split_edge,
    staged_forms,
    transcode_edges,
)
from records_mover.records.words import describe_form
from records_mover.url.scratch import scratch_place
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from records_mover.records.ends.end import SourceEnd, TableSide, TargetEnd
    from records_mover.records.options import MoveOptions
    from records_mover.schema import RecordsSchema

__all__ = ["Asked", "form_key"]

logger = logging.getLogger(__name__)

AnyPart = TypeVar("AnyPart", Loader, Unloader)

BATCHES = Form(kind="batches")
"""What the core makes of any format, and any format of; so both ends are always asked for it."""


class Asked:
    """What both ends answered: ``edges`` of a graph over forms, and ``refusals`` in their words.

    ``remedies`` are what a user can do about refusals.
    """

    def __init__(self, source: SourceEnd, target: TargetEnd, options: MoveOptions) -> None:
        self._source, self._target, self._options = source, target, options
        self._scratch = scratch_place(options.scratch) if options.scratch else None
        self.remedies: list[str] = []
        self.refusals: list[tuple[str, str]] = []
        self.unloads: dict[Edge, Unloader] = {}
        self.loads: dict[Edge, Loader] = {}
        given, wanted = self._negotiate()
        self.edges = [*self.unloads, *self.loads, *self._carried(given, wanted)]
        if options.splits:
            self.edges = [edge for edge in self.edges if edge.after != target.form]
            self.edges.append(split_edge(target.form, _sizes(options)))
        if self._copies():
            self.edges.append(copy_edge(source.form, target.form))

    def _carried(self, given: list[Form], wanted: list[Form]) -> list[Edge]:
        edges = [self._explained(edge) for edge in carry_edges(given, wanted)]
        if self._text_may_stay():
            edges += transcode_edges(self._source.form, self._target.form)
        if self._source.single or self._target.form.place.endswith("/"):
            return edges
        note = "several files are joined"
        return [replace(edge, note=note) if edge.name == "write" else edge for edge in edges]

    def _explained(self, edge: Edge) -> Edge:
        """Say whom files are staged for."""
        if edge.name != "stage":
            return edge
        readers = sorted({load.name for load in self.loads if load.before == edge.after})
        return replace(edge, note=f"where {' and '.join(readers)} can read it")

    def _text_may_stay(self) -> bool:
        """Whether rows go from files to files, and nobody said what their values must be."""
        source, target = self._source, self._target
        return source.form.kind == target.form.kind == "files" and not source.types_given

    def _copies(self) -> bool:
        source, target = self._source.form, self._target.form
        return (
            source.kind == target.kind == "files"
            and (self._source.single or target.place.endswith("/"))
            and not _sizes(self._options)
            and self._target.copies
            and self._source.rereadable  # the store opens it again
            and source.scheme == target.scheme
            and source.format == target.format
        )

    def _negotiate(self) -> tuple[list[Form], list[Form]]:
        """Ask the ends in turn, so that each knows what the other offers; return both lists."""
        source, target = self._source.table, self._target.table
        if target is None:
            wanted = [self._target.form]
            return self._given(source, _spread(wanted, far_forms)), wanted
        if source is None:
            given = [self._source.form]
            return given, self._wanted(target, _spread(given, near_forms))
        here = self._source.form
        liked = [offer.form for _, offer in self._offers(target.loaders, target, [here, BATCHES])]
        self.refusals.clear()  # they are asked again, knowing what there is
        self.remedies.clear()
        wanted = [form for form in [*liked, BATCHES] if form != here]
        given = self._given(source, _spread(wanted, far_forms))
        return given, self._wanted(target, [here, *_spread([*given, BATCHES], near_forms)])

    def _given(self, side: TableSide | None, forms: Sequence[Form]) -> list[Form]:
        """Ask the unloaders which of ``forms`` they can give, and what else."""
        if side is None:
            return [self._source.form]
        forms = _unique([*forms, *staged_forms(forms, self._scratch)])
        offers = self._offers(side.unloaders, side, forms)
        for part, offer in offers:
            self.unloads[_edge(part.name, self._source.form, offer.form, offer)] = part
        return _unique(offer.form for _, offer in offers)

    def _wanted(self, side: TableSide, forms: Sequence[Form]) -> list[Form]:
        """Ask the loaders which of ``forms`` they can take, and what else."""
        forms = _unique([*forms, *staged_forms(forms, self._scratch)])
        offers = self._offers(side.loaders, side, forms)
        for part, offer in offers:
            self.loads[_edge(part.name, offer.form, self._target.form, offer)] = part
        return _unique(offer.form for _, offer in offers)

    def _offers(
        self, parts: Iterable[AnyPart], side: TableSide, forms: Sequence[Form]
    ) -> list[tuple[AnyPart, Offer]]:
        """Return what the parts offer, in an order that does not depend on theirs."""
        ask = self._ask(side, forms)
        found = [(part, offer) for part in parts for offer in self._answers(part, ask)]
        return sorted(found, key=lambda pair: _offer_key(pair[0].name, pair[1]))

    def _ask(self, side: TableSide, forms: Sequence[Form]) -> Ask:
        return Ask(
            database=side.database,
            selection=side.selection,
            forms=tuple(forms),
            schema=self._known_schema(),
            columns=self._source.columns,
            source=self._stored(side),
            into=self._target.columns if side is self._target.table else None,
            mode=side.publish.mode if side.publish and side.info else None,
            reshape=side.publish.reshape if side.publish else None,
            exists=side.info is not None or side.publish is None,
            bytes=self._source.bytes,
            rows=self._source.rows,
            parallel=self._options.parallel,
            single=self._source.single,
            scratch=self._scratch,
            instructions=self._options.instructions,
        )

    def _known_schema(self) -> RecordsSchema | None:
        """Return the source's schema where no row is read for it."""
        declared = self._source.declared()
        return self._source.schema() if declared is None and self._source.typed else declared

    def _stored(self, side: TableSide) -> Stored | None:
        """Return where the rows are, for a loader that may have its server fetch them."""
        source = self._source.table
        if source is None or side is source:
            return None
        return Stored(database=source.database, selection=source.selection)

    def _answers(self, part: Loader | Unloader, ask: Ask) -> Iterator[Offer]:
        """Yield a part's offers and note its refusals; one that fails has refused."""
        try:
            answers = tuple(part.offers(ask))
        except MoverError:
            raise
        except Exception as error:
            logger.debug("%s failed to answer", part.name, exc_info=True)
            answers = (Refusal(why=f"it failed to answer: {type(error).__name__}: {error}"),)
        for answer in answers:
            refusal = answer if isinstance(answer, Refusal) else _refused(answer, ask)
            if refusal is None:
                yield answer  # type: ignore[misc]  # what is not refused is an offer
            else:
                self._note(part.name, refusal)

    def _note(self, name: str, refusal: Refusal) -> None:
        words = refusal.why
        if refusal.form is not None:
            words = f"{describe_form(refusal.form)}: {refusal.why}"
        if (name, words) not in self.refusals:
            self.refusals.append((name, words))
        if refusal.remedy and refusal.remedy not in self.remedies:
            self.remedies.append(refusal.remedy)


def _sizes(options: MoveOptions) -> str:
    rows, size = options.rows_per_file, options.bytes_per_file
    said = [f"at most {many(rows, 'row')} a file"] if rows else []
    return ", ".join([*said, f"about {many(size, 'byte')} a file"] if size else said)


def _refused(answer: object, ask: Ask) -> Refusal | None:
    """Refuse for a part what it should not have offered."""
    if not isinstance(answer, Offer):
        return Refusal(why=f"it answered {answer!r}, which is neither an offer nor a refusal")
    if not (math.isfinite(answer.cost) and answer.cost >= 0):
        return Refusal(
            why=f"it offered this at an impossible cost, {answer.cost}", form=answer.form
        )
    if answer.form.kind == "table" and answer.form not in ask.forms:
        return Refusal(why="it offered a table, and rows travel as files, streams or batches")
    return None


def form_key(form: Form) -> str:
    """Return a text by which forms can be put in order, the same on every machine."""
    config = form.format and (form.format.format_type, form.format.config())
    return f"{form.kind} {form.place} {json.dumps(config, sort_keys=True, default=str)}"


def _offer_key(name: str, offer: Offer) -> tuple[float, str, str, str]:
    return (offer.cost, name, form_key(offer.form), offer.note)


def _spread(forms: Iterable[Form], reach: Callable[[Form], list[Form]]) -> list[Form]:
    return _unique(form for near in forms for form in reach(near))


def _unique(forms: Iterable[Form]) -> list[Form]:
    return list(dict.fromkeys(forms))


def _edge(name: str, before: Form, after: Form, offer: Offer) -> Edge:
    return Edge(
        name=name,
        before=before,
        after=after,
        cost=offer.cost,
        here="here" in (before.place, after.place),
        note=offer.note,
        sessions=offer.sessions,
        staging=offer.staging,
    )

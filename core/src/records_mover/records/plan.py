"""The planner: asks both ends, and finds the cheapest route between them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from records_mover.errors import NoRouteError
from records_mover.parts import Ask, Form, Offer, Refusal, Tier
from records_mover.records.carry import Edge, carry_edges, copy_edge, far_forms, near_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from records_mover.parts import Loader, Unloader
    from records_mover.records.ends import SourceEnd, TableSide, TargetEnd
    from records_mover.records.options import MoveOptions

__all__ = ["Plan", "Route", "make_plan"]

ROUTES_SHOWN = 5
STEPS_AT_MOST = 8
LARGE_ROWS = 100_000
LARGE_BYTES = 20_000_000
"""From here on, statements row by row are worth a warning: they take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Steps from source to target, and what they cost together."""

    steps: tuple[Edge, ...]

    @property
    def cost(self) -> float:
        """The sum of the steps' costs, in units of a server-side copy."""
        return sum(step.cost for step in self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        """The steps' names in order."""
        return tuple(step.name for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The route that a move will take, the ones it will not, and every refusal in its own words."""

    source: SourceEnd
    target: TargetEnd
    route: Route
    others: tuple[Route, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()
    unloader: Unloader | None = None
    loader: Loader | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know before a move of this size goes this way."""
        slow = [step.name for step in self.route.steps if step.cost >= Tier.ROWS]
        rows, size = self.source.rows or 0, self.source.bytes or 0
        if not slow or (rows <= LARGE_ROWS and size <= LARGE_BYTES):
            return ()
        much = f"about {rows:,} rows" if rows else f"{size / 1e6:,.0f} MB"
        return (f"{much} will travel as statements by {', '.join(slow)}, the slowest way there is",)

    def __str__(self) -> str:
        from records_mover.records.describe import plan_lines

        return "\n".join(plan_lines(self))


def make_plan(source: SourceEnd, target: TargetEnd, options: MoveOptions) -> Plan:
    """Return the cheapest route; ``NoRouteError`` carries every refusal and what to install.

    The same inputs give the same plan: ties go to fewer steps, then to the names' order.
    """
    asked = _Asked(source, target, options)
    found = list(_routes(source.form, target.form, asked.edges))
    if not found:
        raise _no_route(source, target, asked.refusals)
    best = found[0]
    return Plan(
        source=source,
        target=target,
        route=best,
        others=tuple(found[1:]),
        refusals=tuple(asked.refusals),
        unloader=asked.owner.get(best.steps[0]),  # type: ignore[arg-type]
        loader=asked.owner.get(best.steps[-1]),  # type: ignore[arg-type]
    )


class _Asked:
    """What both ends answered, as edges of a graph over forms."""

    def __init__(self, source: SourceEnd, target: TargetEnd, options: MoveOptions) -> None:
        self._source, self._target, self._options = source, target, options
        self.refusals: list[tuple[str, str]] = []
        self.owner: dict[Edge, Loader | Unloader] = {}
        given, wanted = self._negotiate()
        self.edges = [*self.owner, *carry_edges(given, wanted)]
        if self._copies():
            self.edges.append(copy_edge(source.form, target.form))

    def _copies(self) -> bool:
        source, target = self._source.form, self._target.form
        return (
            source.kind == target.kind == "files"
            and self._source.single
            and self._target.copies
            and source.scheme == target.scheme
            and source.format == target.format
        )

    def _negotiate(self) -> tuple[list[Form], list[Form]]:
        """Ask the ends in turn, so that each knows what the other offers; return both lists."""
        source, target = self._source, self._target
        if target.table is None:
            wanted = [target.form]
            given = self._given(_spread(wanted, far_forms))
            return given, wanted
        if source.table is None:
            given = [source.form]
            return given, self._wanted(_spread(given, near_forms))
        liked = self._wanted([source.form], quiet=True)
        given = self._given([*_spread(liked, far_forms), target.form])
        return given, self._wanted([source.form, *_spread(given, near_forms)])

    def _given(self, forms: Sequence[Form]) -> list[Form]:
        """Ask the unloaders which of ``forms`` they can give, and what else."""
        side = self._source.table
        if side is None:
            return [self._source.form]
        given = []
        for part in side.unloaders:
            for offer in self._answers(part, self._ask(side, forms)):
                edge = _edge(part.name, self._source.form, offer.form, offer)
                self.owner[edge] = part
                given.append(offer.form)
        return list(dict.fromkeys(given))

    def _wanted(self, forms: Sequence[Form], *, quiet: bool = False) -> list[Form]:
        """Ask the loaders which of ``forms`` they can take, and what else."""
        side = self._target.table
        if side is None:
            return [self._target.form]
        wanted = []
        for part in side.loaders:
            for offer in self._answers(part, self._ask(side, forms), quiet=quiet):
                wanted.append(offer.form)
                if not quiet:
                    self.owner[_edge(part.name, offer.form, self._target.form, offer)] = part
        return list(dict.fromkeys(wanted))

    def _ask(self, side: TableSide, forms: Sequence[Form]) -> Ask:
        return Ask(
            database=side.database,
            selection=side.selection,
            forms=tuple(forms),
            columns=self._source.columns,
            exists=side.info is not None or side.publish is None,
            bytes=self._source.bytes,
            rows=self._source.rows,
            scratch=self._options.scratch,
            instructions=self._options.instructions,
        )

    def _answers(
        self, part: Loader | Unloader, ask: Ask, *, quiet: bool = False
    ) -> Iterator[Offer]:
        for answer in part.offers(ask):
            if isinstance(answer, Offer):
                yield answer
            elif not quiet:
                self._note(part.name, answer)

    def _note(self, name: str, refusal: Refusal) -> None:
        from records_mover.records.describe import describe_form

        words = refusal.why
        if refusal.form is not None:
            words = f"{describe_form(refusal.form)}: {refusal.why}"
        if (name, words) not in self.refusals:
            self.refusals.append((name, words))


def _spread(forms: Iterable[Form], reach: Callable[[Form], list[Form]]) -> list[Form]:
    return list(dict.fromkeys(form for near in forms for form in reach(near)))


def _edge(name: str, before: Form, after: Form, offer: Offer) -> Edge:
    return Edge(
        name=name,
        before=before,
        after=after,
        cost=offer.cost,
        here="here" in (before.place, after.place),
        note=offer.note,
    )


def _routes(start: Form, goal: Form, edges: Iterable[Edge]) -> Iterator[Route]:
    """Yield the cheapest routes without a circle, the best first, at most ``ROUTES_SHOWN``."""
    leaving: dict[Form, list[Edge]] = {}
    for edge in edges:
        leaving.setdefault(edge.before, []).append(edge)
    heap: list[tuple[float, int, tuple[str, ...], int, tuple[Edge, ...]]] = [(0.0, 0, (), 0, ())]
    serial = 0
    shown: set[tuple[str, ...]] = set()
    while heap and len(shown) < ROUTES_SHOWN:
        cost, length, names, _, steps = heapq.heappop(heap)
        here = steps[-1].after if steps else start
        if here == goal and steps:
            if names not in shown:
                shown.add(names)
                yield Route(steps=steps)
            continue
        been = {start, *(step.after for step in steps)}
        for edge in leaving.get(here, []) if length < STEPS_AT_MOST else []:
            if edge.after not in been:
                serial += 1
                ahead = (cost + edge.cost, length + 1, (*names, edge.name), serial, (*steps, edge))
                heapq.heappush(heap, ahead)


def _no_route(
    source: SourceEnd, target: TargetEnd, refusals: Sequence[tuple[str, str]]
) -> NoRouteError:
    words = [f"{name}: {why}" for name, why in refusals]
    remedies = [end.remedy for end in (source, target) if end.remedy]
    advice = "; ".join(dict.fromkeys(remedies)) or "see the refusals for what would have to change"
    return NoRouteError(f"no route from {source.title} to {target.title}", advice, words)

"""The planner: asks both ends, and finds the cheapest route between them."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from records_mover.errors import NoRouteError
from records_mover.records.route.asked import Asked, form_key
from records_mover.records.route.carry import Edge
from records_mover.records.route.plan import Plan, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from records_mover.parts import Form
    from records_mover.records.ends.end import SourceEnd, TargetEnd
    from records_mover.records.options import MoveOptions

__all__ = ["cheapest_routes", "make_plan"]

ROUTES_SHOWN = 5
STEPS_AT_MOST = 8


def make_plan(source: SourceEnd, target: TargetEnd, options: MoveOptions) -> Plan:
    """Return the cheapest route; ``NoRouteError`` carries every refusal and what to install.

    The same answers give the same plan, in whatever order they come: ties go to fewer steps, then
    to the names' order, then to the forms'.
    """
    asked = Asked(source, target, options)
    found = list(cheapest_routes(source.form, target.form, asked.edges))
    if not found:
        raise _no_route(source, target, asked)
    best = found[0]
    return Plan(
        source=source,
        target=target.loaded_by(best.steps[-1].sessions),
        route=best,
        others=tuple(found[1:]),
        refusals=tuple(asked.refusals),
        remedies=tuple(asked.remedies),
        unloader=asked.unloads.get(best.steps[0]),
        loader=asked.loads.get(best.steps[-1]),
    )


def cheapest_routes(start: Form, goal: Form, edges: Iterable[Edge]) -> Iterator[Route]:
    """Yield the cheapest routes without a circle, the best first, at most ``ROUTES_SHOWN``.

    Routes of the same steps' names are one route, of which the cheapest is shown. Whatever order
    the edges come in, the answer is the same.
    """
    leaving: dict[Form, list[Edge]] = {}
    for edge in sorted(edges, key=_edge_key):
        leaving.setdefault(edge.before, []).append(edge)
    heap: list[_Ahead] = [(0.0, 0, (), (), 0, ())]
    serial = 0
    shown: set[tuple[str, ...]] = set()
    while heap and len(shown) < ROUTES_SHOWN:
        cost, length, names, keys, _, steps = heapq.heappop(heap)
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
                key = (*keys, form_key(edge.after))
                ahead = (cost + edge.cost, length + 1, (*names, edge.name), key)
                heapq.heappush(heap, (*ahead, serial, (*steps, edge)))


_Ahead = tuple[float, int, tuple[str, ...], tuple[str, ...], int, tuple[Edge, ...]]


def _edge_key(edge: Edge) -> tuple[float, str, str, str, str]:
    return (edge.cost, edge.name, form_key(edge.before), form_key(edge.after), edge.note)


def _no_route(source: SourceEnd, target: TargetEnd, asked: Asked) -> NoRouteError:
    words = [f"{name}: {why}" for name, why in asked.refusals]
    remedies = [*(end.remedy for end in (source, target) if end.remedy), *asked.remedies]
    if not remedies:
        why = "each way was refused" if asked.refusals else "no plugin moves rows there"
        remedies = [f"{why}; go by way of a file, or install a plugin that can"]
    advice = "; ".join(dict.fromkeys(remedies))
    return NoRouteError(f"no route from {source.title} to {target.title}", advice, words)

"""The steps that the core itself knows between the two ends, and what each costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from records_mover.frozen import frozen
from records_mover.parts import Form, Staging, Tier
from records_mover.url.scratch import is_scratch_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from records_mover.formats import BaseRecordsFormat

__all__ = [
    "Edge",
    "carry_edges",
    "copy_edge",
    "far_forms",
    "forward_edges",
    "near_forms",
    "needs_types",
    "split_edge",
    "staged_forms",
    "transcode_edges",
    "without_compression",
]

READ = 1.0
WRITE = 1.0
DECOMPRESS = 8.0
COMPRESS = 20.0
DECODE = Tier.RECODE / 2
ENCODE = Tier.RECODE / 2
STAGE = float(Tier.BULK)
TRANSCODE = Tier.RECODE / 4
TRANSCODE_TYPED = Tier.RECODE * 3 / 4


@frozen
class Edge:
    """One possible step of a route.

    ``here`` says that the bytes pass through this machine; ``sessions`` is as in ``Offer``;
    ``staging`` says how a loader wants the files that it reads.
    """

    name: str
    before: Form
    after: Form
    cost: float
    here: bool = True
    note: str = ""
    sessions: int = 1
    staging: Staging | None = None


def carry_edges(given: Iterable[Form], wanted: Iterable[Form]) -> list[Edge]:
    """Return the core's own steps from what one end gives to what the other wants."""
    edges = [edge for form in given for edge in forward_edges(form)]
    edges += [edge for form in wanted for edge in _backward(form)]
    return list(dict.fromkeys(edges))


def copy_edge(source: Form, target: Form) -> Edge:
    """Return the step of a store that copies a file itself."""
    return Edge(name="copy", before=source, after=target, cost=Tier.SERVER_SIDE, here=False)


def split_edge(target: Form, note: str) -> Edge:
    """Return the step from batches to the files of a folder, each of a size that was asked for."""
    before = Form(kind="batches")
    return Edge(name="split", before=before, after=target, cost=ENCODE + WRITE, note=note)


def transcode_edges(given: Form, wanted: Form) -> list[Edge]:
    """Return the step from one delimited file to another in which text stays what it is."""
    from records_mover.formats import DelimitedRecordsFormat

    here, there = (_plain(form.format) for form in (given, wanted))
    if not (isinstance(here, DelimitedRecordsFormat) and isinstance(there, DelimitedRecordsFormat)):
        return []
    before, after = Form(kind="streams", format=here), Form(kind="streams", format=there)
    edge = Edge(name="transcode", before=before, after=after, cost=TRANSCODE)
    if here == there:
        return []
    if needs_types(edge):
        note = "only columns that are written differently are parsed"
        return [replace(edge, cost=TRANSCODE_TYPED, note=note)]
    return [replace(edge, note="no value is parsed")]


def needs_types(edge: Edge) -> bool:
    """Tell whether a step between delimited files must know which columns hold, say, dates."""
    from records_mover.formats import DelimitedRecordsFormat
    from records_mover.formats.delimited.alike_text import same_text

    before, after = edge.before.format, edge.after.format
    if not isinstance(before, DelimitedRecordsFormat):
        return False
    if not isinstance(after, DelimitedRecordsFormat):
        return False
    return not same_text(before.validate(), after.validate())


def _plain(form: BaseRecordsFormat | None) -> BaseRecordsFormat | None:
    return form if form is None else without_compression(form) or form


def forward_edges(form: Form) -> Iterator[Edge]:
    """From what is given towards batches: read, decompress, decode."""
    if form.kind == "files":
        stream = Form(kind="streams", format=form.format)
        yield Edge(name="read", before=form, after=stream, cost=READ)
        yield from forward_edges(stream)
    elif form.kind == "streams" and form.format is not None and not form.format.opaque:
        plain = without_compression(form.format)
        if plain is not None:
            after = Form(kind="streams", format=plain)
            yield Edge(name="decompress", before=form, after=after, cost=DECOMPRESS)
            yield from forward_edges(after)
        else:
            yield Edge(name="decode", before=form, after=Form(kind="batches"), cost=DECODE)


def _backward(form: Form) -> Iterator[Edge]:
    """From batches towards what is wanted: encode, compress, write; collect in memory; or stage."""
    if form.kind == "batches" and form.place != "here":
        yield Edge(name="collect", before=Form(kind="batches"), after=form, cost=WRITE)
    elif form.kind == "files" and is_scratch_place(form.place):
        yield from _stage(form)
    elif form.kind == "files":
        stream = Form(kind="streams", format=form.format)
        yield Edge(name="write", before=stream, after=form, cost=WRITE)
        yield from _backward(stream)
    elif form.kind == "streams" and form.format is not None and not form.format.opaque:
        plain = without_compression(form.format)
        if plain is not None:
            before = Form(kind="streams", format=plain)
            yield Edge(name="compress", before=before, after=form, cost=COMPRESS)
            yield from _backward(before)
        else:
            yield Edge(name="encode", before=Form(kind="batches"), after=form, cost=ENCODE)


def _stage(form: Form) -> Iterator[Edge]:
    """From what is here to files in scratch space: one step, which cuts before it compresses."""
    stream = Form(kind="streams", format=form.format)
    yield Edge(name="stage", before=stream, after=form, cost=STAGE)
    if form.format is None or form.format.opaque:
        return
    plain = without_compression(form.format)
    cost = STAGE if plain is None else STAGE + COMPRESS
    if plain is not None:
        before = Form(kind="streams", format=plain)
        yield Edge(name="stage", before=before, after=form, cost=cost)
    yield Edge(name="stage", before=Form(kind="batches"), after=form, cost=cost + ENCODE)


def staged_forms(forms: Iterable[Form], scratch: str | None) -> list[Form]:
    """Return files in scratch space of the formats of streams, as they could be staged."""
    if scratch is None:
        return []
    streams = (form.format for form in forms if form.kind == "streams")
    readable = (form for form in streams if form is not None and not form.opaque)
    return _unique(Form(kind="files", place=scratch, format=form) for form in readable)


def near_forms(form: Form) -> list[Form]:
    """Return a form and those that the core can make of it without parsing, direct ones first."""
    return _unique([form, *(edge.after for edge in forward_edges(form))])


def far_forms(form: Form) -> list[Form]:
    """Return a form and those of which the core can make it, direct ones first."""
    return _unique([form, *(edge.before for edge in _backward(form))])


def _unique(forms: Iterable[Form]) -> list[Form]:
    return list(dict.fromkeys(forms))


def without_compression(form: BaseRecordsFormat) -> BaseRecordsFormat | None:
    """Return the same format uncompressed, or None if it is not compressed as a whole."""
    if form.compression is None:
        return None
    from records_mover.formats import DelimitedRecordsFormat, JsonLinesRecordsFormat

    if isinstance(form, DelimitedRecordsFormat):
        return form.alter_hints({"compression": None})
    return JsonLinesRecordsFormat() if isinstance(form, JsonLinesRecordsFormat) else None

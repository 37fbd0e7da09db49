"""The answers of a part whose server reads files of a store, or writes them there, itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.parts.forms import Form, Offer, Refusal
from records_mover.url.store import scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.parts.jobs import Ask
    from records_mover.parts.stores import Reach

__all__ = ["NAME_SCRATCH", "read_answers", "write_answers"]

NAME_SCRATCH = "name scratch space with --scratch URL or SCRATCH_S3_URL"
"""What to do where rows cannot be staged for want of a place."""

_UNCUT = 60.0
"""What it costs more to stage a large packed file as it is, which one worker of a server reads."""


def read_answers(ask: Ask, reach: Reach) -> list[Offer | Refusal]:
    """Answer for a loader whose server reads files of a store."""
    said = list(_direct(ask, reach, lambda form: _unreadable(form, ask, reach)))
    said += _staged(ask, reach, f"{reach.statement} reads files at {reach.urls}")
    return said


def write_answers(ask: Ask, reach: Reach) -> list[Offer | Refusal]:
    """Answer for an unloader whose server writes files into a folder of a store."""
    said = list(_direct(ask, reach, lambda form: _unwritable(form, reach)))
    said += _staged(ask, reach, f"{reach.statement} writes files at {reach.urls}")
    return said


def _direct(ask: Ask, reach: Reach, refused: Callable[[Form], str]) -> Iterator[Offer | Refusal]:
    """Answer each form that was asked for and is in a store that the server knows."""
    for form in ask.forms:
        if form.kind == "files" and form.format is not None and form.scheme in reach.schemes:
            why = refused(form) or reach.unable(form.format)
            more = _UNCUT if _is_uncut(form, ask, reach) else 0.0
            yield Refusal(why=why, form=form) if why else _offer(form, reach, more)


def _is_uncut(form: Form, ask: Ask, reach: Reach) -> bool:
    """Whether one file, staged packed as it is, would be larger than files are wanted."""
    packed = form.format is not None and form.format.compression is not None
    large = (ask.bytes or 0) > reach.staging.size
    return packed and large and ask.single and reach.staging.several and form.place == ask.scratch


def _offer(form: Form, reach: Reach, more: float = 0.0) -> Offer:
    return Offer(form=form, cost=reach.cost + more, staging=reach.staging)


def _unreadable(form: Form, ask: Ask, reach: Reach) -> str:
    if form.place == ask.scratch or reach.staging.several or ask.single:
        return ""
    return f"{reach.statement} reads one file, and here are several"


def _unwritable(form: Form, reach: Reach) -> str:
    if form.place.endswith("/"):
        return ""
    return f"{reach.statement} writes a folder of files, not one file"


def _staged(ask: Ask, reach: Reach, what: str) -> Iterator[Offer | Refusal]:
    """Offer the formats that the server likes in scratch space, or say what that lacks."""
    if ask.scratch is None:
        yield Refusal(why=f"{what}, and there is no scratch space for any", remedy=NAME_SCRATCH)
    elif scheme_of(ask.scratch) not in reach.schemes:
        why = f"{what}, and scratch space is at {scheme_of(ask.scratch)}://"
        yield Refusal(why=why, remedy=NAME_SCRATCH)
    else:
        for form in reach.liked:
            yield _offer(Form(kind="files", place=ask.scratch, format=form), reach)

"""What a database's own server reads from a store, or writes into one, and how a part says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Protocol

from records_mover.parts.forms import Form, Offer, Refusal, Staging, Tier
from records_mover.url.store import scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts.jobs import Ask
    from records_mover.parts.payloads import Part
    from records_mover.url import StoreAccess

__all__ = ["NAME_SCRATCH", "Reach", "Stores", "read_answers", "write_answers"]

NAME_SCRATCH = "name scratch space with --scratch URL or SCRATCH_S3_URL"
"""What to do where rows cannot be staged for want of a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a statement of a server can do with files of a store.

    ``statement`` is what messages call it, ``schemes`` are those of the URLs that it knows.
    ``unable`` says why it cannot be a format, in words meant for the user, and nothing where it
    can: a pure function of the format and its hints. ``liked`` are the formats to stage rows in,
    best first. ``staging`` is how files are wanted that are written for it to read; what it writes
    itself is always a folder of files.
    """

    statement: str
    schemes: frozenset[str]
    unable: Callable[[BaseRecordsFormat], str]
    liked: tuple[BaseRecordsFormat, ...] = ()
    cost: float = float(Tier.SERVER_SIDE)
    staging: Staging = field(default_factory=Staging)

    @property
    def urls(self) -> str:
        """The URLs that it knows, as messages call them."""
        return " or ".join(f"{scheme}://" for scheme in sorted(self.schemes))


class Stores(Protocol):
    """The stores of a move, as a loader or an unloader uses them beside its server."""

    def access(self, url: str) -> StoreAccess:
        """Return what a server needs to use ``url``; ask anew before each statement."""
        ...

    def parts(self, folder: str) -> tuple[Part, ...]:
        """Return the files directly below a folder, in the order of their names."""
        ...

    def part(self, url: str, size: int | None = None) -> Part:
        """Return one file; its size is looked up where it is not said."""
        ...

    def open(self, url: str) -> BinaryIO:
        """Open a file, such as a manifest, for reading."""
        ...


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
            yield Refusal(why=why, form=form) if why else _offer(form, reach)


def _offer(form: Form, reach: Reach) -> Offer:
    return Offer(form=form, cost=reach.cost, staging=reach.staging)


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

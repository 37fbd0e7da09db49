"""Where rows are and in which shape, and what a part answers when it is asked."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from records_mover.formats import BaseRecordsFormat

__all__ = ["Form", "FormKind", "Offer", "Refusal", "Staging", "Tier"]

FormKind = Literal["table", "files", "streams", "batches"]


class Tier(IntEnum):
    """Named cost tiers: what one gigabyte costs, relative to a copy that a server makes itself.

    A part may offer any figure; these are the ones to start from.
    """

    SERVER_SIDE = 1
    """The bytes never leave the server or store."""
    BULK = 10
    """Bytes pass through this machine as they are."""
    RECODE = 40
    """Every value is parsed and written again, in bulk."""
    ROWS = 1000
    """Rows travel as statements, one batch of parameters after another."""


@frozen
class Form:
    """Where the rows are and in which shape.

    ``place`` is a URL for files, ``server/database`` for a table (see ``Database.identity``),
    and ``"here"`` for what is in this process: streams and batches. ``format`` is None for tables
    and batches.
    """

    kind: FormKind
    place: str = "here"
    format: BaseRecordsFormat | None = None

    @property
    def scheme(self) -> str:
        """The URL scheme of the place where files are; empty for anything else."""
        from records_mover.url import scheme_of

        return scheme_of(self.place) if self.kind == "files" else ""

    def __str__(self) -> str:
        what = f"{self.format} {self.kind}" if self.format is not None else self.kind
        return what if self.place == "here" else f"{what} at {self.place}"


@frozen
class Staging:
    """How files are wanted that are written for a server to read.

    ``size`` is about how many bytes a file is to have; ``multiple`` what the number of files is to
    be a multiple of, where the size of the text that they are made of is known beforehand.
    ``several`` says that one statement reads any number of files. ``manifest`` asks for a manifest
    of them, and of files that were there already.
    """

    size: int = 128 << 20
    multiple: int = 1
    several: bool = True
    manifest: bool = False


@frozen
class Offer:
    """A part can give, or take, rows in this form at this cost; ``note`` is shown by explain.

    ``sessions`` is how many connections a loader would load by, where publishing lets them all see
    the table that rows land in.
    ``staging`` says how a loader wants the files of a store that it reads.
    """

    form: Form
    cost: float
    note: str = ""
    sessions: int = 1
    staging: Staging | None = None


@frozen
class Refusal:
    """A part cannot, and why, in words meant for the user; ``form`` is what was asked, if one.

    ``remedy`` is what a user can do about it, where there is something.
    """

    why: str
    form: Form | None = None
    remedy: str = ""

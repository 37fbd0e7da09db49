"""The physical design behind a table or a projection: order, segmentation, K-safety, partition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.sql.cursor import Cursor

__all__ = ["Design", "parse_design"]


@dataclass(slots=True, kw_only=True)
class Design:
    """What was said; an empty ``segmented`` means that nothing was."""

    order: list[str] = field(default_factory=list)
    segmented: str = ""
    """UNSEGMENTED, or the expression."""
    ksafe: int | None = None
    partition: list[Token] = field(default_factory=list)
    privileges: bool | None = None

    @property
    def is_said(self) -> bool:
        """Whether a projection follows from it."""
        return bool(self.order or self.segmented or self.ksafe is not None)


def parse_design(cursor: Cursor) -> Design:
    """Take the clauses, in the manual's order."""
    made = Design()
    if cursor.take("order", "by"):
        made.order = _names(cursor)
    _segmentation(cursor, made)
    if cursor.take("ksafe"):
        made.ksafe = cursor.integer() if cursor.at_integer() else 1
    if cursor.take("partition", "by"):
        made.partition = cursor.until("group", "include", "exclude", "active_partition")
        if cursor.take("group", "by"):
            cursor.until("include", "exclude", "set")
    word = cursor.one_of("include", "exclude")
    if word:
        cursor.take("schema")
        cursor.need("privileges")
        made.privileges = word == "include"
    if cursor.take("disk_quota"):
        cursor.string()
    return made


def _names(cursor: Cursor) -> list[str]:
    found = [cursor.name()]
    while cursor.take_op(","):
        found.append(cursor.name())
    return found


def _segmentation(cursor: Cursor, made: Design) -> None:
    if cursor.take("unsegmented"):
        made.segmented = "UNSEGMENTED"
        if cursor.take("node"):
            cursor.name()
        else:
            cursor.need("all", "nodes")
    elif cursor.take("segmented", "by"):
        expression = cursor.until("all", "offset")
        made.segmented = "".join(token.text for token in expression)
        if cursor.take("all", "nodes"):
            if cursor.take("offset"):
                cursor.integer()
        else:
            cursor.need("all")

"""DISTSTYLE, DISTKEY and SORTKEY of a table, with what they demand of each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_server.grammar.cursor import Cursor
    from redshift_server.grammar.table_column import Column

__all__ = ["ENCODINGS", "TableAttributes", "take_attribute"]

_ENCODINGS_WORDS = (
    "raw az64 bytedict delta delta32k lzo mostly8 mostly16 mostly32 runlength text255 text32k zstd"
    " auto"
)
ENCODINGS = frozenset(_ENCODINGS_WORDS.split())
_MAX_SORT = 400
_MAX_INTERLEAVED = 8


@dataclass(slots=True, kw_only=True)
class TableAttributes:
    """How the rows lie."""

    diststyle: str = ""
    distkey: str = ""
    sortkey: list[str] = field(default_factory=list)
    interleaved: bool = False
    sort_auto: bool = False
    encode_auto: bool = False

    def adopt(self, columns: Sequence[Column]) -> None:
        """Take over what was said column by column, and check the whole."""
        for column in columns:
            if column.distkey:
                self.take_distkey(column.name)
            if column.sortkey:
                self.sortkey.append(column.name)
        known = {column.name: column for column in columns}
        for name in filter(None, [self.distkey, *self.sortkey] if columns else []):
            if name not in known:
                said = f'column "{name}" named in key does not exist'
                raise RedshiftError(said, sqlstate="42703")
            if "super" in known[name].type or "varbyte" in known[name].type:
                said = f'Column "{name}" cannot be a distribution or sort key'
                raise RedshiftError(said, sqlstate="0A000")
        self._check()

    def take_distkey(self, name: str) -> None:
        """Remember the one distribution key."""
        if self.distkey:
            raise RedshiftError("cannot have more than one DISTKEY per table", sqlstate="42601")
        self.distkey = name

    def _check(self) -> None:
        if self.distkey and self.diststyle not in ("", "key"):
            said = f"DISTKEY cannot be used with DISTSTYLE {self.diststyle.upper()}"
            raise RedshiftError(said, sqlstate="42601")
        if self.diststyle == "key" and not self.distkey:
            raise RedshiftError("DISTSTYLE KEY requires a DISTKEY", sqlstate="42601")
        most = _MAX_INTERLEAVED if self.interleaved else _MAX_SORT
        if len(self.sortkey) > most:
            raise RedshiftError(f"cannot have more than {most} SORTKEY columns", sqlstate="54000")


def take_attribute(cursor: Cursor, said: TableAttributes) -> bool:
    """Take one attribute of the table if it comes next."""
    if cursor.take("diststyle"):
        if said.diststyle or not any(cursor.at(w) for w in ("even", "all", "key", "auto")):
            cursor.fail()
        said.diststyle = cursor.next().value
    elif cursor.take("distkey"):
        cursor.need_op("(")
        said.take_distkey(cursor.name())
        cursor.need_op(")")
    elif cursor.take("encode", "auto"):
        said.encode_auto = True
    elif cursor.at("sortkey") or cursor.at("compound") or cursor.at("interleaved"):
        _sortkey(cursor, said)
    else:
        return False
    return True


def _sortkey(cursor: Cursor, said: TableAttributes) -> None:
    if said.sortkey or said.sort_auto:
        raise RedshiftError("cannot have more than one SORTKEY clause", sqlstate="42601")
    said.interleaved = cursor.take("interleaved")
    if not said.interleaved:
        cursor.take("compound")
    cursor.need("sortkey")
    if cursor.take("auto"):
        said.sort_auto = True
    else:
        said.sortkey = cursor.names()

"""RowDescription and DataRow as Vertica writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from standins.wire import data_row, message, split_row
from vertica_server.wire.binary import binary_of
from vertica_server.wire.text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vertica_server.grammar.types import VType

__all__ = ["Field", "counted", "packed_rows", "row_description"]

_SIZES = {"bool": 1, "int": 8, "float": 8, "date": 8, "time": 8, "timetz": 8, "timestamp": 8,
          "timestamptz": 8, "interval": 8, "interval_ym": 8, "uuid": 16}  # fmt: skip
_COMPLEX_PROTOCOL = 3 << 16 | 12

Convert = "Callable[[bytes], bytes]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of a result."""

    name: str
    type: VType
    table_oid: int = 0
    number: int = 0
    schema: str = ""
    table: str = ""
    nullable: bool = True
    identity: bool = False


def row_description(
    fields: Sequence[Field], protocol: int, *, with_parents: bool, binary: bool
) -> bytes:
    """Frame the columns."""
    body = [struct.pack("!H", len(fields))]
    if fields:
        body.append(struct.pack("!I", 0))
    for field in fields:
        body.append(field.name.encode("utf-8", "surrogateescape") + b"\0")
        body.append(struct.pack("!Q", field.table_oid))
        if field.table_oid:
            body.append(f"{field.schema}\0{field.table}\0".encode())
        body.append(struct.pack("!H", field.number))
        if with_parents and protocol >= _COMPLEX_PROTOCOL:
            body.append(struct.pack("!H", 0))
        body.append(
            struct.pack(
                "!BIhHHiH",
                0,
                field.type.oid,
                _SIZES.get(field.type.kind, -1),
                field.nullable,
                field.identity,
                field.type.modifier,
                binary,
            )
        )
    return message(b"T", b"".join(body))


def packed_rows(
    fields: Sequence[Field], bodies: Iterable[bytes], *, binary: bool
) -> Iterator[bytes]:
    """Frame rows that came from the PostgreSQL behind; where nothing differs, octet by octet."""
    choose = binary_of if binary else text_of
    mend: list[tuple[int, Callable[[bytes], bytes]]] = []
    for place, field in enumerate(fields):
        convert = choose(field.type)
        if convert is not None:
            mend.append((place, convert))
    for body in bodies:
        if not mend:
            yield message(b"D", body)
            continue
        values = split_row(body)
        for place, convert in mend:
            value = values[place]
            if value is not None:
                values[place] = convert(value)
        yield data_row(values)


def counted(count: int, *, binary: bool) -> bytes:
    """Frame the one row that a change answers with."""
    return data_row([struct.pack("!q", count) if binary else str(count).encode()])

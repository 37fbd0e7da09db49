"""What every format of records answers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["BaseRecordsFormat", "RecordsFormatType"]

RecordsFormatType = Literal["avro", "delimited", "jsonl", "orc", "parquet"]


class BaseRecordsFormat(ABC):
    """A shape that rows take in a file.

    Formats never change and can be keys of a dict. Two are equal when a reader could not tell
    files of one from files of the other. One that is ``opaque`` only plugins can read and write:
    its bytes pass as they are.
    """

    __slots__ = ()

    format_type: ClassVar[str]
    opaque: ClassVar[bool] = False

    @property
    def compression(self) -> str | None:
        """The compression of the whole file, or None."""
        return None

    def config(self) -> dict[str, Any] | None:
        """Return what a reader must know besides the type of the format."""
        return None

    def json(self) -> str:
        """Return the JSON text of the configuration; empty where there is none."""
        config = self.config()
        return "" if config is None else json.dumps(config)

    @abstractmethod
    def generate_filename(self, basename: str) -> str:
        """Return the name of a file of this format."""

    @abstractmethod
    def for_name(self, filename: str) -> BaseRecordsFormat:
        """Return the format with what was left open settled by the name of the file."""

    def _identity(self) -> Hashable:
        return (self.format_type, self.compression)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseRecordsFormat):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

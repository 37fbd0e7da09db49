"""Facts that were observed in the rows, of which there may have been more than were read."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from records_mover.errors import SchemaError
from records_mover.frozen import frozen
from records_mover.schema import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = [
    "DecimalStatistics",
    "IntegerStatistics",
    "Statistics",
    "StringStatistics",
    "statistics_class",
]


@frozen
class Statistics:
    """How many rows were looked at, how many there are, and how many held a value.

    ``total_rows`` is None where reading stopped before the end.
    """

    rows_sampled: int
    total_rows: int | None = None
    count: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the statistics."""
        own = {"total_rows": self.total_rows, "count": self.count}
        return {"rows_sampled": self.rows_sampled, **_known(own)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], where: str) -> Self:
        """Build the statistics from their JSON object."""
        return cls(
            rows_sampled=documents.integer(data, "rows_sampled", where) or 0,
            total_rows=documents.integer(data, "total_rows", where),
            count=documents.integer(data, "count", where),
            **cls._own(data, where),
        )

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        del data, where
        return {}

    @property
    def complete(self) -> bool:
        """Whether every row was read, so that the facts hold for all of them."""
        return self.total_rows is not None and self.rows_sampled >= self.total_rows


@frozen
class StringStatistics(Statistics):
    """The longest text that was seen."""

    max_length_bytes: int | None = None
    max_length_chars: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the statistics."""
        own = {"max_length_bytes": self.max_length_bytes, "max_length_chars": self.max_length_chars}
        return {**Statistics.to_data(self), **_known(own)}

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        keys = ("max_length_bytes", "max_length_chars")
        return {key: documents.integer(data, key, where) for key in keys}


@frozen
class IntegerStatistics(Statistics):
    """The least and the greatest integer that was seen."""

    min: int | None = None
    max: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the statistics."""
        return {
            **Statistics.to_data(self),
            **_known({"min": self.min, "max": self.max}, as_text=True),
        }

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {key: documents.whole_number_text(data, key, where) for key in ("min", "max")}


@frozen
class DecimalStatistics(Statistics):
    """The least and the greatest decimal that was seen."""

    min: Decimal | None = None
    max: Decimal | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the statistics."""
        own = {
            key: f"{value:f}" for key in ("min", "max") if (value := getattr(self, key)) is not None
        }
        return {**Statistics.to_data(self), **own}

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {key: _decimal(data, key, where) for key in ("min", "max")}


_CLASSES: dict[str, type[Statistics]] = {
    "string": StringStatistics,
    "integer": IntegerStatistics,
    "decimal": DecimalStatistics,
}


def statistics_class(field_type: str) -> type[Statistics]:
    """Return the class that holds the statistics of a field type."""
    return _CLASSES.get(field_type, Statistics)


def _decimal(data: Mapping[str, Any], key: str, where: str) -> Decimal | None:
    value = data.get(key)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as err:
        what = f"'{key}' of {where} is {value!r}"
        raise SchemaError(what, "it must be a string that holds a number") from err


def _known(data: Mapping[str, Any], *, as_text: bool = False) -> dict[str, Any]:
    known = {key: value for key, value in data.items() if value is not None}
    return {key: str(value) for key, value in known.items()} if as_text else known

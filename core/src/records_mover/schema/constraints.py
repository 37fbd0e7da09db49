"""Facts about what may appear in a column, whether or not it has been seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.frozen import frozen
from records_mover.schema import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = [
    "Constraints",
    "DecimalConstraints",
    "IntegerConstraints",
    "StringConstraints",
    "TimeConstraints",
    "constraints_class",
]


@frozen
class Constraints:
    """What holds for a column of any type.

    ``required`` means NOT NULL; ``unique`` is None where nobody knows.
    """

    required: bool = False
    unique: bool | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the constraints."""
        data: dict[str, Any] = {"required": self.required}
        return data if self.unique is None else {**data, "unique": self.unique}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], where: str) -> Self:
        """Build the constraints from their JSON object."""
        return cls(**cls._common(data, where), **cls._own(data, where))

    @classmethod
    def _common(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {
            "required": documents.boolean(data, "required", where) or False,
            "unique": documents.boolean(data, "unique", where),
        }

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        del data, where
        return {}

    def general(self) -> Constraints:
        """Return what stays true when the column changes its type."""
        return Constraints(required=self.required, unique=self.unique)


@frozen
class StringConstraints(Constraints):
    """Declared lengths of text; None means that there is no limit."""

    max_length_bytes: int | None = None
    max_length_chars: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the constraints."""
        own = {"max_length_bytes": self.max_length_bytes, "max_length_chars": self.max_length_chars}
        return {**Constraints.to_data(self), **_known(own)}

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        keys = ("max_length_bytes", "max_length_chars")
        return {key: documents.integer(data, key, where) for key in keys}


@frozen
class IntegerConstraints(Constraints):
    """The range that an integer column can hold, both ends included."""

    min: int | None = None
    max: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the constraints."""
        own = {"min": _as_text(self.min), "max": _as_text(self.max)}
        return {**Constraints.to_data(self), **_known(own)}

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {key: documents.whole_number_text(data, key, where) for key in ("min", "max")}


@frozen
class DecimalConstraints(Constraints):
    """Either a fixed point or a binary floating point; neither means unlimited digits.

    The pairs of bits are those of the 1.x documents: 16/11, 32/23, 64/53 and 80/64.
    """

    fixed_precision: int | None = None
    fixed_scale: int | None = None
    fp_total_bits: int | None = None
    fp_significand_bits: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the constraints."""
        own = {key: getattr(self, key) for key in _DECIMAL_KEYS}
        return {**Constraints.to_data(self), **_known(own)}

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {key: documents.integer(data, key, where) for key in _DECIMAL_KEYS}


@frozen
class TimeConstraints(Constraints):
    """How many digits follow the second; None means the usual six."""

    precision: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the constraints."""
        return {**Constraints.to_data(self), **_known({"precision": self.precision})}

    @classmethod
    def _own(cls, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {"precision": documents.integer(data, "precision", where)}


_DECIMAL_KEYS = ("fixed_precision", "fixed_scale", "fp_total_bits", "fp_significand_bits")

_CLASSES: dict[str, type[Constraints]] = {
    "string": StringConstraints,
    "integer": IntegerConstraints,
    "decimal": DecimalConstraints,
    "time": TimeConstraints,
    "timetz": TimeConstraints,
    "datetime": TimeConstraints,
    "datetimetz": TimeConstraints,
}


def constraints_class(field_type: str) -> type[Constraints]:
    """Return the class that holds the constraints of a field type."""
    return _CLASSES.get(field_type, Constraints)


def _known(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}


def _as_text(value: int | None) -> str | None:
    return None if value is None else str(value)

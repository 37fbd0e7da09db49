"""A statement that holds secrets: whoever runs it reveals them, whoever prints it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.frozen import frozen
from records_mover.secret import reveal

if TYPE_CHECKING:
    from records_mover.secret import Secret

__all__ = ["Statement"]


@frozen(kw_only=False)
class Statement:
    """A statement in pieces, some of which are secret."""

    pieces: tuple[str | Secret, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.pieces))

    def reveal(self) -> str:
        """Return the text for the server; do not keep it."""
        return "".join(map(reveal, self.pieces))

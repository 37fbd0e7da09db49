"""What a plugin may register beside loaders, unloaders and databases."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.secret import Secret

__all__ = ["Creds", "FormatKind"]


@frozen
class FormatKind:
    """A format that this process can read or write."""

    name: str
    extensions: tuple[str, ...]
    readable: bool = True
    writable: bool = True


@frozen
class Creds:
    """What a credentials provider answered: facts by name, or a whole SQLAlchemy URL.

    Facts are ``type`` (the dialect), ``host``, ``port``, ``database``, ``user``, ``password`` or
    ``token``; ``options`` go to the driver, as the query of a URL does. Whatever is secret should
    come as a ``Secret``. ``repr`` shows none of them.
    """

    provider: str
    facts: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)
    url: str | Secret | None = field(default=None, repr=False)
    options: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)

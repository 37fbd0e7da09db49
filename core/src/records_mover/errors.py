"""Every error that records-mover raises on purpose, in one tree.

::

    MoverError                    base of all; carries one line and what to do about it
    ├── UsageError                the request makes no sense as written (exit code 2)
    │   ├── EndpointError         a source or target string cannot be understood
    │   └── ConfigError           a configuration file or environment variable is wrong
    ├── RecordsException          the records themselves
    │   ├── FormatError           a format or hint is unknown, contradictory or unreadable
    │   ├── SchemaError           a records schema is malformed, or columns do not match
    │   │   └── ColumnMismatchError
    │   ├── BadRowError           a row cannot be read or does not fit its column
    │   └── RecordsFolderNonEmptyException
    ├── StoreError                a file store (local, HTTP, S3, ...) refused or failed
    │   └── NotFoundError         the thing named is not there
    ├── DatabaseError             the database refused or failed
    │   ├── ConnectError          it could not be reached, or did not let us in
    │   ├── LoadUnloadError       a bulk load or unload failed
    │   └── InDoubtError          it was lost while it committed, and nobody knows what became of it
    ├── CredsError                no provider knows the name, or what it gave is unusable
    ├── PluginError               a plugin is broken, blocked or clashes with another
    ├── LossError                 a column would lose something that nobody allowed it to lose
    ├── VerifyError               what arrived is not what was sent, and was not kept
    ├── NoRouteError              the two ends share no way to move rows (exit code 3)
    │   └── MissingPluginError    nothing that is installed can open one end (a PluginError too)
    └── MoveCancelled             the user, or the caller, asked to stop
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.redaction import redact
from records_mover.utils.keywords import as_keywords

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BadRowError",
    "ColumnMismatchError",
    "ConfigError",
    "ConnectError",
    "CredsError",
    "DatabaseError",
    "EndpointError",
    "FormatError",
    "InDoubtError",
    "LoadUnloadError",
    "LossError",
    "MissingPluginError",
    "MoveCancelled",
    "MoverError",
    "NoRouteError",
    "NotFoundError",
    "PluginError",
    "RecordsException",
    "RecordsFolderNonEmptyException",
    "SchemaError",
    "StoreError",
    "UsageError",
    "VerifyError",
]


class MoverError(Exception):
    """Base of every error raised on purpose.

    ``what`` is a lower-case clause that says what is wrong and where; ``advice`` is what to do
    next, in the words of the command line. ``str()`` joins both into a single line, with keywords
    for its options. ``in_python`` is what else callers of the API may do; the command line, which
    has no word for it, leaves it out.
    """

    exit_code = 1
    in_python: str | None = None

    def __init__(self, what: str, advice: str | None = None) -> None:
        # Here, so that whoever prints it, or chains another to it, prints no secret.
        what, advice = redact(what), redact(advice) if advice else advice
        super().__init__(what, advice)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        # What is wrong may repeat what a file says; of the options only the one is our own word.
        what = as_keywords(self.what) if self.what.startswith("the option --") else self.what
        advice = as_keywords(self.advice) if self.advice else None
        return "; ".join(filter(None, (what, advice, self.in_python)))


class UsageError(MoverError, ValueError):
    """The request makes no sense as written; a ``ValueError``, as most of these were in 1.x."""

    exit_code = 2


class EndpointError(UsageError):
    """A source or target string cannot be understood."""


class ConfigError(UsageError):
    """A configuration file or an environment variable is wrong."""


class RecordsException(MoverError):
    """Something is wrong with the records or with how they are described."""


class FormatError(RecordsException, NotImplementedError):
    """A format or hint is unknown, contradictory, or cannot be honoured."""

    def __init__(
        self, what: str, advice: str | None = None, *, in_python: str | None = None
    ) -> None:
        super().__init__(what, advice)
        self.in_python = in_python


class SchemaError(RecordsException):
    """A records schema is malformed."""


class ColumnMismatchError(SchemaError):
    """The columns of the source and those of the target do not match by name."""


class BadRowError(RecordsException):
    """A row cannot be read, or a value does not fit its column.

    ``line`` is the 1-based physical line in ``source``; ``column`` its name, ``value`` the
    offending text and ``text`` the row's own text, each where known. ``reason`` is what is wrong
    with it, without where it is.
    """

    def __init__(
        self,
        what: str,
        advice: str | None = None,
        *,
        source: str | None = None,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        text: str | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(what, advice)
        self.reason = reason or what
        self.source = source
        self.line = line
        self.column = column
        self.value = value
        self.text = text


class RecordsFolderNonEmptyException(RecordsException):
    """The target directory already holds files."""


class StoreError(MoverError):
    """A file store refused or failed."""


class NotFoundError(StoreError, FileNotFoundError):
    """The file, object or directory named is not there."""


class DatabaseError(MoverError):
    """The database refused or failed."""


class ConnectError(DatabaseError):
    """The database could not be reached, or did not let us in."""


class LoadUnloadError(DatabaseError):
    """A bulk load or unload failed."""


class InDoubtError(DatabaseError):
    """The database was lost while it committed: the rows may be there, all of them, or none."""


class CredsError(MoverError, LookupError):
    """No provider knows the name, or what it answered cannot be used."""


class PluginError(MoverError):
    """A plugin is broken, blocked, or claims what another one owns."""


class LossError(MoverError):
    """A column would lose something that nobody allowed it to lose; nothing was moved."""


class VerifyError(MoverError):
    """What arrived is not what was sent, and was not kept."""


class NoRouteError(MoverError, NotImplementedError):
    """The two ends share no way to move rows; a ``NotImplementedError``, as in 1.x.

    ``refusals`` holds each part's own words, as ``"part: why"``.
    """

    exit_code = 3

    def __init__(self, what: str, advice: str | None = None, refusals: Sequence[str] = ()) -> None:
        super().__init__(what, advice)
        self.refusals = tuple(refusals)


class MissingPluginError(NoRouteError, PluginError):
    """Nothing that is installed and in order can open one of the ends."""


class MoveCancelled(MoverError):
    """The move was stopped on request; the target is as it was."""

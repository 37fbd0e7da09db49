"""What a caller may ask of a move, beside its two ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from records_mover.errors import UsageError
from records_mover.frozen import frozen
from records_mover.instructions import BadBytes, ProcessingInstructions
from records_mover.records.existing import MODES, ExistingTableHandling, mode_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from records_mover.schema import RecordsSchema

__all__ = ["MoveKeywords", "MoveOptions", "grants_of", "options_of"]

BAD_BYTES: tuple[str, ...] = get_args(BadBytes)


class MoveKeywords(TypedDict, total=False):
    """The fields of ``MoveOptions`` as ``move`` and ``explain`` take them, for type checkers."""

    if_exists: str | ExistingTableHandling | None
    key: Sequence[str]
    query: str | None
    columns: Sequence[str] | None
    format: str | None
    variant: str | None
    hints: Mapping[str, object]
    target_format: str | None
    target_variant: str | None
    target_hints: Mapping[str, object]
    schema: str | Path | RecordsSchema | None
    scratch: str | None
    parallel: int | None
    verify: bool
    user_grants: Mapping[str, Sequence[str]]
    group_grants: Mapping[str, Sequence[str]]
    max_failure_rows: int | None
    rejects: str | Path | None
    bad_bytes: str | None
    rows_per_file: int | None
    bytes_per_file: int | None
    allow_lossy: Sequence[str]
    instructions: ProcessingInstructions


@frozen
class MoveOptions:
    """Options of one move; the defaults lose nothing and destroy nothing.

    - ``if_exists``: ``append``, ``delete``, ``truncate``, ``drop``, ``replace`` or ``upsert``, for
      a table that is there already; None is the target's own default.
    - ``key``: key columns of an upsert.
    - ``query``, ``columns``: which rows and columns of a table source.
    - ``format``, ``variant``, ``hints``: how the source file is written, where it is not to be
      sniffed; with ``target_`` in front, how to write the target file.
    - ``schema``: a file with the records schema, or one itself.
    - ``scratch``: URL under which to stage.
    - ``parallel``: streams at most.
    - ``verify``: compare what arrived with what was sent before it is committed.
    - ``user_grants``, ``group_grants``: who may do what with a table that is made, such as
      ``{"select": ["reader"]}``.
    - ``max_failure_rows``: how many rows that do not fit may be left out, over what the
      instructions say.
    - ``rejects``: the local CSV file that tells which ones were left out and why.
    - ``bad_bytes``: ``fail``, ``strip`` or ``replace`` NULs and bytes that are no text.
    - ``rows_per_file``, ``bytes_per_file``: make several files of a folder that is written, of so
      many rows at most, and of about so many bytes.
    - ``allow_lossy``: columns that may lose something on the way, by name, or ``all``.
    - ``instructions``: how strict the move is.
    """

    if_exists: str | None = None
    key: tuple[str, ...] = ()
    query: str | None = None
    columns: tuple[str, ...] | None = None
    format: str | None = None
    variant: str | None = None
    hints: Mapping[str, object] = field(default_factory=dict)
    target_format: str | None = None
    target_variant: str | None = None
    target_hints: Mapping[str, object] = field(default_factory=dict)
    schema: str | Path | RecordsSchema | None = None
    scratch: str | None = None
    parallel: int | None = None
    verify: bool = False
    user_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    max_failure_rows: int | None = None
    rejects: str | Path | None = None
    bad_bytes: BadBytes | None = None
    rows_per_file: int | None = None
    bytes_per_file: int | None = None
    allow_lossy: Sequence[str] = ()
    instructions: ProcessingInstructions = field(default_factory=ProcessingInstructions)

    @property
    def splits(self) -> bool:
        """Whether the rows go into files of a size that was asked for."""
        return self.rows_per_file is not None or self.bytes_per_file is not None

    def refuse(self, names: Sequence[str], what: str) -> None:
        """Raise ``UsageError`` for the first of these options that was given."""
        for name in names:
            if getattr(self, name):
                said = name.replace("hints", "hint").replace("_", "-")
                raise UsageError(f"the option --{said} says nothing of {what}", "leave it out")

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            _check_kind(name, getattr(self, name), kind)
        for name in ("key", "columns", "allow_lossy"):
            self._settle_names(name)
        self._check_mode()
        self._check_limits()
        self._settle_rejects()
        self._settle_bad_bytes()

    def _check_mode(self) -> None:
        if self.if_exists is not None and self.if_exists not in MODES:
            raise UsageError(f"unknown mode {self.if_exists!r}", f"use one of {', '.join(MODES)}")
        if self.key and self.if_exists != "upsert":
            raise UsageError("a key is for upsert only", "add --if-exists upsert or drop the key")
        if self.if_exists == "upsert" and not self.key:
            raise UsageError("an upsert needs its key", "name the key columns with --key")

    def _check_limits(self) -> None:
        if self.parallel is not None and self.parallel < 1:
            raise UsageError(f"cannot use {self.parallel} streams", "ask for 1 or more")
        for limit, what in ((self.rows_per_file, "rows"), (self.bytes_per_file, "bytes")):
            if limit is not None and limit < 1:
                raise UsageError(f"cannot write {limit} {what} to a file", "ask for 1 or more")

    def _settle_names(self, option: str) -> None:
        """Take one name for a list of one, and any list for a tuple."""
        given = getattr(self, option)
        if given is None:
            return
        names = tuple(_each(given))
        for name in names:
            _check_kind(option, name, _NAME)
        object.__setattr__(self, option, names)

    def _settle_rejects(self) -> None:
        """Let the instructions say how many rows may be left out, as everyone reads it there."""
        most = self.max_failure_rows
        if most is not None:
            if most < 0:
                raise UsageError(f"cannot tolerate {most} bad rows", "name 0 or more")
            told = replace(self.instructions, max_failure_rows=most)
            object.__setattr__(self, "instructions", told)
        if self.rejects is not None and not self.instructions.tolerant:
            raise UsageError(
                "no row may be left out, so that there are no rejects",
                "say how many with --max-failure-rows, or leave out --rejects",
            )

    def _settle_bad_bytes(self) -> None:
        """Let the instructions say what becomes of them, as everyone reads it there."""
        if self.bad_bytes is None:
            return
        if self.bad_bytes not in BAD_BYTES:
            what = f"cannot {self.bad_bytes!r} bad bytes"
            raise UsageError(what, f"use one of {', '.join(BAD_BYTES)}")
        told = replace(self.instructions, bad_bytes=self.bad_bytes)
        object.__setattr__(self, "instructions", told)


_TEXT = (str, "give text")
_NAME = (str, "give a name, or a list of names")
_COUNT = (int, "give a whole number")
_FORMAT = (str, "give its name, or the format to a factory as records_format")
_HINTS = (Mapping, "give a dict of hints by their names")
_GRANTS = (Mapping, "give a dict of lists of grantees by privileges")
_KINDS: Mapping[str, tuple[Any, str]] = {
    **dict.fromkeys(("query", "variant", "target_variant", "scratch"), _TEXT),
    **dict.fromkeys(("format", "target_format"), _FORMAT),
    **dict.fromkeys(("hints", "target_hints"), _HINTS),
    **dict.fromkeys(("user_grants", "group_grants"), _GRANTS),
    **dict.fromkeys(("parallel", "max_failure_rows", "rows_per_file", "bytes_per_file"), _COUNT),
    "rejects": (str | PathLike, "give the path of a file"),
}
"""What some options must be, and what to give else."""


def _check_kind(option: str, value: object, kind: tuple[Any, str]) -> None:
    """Raise ``UsageError`` for what an option cannot be; None is always the default."""
    wanted, advice = kind
    if value is None or isinstance(value, wanted):
        return
    if wanted is int and hasattr(value, "__index__"):  # as numpy's integers
        return
    raise UsageError(f"{type(value).__name__!r} is nothing for the option {option!r}", advice)


def grants_of(
    given: Mapping[str, Sequence[str]] | None, option: str
) -> Mapping[str, Sequence[str]]:
    """Return the grantees by privileges; ``UsageError`` for what cannot be any."""
    _check_kind(option, given, _GRANTS)
    return given or {}


def _each(given: Any) -> Iterable[Any]:
    """Return the names that were given; one will do."""
    alone = isinstance(given, str) or not isinstance(given, Iterable)
    return (given,) if alone else given


def options_of(
    instructions: ProcessingInstructions | None, options: Mapping[str, Any]
) -> MoveOptions:
    """Return the options that keywords of ``move`` mean, those of 1.x among them.

    Raises ``UsageError`` for one that there is not, or that cannot be.
    """
    known = {option.name for option in fields(MoveOptions)}
    unknown = sorted(set(options) - known)
    if unknown:
        from difflib import get_close_matches

        near = get_close_matches(unknown[0], known, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"use {', '.join(sorted(known))}"
        raise UsageError(f"unknown option {unknown[0]!r}", advice)
    given = dict(options)
    if isinstance(given.get("if_exists"), ExistingTableHandling):
        given["if_exists"] = mode_of(given["if_exists"])
    if instructions is not None:
        given["instructions"] = instructions
    told = given.get("instructions", ProcessingInstructions())
    if not isinstance(told, ProcessingInstructions):
        raise UsageError(
            f"{type(told).__name__!r} is no processing instructions",
            "give ProcessingInstructions(...)",
        )
    return MoveOptions(**given)

"""Answers the planner: which forms COPY takes or gives, and why it cannot take the others."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from mover_postgres.dates import HINT_TYPES
from records_mover.errors import FormatError, MoverError
from records_mover.parts import Form, Offer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Engine

    from mover_postgres.options import Unable
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask
    from records_mover.schema import Field

__all__ = [
    "LARGE",
    "answers",
    "by",
    "options_or_error",
    "preferred",
    "server_version",
    "sessions_for",
]

Options = TypeVar("Options")

LARGE = 16 << 20
"""Bytes of files from which on a second connection saves more than it costs."""
SMALL = 1 << 20
"""Bytes up to which one is enough, whatever is asked for."""
SESSIONS_AT_MOST = 4

_EXACT = {
    "compression": None,
    "dateformat": "YYYY-MM-DD",
    "timeonlyformat": "HH24:MI:SS",
    "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
    "boolean-format": "t/f",
}


def preferred(*, text: float, csv: float) -> tuple[tuple[Form, float], ...]:
    """Return the two forms that hold every value exactly and that COPY has no work with."""
    from records_mover.formats import DelimitedRecordsFormat

    return (
        (_streams(DelimitedRecordsFormat("bluelabs", _EXACT)), text),
        (_streams(DelimitedRecordsFormat("csv", _EXACT)), csv),
    )


def _streams(form: BaseRecordsFormat) -> Form:
    return Form(kind="streams", format=form)


def answers(
    ask: Ask,
    options_for: Callable[..., Options | tuple[Unable, ...]],
    cost: float,
    liked: Iterable[tuple[Form, float]],
) -> Sequence[Offer | Refusal]:
    """Answer each form of streams, and offer those that are liked."""
    said: dict[Form, Offer | Refusal] = {}
    server = server_version(ask.database.engine)
    for form, price in liked:
        said[form] = Offer(form=form, cost=price)
    for form in ask.forms:
        opaque = form.format is not None and form.format.opaque
        if form.kind == "streams" and form not in said and not opaque:
            try:
                options_or_error(form, options_for, server=server, types=lambda: _types(ask))
            except MoverError as error:
                said[form] = Refusal(why=error.what, form=form)
            else:
                said[form] = Offer(form=form, cost=cost)
    return list(said.values())


def sessions_for(ask: Ask) -> int:
    """Return by how many connections a load pays, where they can all see the table."""
    new = not ask.exists or ask.mode == "drop"
    size = ask.bytes or 0
    if not new or size < SMALL or ask.source is not None or ask.instructions.tolerant:
        return 1
    if ask.parallel is not None:
        return ask.parallel
    return min(SESSIONS_AT_MOST, os.cpu_count() or 1) if size >= LARGE else 1


def by(sessions: int, answer: Offer | Refusal) -> Offer | Refusal:
    """Return an offer to load by several connections, and a refusal as it is."""
    if isinstance(answer, Refusal):
        return answer
    return replace(answer, sessions=sessions, note=f"by {sessions} connections")


def options_or_error(
    form: Form,
    options_for: Callable[..., Options | tuple[Unable, ...]],
    *,
    server: int,
    types: Callable[[], frozenset[str] | None],
) -> Options:
    """Return the options for a form; ``FormatError`` says why there are none.

    ``types`` is asked only when it may help: where a hint about dates cannot be honoured.
    """
    from records_mover.formats import DelimitedRecordsFormat

    if not isinstance(form.format, DelimitedRecordsFormat):
        raise FormatError(f"COPY moves delimited text, not {form.format}")
    hints = form.format.validate()
    found = options_for(hints, server=server)
    if isinstance(found, tuple) and any(unable.hint in HINT_TYPES for unable in found):
        found = options_for(hints, server=server, types=types())
    if isinstance(found, tuple):
        raise FormatError(", ".join(str(unable) for unable in found))
    return found


def server_version(engine: Engine) -> int:
    """Return the version as libpq counts it; the engine learns it when it first connects."""
    if getattr(engine.dialect, "server_version_info", None) is None:
        engine.connect().close()
    major, *minor = (int(part) for part in engine.dialect.server_version_info or (0,))
    return major * 10000 + (minor[0] if minor else 0)


def _kinds(field: Field) -> Iterator[str]:
    yield field.field_type
    if field.items is not None:
        yield from _kinds(field.items)


def _types(ask: Ask) -> frozenset[str] | None:
    if ask.schema is not None:
        return frozenset(kind for field in ask.schema.fields for kind in _kinds(field))
    if not ask.exists:
        return None
    from mover_postgres.connections import driver_connection
    from mover_postgres.errors import DRIVER_ERRORS, translate
    from mover_postgres.outputs import field_types, inputs_of, outputs_of
    from mover_postgres.source import opened

    selection = ask.selection
    try:
        with opened(ask.database) as connection:
            driver = driver_connection(connection)
            if selection.table is None or selection.columns is not None:
                return field_types(outputs_of(driver, selection))
            return field_types(inputs_of(driver, selection.table))
    except DRIVER_ERRORS as error:
        raise translate(error, f"cannot look at {selection}") from error

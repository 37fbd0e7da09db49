"""A table that others have altered since the move began: it is locked only when its rows are there.

Until then whoever alters it is not held up, nor is whoever reads it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mover_postgres.catalog import describe
from mover_postgres.publish.stage import STAGE
from records_mover.errors import DatabaseError
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Column, PublishRequest, TableName

__all__ = ["as_it_is_now"]


def as_it_is_now(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]
) -> PublishRequest:
    """Return the request for the table as it is now that nobody can alter it any more.

    The same one where nothing has changed; ``DatabaseError`` where the rows were read for columns
    that are not there, or are of another type.
    """
    found = describe(driver, request.table)
    if found is None:
        raise _changed(request, "it was dropped")
    assert request.info is not None, "a table that is not there is created"
    if found.info.columns == request.info.columns:
        return request
    now = {column.name: column for column in found.info.columns}
    asked = request.reshape or Reshape()
    _check(request, _types(driver, STAGE), now, columns)
    if request.mode != "replace":
        return replace(request, info=found.info)
    change = replace(
        asked,
        added=tuple(column for column in asked.added if column.name not in now),
        dropped=tuple(
            column.name
            for column in found.info.columns
            if column.name not in columns and not column.filled and not column.generated
        ),
    )
    return replace(request, info=found.info, reshape=change)


def _check(
    request: PublishRequest,
    landed: Mapping[str, str],
    now: Mapping[str, Column],
    columns: Sequence[str],
) -> None:
    assert request.info is not None, "a table that is not there is created"
    before = {column.name: column.type for column in request.info.columns}
    for name in columns:
        if name in before and name not in now:
            raise _changed(request, f"column '{name}' was dropped")
        if name in now and now[name].type not in (before.get(name), landed[name]):
            raise _changed(request, f"column '{name}' became {now[name].type}")


def _types(driver: PsycopgConnection, table: TableName) -> dict[str, str]:
    found = describe(driver, table)
    return {column.name: column.type for column in found.info.columns} if found else {}


def _changed(request: PublishRequest, what: str) -> DatabaseError:
    return DatabaseError(
        f"'{request.table}' was changed while its rows were on their way: {what}", "move again"
    )

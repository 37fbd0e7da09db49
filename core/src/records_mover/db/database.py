"""A database of any dialect, as one end of a move.

Plugins subclass ``SqlDatabase`` and override the small methods that their server does better:
those of ``connections``, ``naming`` and ``tables``, on which it stands, and its own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from records_mover.db.columns import values
from records_mover.db.tables import SqlTables
from records_mover.parts import Form, Landing, PublishRequest, Selection, TableName, UnloadJob

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa
    from sqlalchemy import Connection

    from records_mover.parts import Batches

__all__ = ["SqlDatabase"]


class SqlDatabase(SqlTables):
    """Generic SQL through SQLAlchemy: rows in as statements, out by a cursor, all or nothing."""

    # Rows as statements

    def bound(self, column: pa.Array) -> list[Any]:
        """Return the values of an Arrow column as the driver is to be given them."""
        return values.bound(column)

    def eased(self, column: pa.Array) -> pa.Array:
        """Return what this database keeps of a column that may lose something."""
        return column

    def blames(self, exc: BaseException) -> bool:
        """Whether an OperationalError is about a row's values, and not about the server."""
        del exc
        return False

    # How a load becomes visible

    def publish(self, request: PublishRequest) -> AbstractContextManager[Landing]:
        """Open the transaction, make the place to land, and publish when the block ends well."""
        from records_mover.db.publishing.publish import publishing

        return publishing(self, request)

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do."""
        from records_mover.db.publishing.publish import explanation

        return explanation(self, request)

    # What has landed

    @contextmanager
    def reread(self, connection: Connection, selection: Selection) -> Iterator[Batches]:
        """Read rows as this connection sees them; its transaction goes on as it was."""
        from records_mover.db.selecting import rows_on

        schema = self.schema_on(connection, selection)
        job = UnloadJob(database=self, selection=selection, form=Form(kind="batches"))
        with rows_on(self, connection, job, schema) as batches:
            yield batches

    def merged(
        self, landed: TableName, table: TableName, columns: tuple[str, ...], key: tuple[str, ...]
    ) -> Selection:
        """Select those rows of a table that have the key of a row that has landed elsewhere."""
        from records_mover.db.merge import merged

        named = tuple(self.column_name(name) for name in key)
        return Selection(query=merged(self, landed, table, columns, named))

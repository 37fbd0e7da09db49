"""The first records of a file go as text: on their way while what parses the others is imported.

COPY may be several statements then, which must not make a difference: to a trigger it would, or
to a default that is evaluated once a statement. What is sent so is looked at afterwards, and before
anything is kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mover_postgres.binary.chunks import Differs
from mover_postgres.statements import copy_in, relation
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

    from mover_postgres.binary.chunks import Chunk
    from mover_postgres.options import CopyOptions, LoadOptions
    from mover_postgres.watched.roundings import Watched
    from records_mover.parts import TableName

__all__ = ["EarlyText", "early_text"]

# Of a table in which several statements leave what one would. A constraint that is checked at the
# end of a statement has triggers of its own.
_ONE_BY_ONE = """
WITH tree AS (
    SELECT %(table)s::regclass AS oid
     UNION SELECT relid FROM pg_partition_tree(%(table)s::regclass)
)
SELECT NOT EXISTS (
    SELECT FROM tree JOIN pg_catalog.pg_class AS c USING (oid) WHERE c.relkind NOT IN ('r', 'p')
) AND NOT EXISTS (
    SELECT FROM tree JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = tree.oid WHERE t.tgtype & 4 <> 0
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
     WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = '' AND a.attname <> ALL (%(columns)s)
       AND (y.typdefault IS NOT NULL OR pg_get_expr(d.adbin, d.adrelid) !~ %(same)s)
)
"""
# Defaults that are evaluated for each row, or once a transaction.
_SAME = r"^(nextval\('[^']*'::regclass\)|now\(\)|CURRENT_TIMESTAMP|CURRENT_DATE)$"


def early_text(
    cursor: PsycopgCursor,
    table: TableName,
    columns: Sequence[str],
    options: LoadOptions,
    watched: Sequence[Watched],
) -> EarlyText | None:
    """Return how records go as text; None where the table must see one statement only."""
    values = {
        "table": relation(table).as_string(cursor),
        "columns": list(columns),
        "same": _SAME,
    }
    cursor.execute(_ONE_BY_ONE, values)
    if cursor.fetchall() != [(True,)]:
        return None
    copy = replace(options.copy, header=False)
    statement = copy_in(table, columns, copy).as_string(cursor)
    return EarlyText(statement=statement, copy=copy, watched=tuple(watched))


@frozen
class EarlyText:
    """The statement, and in which columns of its text the server would change a value."""

    statement: str
    copy: CopyOptions
    watched: tuple[Watched, ...]

    def check(self, chunk: Chunk) -> None:
        """Raise ``Differs`` unless the server has read these records as it reads a whole file."""
        from mover_postgres.binary.records import check_structure
        from mover_postgres.watched.suspects import Suspects

        check_structure(chunk, self.copy.delimiter.encode())
        if not self.watched:
            return
        looking = Suspects(self.watched, self.copy, "utf-8", "", lambda line: line)
        for _, column, _ in looking.changed(chunk.rows):
            raise Differs(f"a value of the column '{column.name}' would be changed")

"""COPY and UNLOAD as text; whoever runs them reveals the credentials, whoever prints them not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_redshift.options import COLUMNAR
from mover_redshift.words import identifier, literal, option
from records_mover.db.sql.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_redshift.access import Authorization
    from mover_redshift.options import Options
    from mover_redshift.settings import Settings

__all__ = ["CopyStatement", "Statement", "UnloadStatement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStatement:
    """A COPY: ``table`` as it is written in SQL, and where its files are."""

    table: str
    columns: tuple[str, ...]
    source: str
    options: Options
    manifest: bool = False
    region: str | None = None
    max_errors: int | None = None
    nested: bool = False
    settings: Settings | None = None

    def statement(self, access: Authorization) -> Statement:
        """Return the text, with these credentials."""
        listed = ", ".join(identifier(name) for name in self.columns)
        head = f"COPY {self.table} ({listed}) FROM {literal(self.source)}"
        clauses = "".join(f" {clause}" for clause in self._clauses())
        return Statement((f"{head} ", *access.pieces(), clauses))

    def _clauses(self) -> Iterator[str]:
        yield from self._format()
        if self.manifest:
            yield "MANIFEST"
        if self.options.mode not in COLUMNAR:
            if self.region:
                yield f"REGION {literal(self.region)}"
            yield from self._conversion()
        if self.settings is not None and self.settings.compupdate:
            yield f"COMPUPDATE {self.settings.compupdate.upper()}"
        if self.settings is not None and self.settings.statupdate:
            yield f"STATUPDATE {self.settings.statupdate.upper()}"

    def _format(self) -> Iterator[str]:
        mode, options = self.options.mode, self.options
        if mode in COLUMNAR:
            yield f"FORMAT AS {mode.upper()}" + (" SERIALIZETOJSON" if self.nested else "")
        elif mode in ("json", "avro"):
            yield f"FORMAT AS {mode.upper()} 'auto ignorecase'"
        elif mode == "csv":
            yield f"FORMAT AS CSV QUOTE AS {option(options.quote)}"
            yield f"DELIMITER AS {option(options.delimiter)}"
        else:
            yield f"DELIMITER AS {option(options.delimiter)}"
            yield from (["ESCAPE"] if options.escape else [])
            yield from (["REMOVEQUOTES"] if options.remove_quotes else [])

    def _conversion(self) -> Iterator[str]:
        options = self.options
        if options.null is not None:
            yield f"NULL AS {option(options.null)}"
        if options.encoding:
            yield f"ENCODING AS {options.encoding}"
        if options.codec:
            yield options.codec
        if options.header:
            yield f"IGNOREHEADER AS {options.header}"
        if options.dateformat:
            yield f"DATEFORMAT AS {literal(options.dateformat)}"
        timeformat = options.timeformat or ("auto" if options.mode in ("json", "avro") else "")
        if timeformat:
            yield f"TIMEFORMAT AS {literal(timeformat)}"
        yield "ROUNDEC"
        if self.max_errors is not None:
            yield f"MAXERROR AS {self.max_errors}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloadStatement:
    """An UNLOAD of a query into files whose names begin with ``target``.

    The columns of ``partition`` are in the names of its folders alone.
    """

    query: str
    target: str
    options: Options
    region: str | None = None
    manifest: bool = True
    partition: tuple[str, ...] = ()
    settings: Settings | None = None

    def statement(self, access: Authorization) -> Statement:
        """Return the text, with these credentials."""
        head = f"UNLOAD ({literal(self.query)}) TO {literal(self.target)}"
        clauses = "".join(f" {clause}" for clause in self._clauses())
        return Statement((f"{head} ", *access.pieces(), clauses))

    def _clauses(self) -> Iterator[str]:
        if self.settings is not None and self.settings.unload_kms_key_id:
            # Behind the credentials, where every parser of the grammar looks for it.
            yield f"KMS_KEY_ID {literal(self.settings.unload_kms_key_id)} ENCRYPTED"
        yield from self._format()
        if self.manifest:
            yield "MANIFEST VERBOSE"
        if self.region:
            yield f"REGION AS {literal(self.region)}"
        yield from self._settings()

    def _format(self) -> Iterator[str]:
        options = self.options
        if options.mode in ("parquet", "json"):
            yield f"FORMAT AS {options.mode.upper()}"
            return
        if options.mode == "csv":
            yield "FORMAT AS CSV"
        yield f"DELIMITER AS {option(options.delimiter)}"
        if options.header:
            yield "HEADER"
        if options.escape:
            yield "ESCAPE"
        yield f"NULL AS {option(options.null or '')}"
        if options.codec:
            yield options.codec

    def _settings(self) -> Iterator[str]:
        said = self.settings
        if self.partition:
            yield f"PARTITION BY ({', '.join(map(identifier, self.partition))})"
        if said is None:
            return
        if said.unload_partition and not self.partition and self.options.mode == "parquet":
            listed = ", ".join(identifier(name) for name in said.unload_partition)
            yield f"PARTITION BY ({listed}) INCLUDE"
        if said.unload_parallel:
            yield f"PARALLEL {said.unload_parallel.upper()}"
        if said.unload_max_mb is not None:
            yield f"MAXFILESIZE AS {said.unload_max_mb} MB"

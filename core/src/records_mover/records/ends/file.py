"""Files, folders of files and streams as sources."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.errors import FormatError, NotFoundError, RecordsException, UsageError
from records_mover.formats import BaseRecordsFormat, DelimitedRecordsFormat
from records_mover.parts import Batches, Files, Form, Part
from records_mover.records.ends.end import SourceEnd
from records_mover.records.ends.file_format import (
    check_format,
    check_hints,
    read_schema,
    source_format,
    told_format,
)
from records_mover.records.once import ReadOnce, keep, look_at
from records_mover.records.words import describe_format
from records_mover.schema import RecordsSchema
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from records_mover.formats.sniff import Sniffed
    from records_mover.instructions import ProcessingInstructions
    from records_mover.records.context import Context
    from records_mover.records.folders.directory import RecordsDirectory
    from records_mover.records.options import MoveOptions
    from records_mover.schema import Field
    from records_mover.url import Entry

__all__ = ["FileSource"]

_TYPED = frozenset({"parquet", "avro", "orc"})
"""Formats whose files say what their columns are."""
_STDIN = "stdio://input"
"""The place of standard input: another one than standard output, though both are ``-``."""


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """One file or stream, or several files of one format.

    ``hints`` are what is known of a file's format; of a records directory, what its own word for it
    has wrong. ``instructions`` say how strictly that word is read.
    """

    url: str
    format: BaseRecordsFormat | None = None
    hints: Mapping[str, object] = field(default_factory=dict)
    schema: RecordsSchema | None = None
    instructions: ProcessingInstructions | None = None

    def __post_init__(self) -> None:
        check_format(self.format)
        if self.schema is not None and not isinstance(self.schema, RecordsSchema):
            raise UsageError(
                f"{type(self.schema).__name__!r} is no records schema",
                "make one by RecordsSchema.from_json or RecordsSchema.from_data",
            )

    @property
    def title(self) -> str:
        """What messages call it."""
        return "standard input" if self.url == "-" else self.url

    @property
    def place(self) -> str:
        """Where plans say it is."""
        return _STDIN if self.url == "-" else self.url

    def directory(self, context: Context) -> RecordsDirectory | None:
        """Return the records directory that it is, or None where there are only files."""
        return _directory(context, self.url)

    def parts(self, context: Context) -> list[Part]:
        """List the files."""
        scheme = context.scheme(self.url)
        return [
            _part(context, entry, once=not (scheme.rereadable and entry.rereadable))
            for entry in _entries(context, self.url)
        ]

    def repeatable(self, context: Context) -> bool:
        """Whether it can be read more than once."""
        if self.directory(context) is not None:
            return True
        return all(part.rereadable for part in self.parts(context))

    def inspect(self, context: Context, options: MoveOptions) -> SourceEnd:
        """List the files, and find out how the first is written unless that was said."""
        options.refuse(("query", "columns"), "a file to read")
        return _Inspection(self, context, options).end()

    def sniff(self, context: Context, options: MoveOptions) -> Sniffed:
        """Find out how the first file is written; what was said of it is taken as it is."""
        return _Inspection(self, context, options).sniffed()


class _Inspection:
    """One look at a file source."""

    def __init__(self, source: FileSource, context: Context, options: MoveOptions) -> None:
        self._source, self._options = source, options
        self._context = context
        self._directory = source.directory(context)
        if self._directory is not None:
            self._parts = list(self._directory.parts())
        else:
            self._parts = source.parts(context)

    def sniffed(self) -> Sniffed:
        """Return how the first file is written."""
        if self._sniffed is not None:
            return self._sniffed
        from records_mover.formats.sniff import Sniffed

        return Sniffed(format=self.format, columns=self.columns)

    def end(self) -> SourceEnd:
        """Return what was found."""
        if not self._parts:
            return self._without_files()
        if self._is_partitioned:
            return self._partitioned()
        source, sniffed = self._source, self._sniffed
        form = self.format
        sizes = [part.size for part in self._parts]
        return SourceEnd(
            title=f"{source.title} ({describe_format(form)})",
            form=Form(kind="files", place=source.place, format=form),
            schema=lambda: self.schema,
            declared=lambda: self._declared,
            columns=self.columns,
            payload=self._payload,
            bytes=None if None in sizes else sum(cast("list[int]", sizes)),
            notes=sniffed.ambiguous if sniffed else (),
            findings=sniffed.findings if sniffed else (),
            single=len(self._parts) == 1,
            rereadable=all(part.rereadable for part in self._parts),
            types_given=source.schema is not None or self._options.schema is not None,
            typed=self._typed,
        )

    @property
    def _is_partitioned(self) -> bool:
        url = self._source.url
        if not url.endswith("/"):
            return False
        from records_mover.records.folders.partitioned import partition_keys

        return bool(partition_keys(self._parts[0].name, url))

    def _partitioned(self) -> SourceEnd:
        """Return rows to which the names of the folders add columns: no file can be taken as is."""
        from records_mover.records.folders.partitioned import Partitioned

        rows = Partitioned(self._source.url, self._parts, self.format, lambda: self.schema)

        @contextmanager
        def payload() -> Iterator[Batches]:
            yield Batches(reader=rows.reader(), schema=rows.schema)

        how = f"{describe_format(self.format)}, partitioned by {', '.join(rows.keys)}"
        return SourceEnd(
            title=f"{self._source.url} ({how})",
            form=Form(kind="batches"),
            schema=lambda: rows.schema,
            columns=tuple(rows.schema.names),
            payload=payload,
            bytes=sum(part.size or 0 for part in self._parts) or None,
            single=False,
            typed=self._typed,
        )

    def _without_files(self) -> SourceEnd:
        """Return no rows: a server that has none to write may write no file."""
        schema = self._given_schema
        if schema is None:
            what = f"the records directory {self._source.url!r} has neither a file nor a schema"
            raise RecordsException(what, "write it again")

        @contextmanager
        def payload() -> Iterator[Batches]:
            import pyarrow as pa

            reader = pa.RecordBatchReader.from_batches(schema.to_arrow(), [])
            yield Batches(reader=reader, schema=schema)

        return SourceEnd(
            title=f"{self._source.url} ({describe_format(self.format)})",
            form=Form(kind="batches"),
            schema=lambda: schema,
            declared=lambda: schema,
            columns=tuple(schema.names),
            payload=payload,
            bytes=0,
            single=False,
            typed=True,
        )

    @property
    def _typed(self) -> bool:
        """Whether the schema is known without a look at the rows."""
        return self._given_schema is not None or self.format.format_type in _TYPED

    @contextmanager
    def _payload(self) -> Iterator[Files]:
        yield Files(parts=tuple(self._parts), format=self.format, columns=self.columns)

    @lazyprop
    def format(self) -> BaseRecordsFormat:
        if self._sniffed is not None:
            return self._sniffed.format
        given = self._given_format
        if given is None:
            raise FormatError(f"the format of {self._source.url!r} is not known", "name it")
        return given

    @lazyprop
    def _given_format(self) -> BaseRecordsFormat | None:
        name = self._parts[0].name if self._parts else self._source.url
        if self._source.format is not None:
            return told_format(self._source.format, self._options, "").for_name(name)
        given = source_format(self._options, name)
        if given is not None or self._directory is None:
            return given
        written = self._directory.format(self._source.instructions)
        if isinstance(written, DelimitedRecordsFormat) and self._source.hints:
            written = written.alter_hints(self._source.hints)
        return told_format(written, self._options, "")

    @lazyprop
    def _sniffed(self) -> Sniffed | None:
        if self._given_format is not None:
            return None
        from records_mover.formats.sniff import sniff

        first = self._parts[0]
        hints = {**self._source.hints, **self._options.hints}
        found = sniff(
            look_at(first), name=first.name, hints=hints, instructions=self._options.instructions
        )
        check_hints(found.format, hints)
        return found

    @lazyprop
    def columns(self) -> tuple[str, ...] | None:
        """The names in the header of the first file; the others' must be the same."""
        if not self._parts:
            return tuple(self._given_schema.names) if self._given_schema else None
        if self._sniffed is not None and isinstance(self.format, DelimitedRecordsFormat):
            columns = self._sniffed.columns
        else:
            columns = self._header(self._parts[0])
        for part in self._parts[1:]:
            if columns is not None and (there := self._header(part)) != columns:
                raise FormatError(
                    f"the columns of {part.name!r} differ from those of {self._parts[0].name!r}",
                    f"{list(there or ())} is not {list(columns)}; move them one by one",
                )
        if columns is None and self._given_schema is not None:
            return tuple(self._given_schema.names)
        return columns

    def _header(self, part: Part) -> tuple[str, ...] | None:
        form = self.format
        if not isinstance(form, DelimitedRecordsFormat):
            return tuple(self.schema.names)
        if not form.hints["header-row"]:
            return None
        if form.compression == "LZO" and self._given_schema is not None:
            return tuple(self._given_schema.names)  # a server may read what cannot be read here
        from records_mover.formats.delimited.header import read_header

        if self._options.instructions.bad_bytes != "fail":
            form = form.alter_hints({"compression": None})
        with self._cleaned(part, look_at(part))() as stream:
            return tuple(read_header(stream, form, part.name))

    @lazyprop
    def _given_schema(self) -> RecordsSchema | None:
        if self._source.schema is not None:
            self._options.refuse(("schema",), "a file whose schema was given")
            return self._source.schema
        if self._options.schema is not None:
            return read_schema(self._options.schema)
        if self._directory is None:
            return None
        fields = [field for field in self._old_fields.values() if field is not None]
        whole = fields and len(fields) == len(self._old_fields)
        return self._directory.schema() or (RecordsSchema(fields) if whole else None)

    @lazyprop
    def _old_fields(self) -> Mapping[str, Field | None]:
        """What the SQL text of an old records directory says of the columns."""
        if self._directory is None or self._directory.schema() is not None:
            return {}
        return self._directory.old_fields()

    @property
    def _declared(self) -> RecordsSchema | None:
        """The given schema, or that of a format whose files hold one."""
        if self._given_schema is not None:
            return self._given_schema
        return self.schema if self.format.format_type in _TYPED else None

    @lazyprop
    def schema(self) -> RecordsSchema:
        """The given schema, or what every row says (``max_inference_rows`` limits how many)."""
        if self._given_schema is not None:
            return self._given_schema
        from records_mover.formats.cleaning import plain_format
        from records_mover.formats.infer import infer_schema

        for part in self._parts:
            keep(part)
        instructions, form = self._options.instructions, self.format
        openers = [self._cleaned(part, part.open) for part in self._parts]
        if instructions.bad_bytes != "fail":
            form = plain_format(form) or form
        if instructions.tolerant:  # who loads the rows counts those that it leaves out
            instructions = replace(instructions, max_failure_rows=None, fail_if_row_invalid=False)
        names = [part.name for part in self._parts]
        return self._with_old_fields(infer_schema(openers, form, instructions, sources=names))

    def _with_old_fields(self, schema: RecordsSchema) -> RecordsSchema:
        """Return the schema with the columns as an old directory declares those it can tell."""
        old = self._old_fields
        if isinstance(self.format, DelimitedRecordsFormat) and not self.format.hints["header-row"]:
            if len(old) == len(schema):
                pairs = zip(old.items(), schema.fields, strict=True)
                return RecordsSchema([new or replace(one, name=name) for (name, new), one in pairs])
            return schema
        return RecordsSchema([old.get(field.name) or field for field in schema.fields])

    def _cleaned(self, part: Part, opener: Callable[[], BinaryIO]) -> Callable[[], BinaryIO]:
        """Return how to open a part as it will be moved: without bad bytes, if they are to go."""
        from records_mover.formats.cleaning import Mended, cleaned_opener, plain_format

        form, policy = self.format, self._options.instructions.bad_bytes
        if policy == "fail" or plain_format(form) is None:
            return opener
        return cleaned_opener(opener, form, policy, Mended(), part.name)


def _part(context: Context, entry: Entry, *, once: bool) -> Part:
    url = entry.url
    part = Part(name=url, url=url, size=entry.size, open=lambda: context.open(url))
    return ReadOnce(part).part() if once else part


def _directory(context: Context, url: str) -> RecordsDirectory | None:
    """Return the records directory at ``url``, or None where there are only files."""
    if not url.endswith("/"):
        return None
    from records_mover.records.folders.directory import RecordsDirectory

    directory = RecordsDirectory(context.store(url), url)
    return directory if directory.exists() else None


def _entries(context: Context, url: str) -> list[Entry]:
    """List the data files: in a folder, those not starting with ``_`` or ``.``."""
    store = context.store(url)
    found = list(store.list(url))
    if url.endswith("/"):
        from records_mover.records.folders.partitioned import partition_entries, refuse_partitions

        found = [entry for entry in found if entry.url.rsplit("/", 1)[-1][:1] not in ("_", ".")]
        if found:
            refuse_partitions(store, url)
        found = found or partition_entries(store, url)
    if not found:
        raise NotFoundError(f"there are no data files in {url!r}", "check the folder")
    return found

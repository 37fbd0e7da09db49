"""Running a planned route, with everything that it opens closed again."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from records_mover.errors import MoverError
from records_mover.formats.cleaning import Mended
from records_mover.parts import (
    Batches,
    Files,
    Fingerprinting,
    LoadJob,
    Payload,
    Staging,
    Stored,
    Streams,
    UnloadJob,
)
from records_mover.records.rejects import SentRows
from records_mover.records.route.carry import needs_types
from records_mover.records.route.fidelity import (
    ALL,
    column_fidelity,
    keeping_options,
    refuse_losses,
)
from records_mover.records.steps.landing import finish_directory
from records_mover.records.steps.run import clean_streams, counted, run_step
from records_mover.records.steps.work import Work
from records_mover.records.stores import MoveStores
from records_mover.records.verify.again import keep_streams
from records_mover.records.verify.compare import InDatabases, databases_compare
from records_mover.url import scheme_of
from records_mover.url.scratch import is_scratch_place
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.meter import Cancellation, Meter
    from records_mover.parts import (
        FileNames,
        Form,
        Landing,
        Loaded,
        Loader,
        PublishRequest,
        RejectSink,
    )
    from records_mover.records.context import Context
    from records_mover.records.ends.end import TableSide
    from records_mover.records.options import MoveOptions
    from records_mover.records.rejects import Rejects
    from records_mover.records.route.carry import Edge
    from records_mover.records.route.plan import Plan
    from records_mover.records.route.verdict import ColumnFidelity
    from records_mover.records.steps.staging import Stage
    from records_mover.records.verify.compare import Verification
    from records_mover.schema import RecordsSchema

__all__ = ["Run"]

_ANEW = ("transcode", "encode")
"""Steps that write text whose lines are none of the source's."""


@dataclass
class Run:
    """One run of a plan: where its payload is, and what was found out on the way."""

    plan: Plan
    context: Context
    options: MoveOptions
    meter: Meter
    cancellation: Cancellation
    verified: str = ""
    notes: tuple[str, ...] = ()
    _read: Payload | None = None
    _stage: Stage | None = None
    rejects: Rejects | None = None
    mended: Mended = field(default_factory=Mended)

    @lazyprop
    def columns(self) -> tuple[ColumnFidelity, ...]:
        """What is kept of each column; the types of text are known once its schema is."""
        if self.plan.source.typed or not self._needs_schema():
            return self.plan.columns
        return column_fidelity(self.plan, self.schema)

    @lazyprop
    def schema(self) -> RecordsSchema:
        """The rows' schema; asked only where a step needs it, as it may read the whole source."""
        return self.plan.source.schema()

    def go(self) -> tuple[Loaded | None, Payload | None]:
        """Run the route; the target's transaction is the innermost, so it ends first."""
        if self._needs_schema():
            _ = self.schema
        refuse_losses(
            self.columns,
            self.options.allow_lossy,
            lambda: keeping_options(self.plan, self.schema),
        )
        with ExitStack() as stack:
            self._open_stage(stack)
            payload = self._start(stack)
            if isinstance(payload, Batches):
                payload = counted(payload, self._work())
            payload = self._read = self._watched(payload)
            if not self.counts and not self._rereadable():
                keep_streams(payload)
            for step in self._middle():
                payload = stack.enter_context(run_step(step, payload, self._work()))
            side = self.plan.target.table
            if side is None or self.plan.loader is None:
                self._told()
                return None, payload
            return self._load(side, self.plan.loader, payload), None

    def _open_stage(self, stack: ExitStack) -> None:
        """Make the move's scratch folder, if it needs one; it is emptied last of all."""
        base = self.context.scratch_for(self.options)
        if base and (self.plan.staged or self._wants_manifest(base)):
            from records_mover.records.steps.staging import open_stage

            self._stage = stack.enter_context(open_stage(self.context, base))

    def _wants_manifest(self, base: str) -> bool:
        """Whether the loader wants a manifest of files that it finds, and could read it there."""
        last = self.plan.route.steps[-1]
        wanted = last.staging is not None and last.staging.manifest
        return wanted and last.before.scheme == scheme_of(base)

    @property
    def counts(self) -> bool:
        """Whether anything on the route counts rows."""
        if self.plan.unloader is not None or self.plan.loader is not None:
            return True
        passed = {"decode", "transcode"} & set(self.plan.route.names)
        return bool(passed) or self.plan.source.form.kind == "batches"

    def rows(self) -> int | None:
        """Rows counted on the way; of what is gone now, by the source; None if they are there."""
        if self.counts:
            return self.meter.rows
        return None if self._rereadable() else self.count_of(self._read)()

    def count_of(self, payload: Payload | None) -> Callable[[], int]:
        """Return how to count the rows of files that were copied, once, when somebody asks."""
        return cache(partial(_count, cast(Files, payload)))

    def _rereadable(self) -> bool:
        """Whether what is written can be read again."""
        url = self.plan.target.url
        return url is not None and self.context.rereadable(url)

    def _needs_schema(self) -> bool:
        """Say whether a step will ask for the schema; a stream is then kept before it is read."""
        target = self.plan.target
        made = target.table is not None and target.columns is None
        parsed = any(step.name == "decode" or needs_types(step) for step in self.plan.route.steps)
        return made or parsed or target.form.place.endswith("/")

    def _middle(self) -> list[Edge]:
        first = 0 if self.plan.unloader is None else 1
        last = None if self.plan.loader is None else -1
        return list(self.plan.route.steps[first:last])

    def _work(self) -> Work:
        return Work(
            context=self.context,
            target=self.plan.target,
            meter=self.meter,
            cancellation=self.cancellation,
            instructions=self.options.instructions,
            rows_per_file=self.options.rows_per_file,
            bytes_per_file=self.options.bytes_per_file,
            rejects=self.rejects,
            mended=self.mended,
            schema=lambda: self.schema,
            stage=self._stage,
            prove=None if self._verification is None else self._verification.prove,
            staging=self.plan.route.steps[-1].staging or Staging(),
        )

    def _start(self, stack: ExitStack) -> Payload:
        """Open the source: its own payload, or what its unloader gives."""
        source, unloader = self.plan.source, self.plan.unloader
        if unloader is None or source.table is None:
            if source.table is not None:
                return Stored(database=source.table.database, selection=source.table.selection)
            if source.payload is None:
                raise MoverError(f"{source.title} gives no rows", "this is a defect; report it")
            return stack.enter_context(source.payload())
        form = self.plan.route.steps[0].after
        if self._stage is not None and is_scratch_place(form.place):
            form = replace(form, place=self._stage.folder())
        job = UnloadJob(
            database=source.table.database,
            selection=source.table.selection,
            form=form,
            instructions=self.options.instructions,
            meter=self.meter,
            cancellation=self.cancellation,
            parallel=self.options.parallel,
            single=self._work().into_one_file,
            schema=self.schema,
            stores=MoveStores(self.context),
        )
        if form == self.plan.target.form:

            def unload(names: FileNames) -> Payload:
                return stack.enter_context(unloader.unload(replace(job, names=names)))

            return finish_directory(unload, self._work())
        return stack.enter_context(unloader.unload(job))

    def _load(self, side: TableSide, loader: Loader, payload: Payload) -> Loaded:
        """Load inside the transaction that publishing opens; it commits when all went well."""
        request, verification = self._request(side), self._verification
        with side.database.publish(request) as landing:
            if verification is not None:
                verification.begin(landing, request)
            job = self._load_job(side, landing, payload)
            if isinstance(payload, Streams):
                payload = clean_streams(payload, self._work())
            if isinstance(payload, Files):
                payload = self._with_manifest(payload)
                job = replace(job, form=_placed(job.form, payload))
            loaded = loader.load(job, payload)
            self.cancellation.check()
            if self.rejects is not None:
                self.rejects.settle()
            if verification is not None:
                verification.sent(loaded, self._read)
        self.notes = tuple(landing.notes)
        self._told()
        return loaded

    def _request(self, side: TableSide) -> PublishRequest:
        request = side.publish
        if request is None:
            raise MoverError(f"{self.plan.target.title} cannot be written", "name a table")
        request = replace(request, checked=self.rejects is not None)
        if self.plan.target.columns is None:
            request = replace(request, schema=self.schema)
        if self._verification is not None:
            request = replace(request, check=self._verification.check)
        return request

    def _load_job(self, side: TableSide, landing: Landing, payload: Payload) -> LoadJob:
        columns = self.plan.target.columns
        if columns is None:
            columns = tuple(side.database.column_name(name) for name in self.schema.names)
        return LoadJob(
            database=side.database,
            landing=landing,
            columns=columns,
            form=self.plan.route.steps[-1].before,
            schema=payload.schema if isinstance(payload, Batches) else None,
            instructions=self.options.instructions,
            meter=self.meter,
            cancellation=self.cancellation,
            parallel=self.options.parallel,
            proof=self._verification is not None,
            rejects=self._refused(payload),
            stores=MoveStores(self.context),
            lossy=self._allowed(columns),
            fitted=self._fitted(columns),
        )

    def _refused(self, payload: Payload) -> RejectSink | None:
        """Return what takes the rows that the loader refuses, and knows what it counts."""
        if self.rejects is None:
            return None
        place = payload.place if isinstance(payload, Batches) else None
        anew = self.plan.unloader is not None or any(step.name in _ANEW for step in self._middle())
        return SentRows(self.rejects, place, anew and isinstance(payload, Streams))

    def _with_manifest(self, files: Files) -> Files:
        staging = self.plan.route.steps[-1].staging
        if self._stage is None or staging is None or not staging.manifest:
            return files
        return self._stage.manifest(files)

    def _watched(self, payload: Payload) -> Payload:
        return payload if self._verification is None else self._verification.watch(payload)

    def _told(self) -> None:
        if self._verification is not None:
            self.verified = self._verification.checked

    @lazyprop
    def _verification(self) -> Verification | None:
        if not self.options.verify:
            return None
        side = self.plan.target.table
        if side is not None and databases_compare(self.plan):
            names = [side.database.column_name(name) for name in self.schema.names]
            columns = self.plan.target.columns or tuple(names)
            return InDatabases(cast(Fingerprinting, side.database), columns, self._lossy(columns))
        from records_mover.records.verify.streamed import Streamed

        return Streamed(
            self.plan, self._work, lambda: self.schema, self._lossy, known=self._needs_schema()
        )

    def _allowed(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of the target's columns were allowed to lose something."""
        allowed = set(self.options.allow_lossy)
        if ALL in allowed:
            return columns
        named = {each.target for each in self.columns if each.column in allowed}
        return tuple(name for name in columns if name in allowed | named)

    def _fitted(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns of a new table that were found from every row to hold all of each."""
        made = self.plan.target.columns is None and not self.plan.source.typed
        if not made or self.options.instructions.max_inference_rows is not None:
            return ()
        pairs = zip(columns, self.schema.fields, strict=True)
        return tuple(name for name, field in pairs if field.field_type in ("decimal", "date"))

    def _lossy(self, names: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the columns that may lose something: by their names, or by those of the target."""
        places = enumerate(self.columns)
        lossy = [(at, column) for at, column in places if column.verdict == "lossy"]
        return tuple(names[at] if names else column.column for at, column in lossy)


def _count(files: Files) -> int:
    from records_mover.formats.counting import count_rows

    return sum(count_rows(part.open(), files.format, part.name) for part in files.parts)


def _placed(form: Form, files: Files) -> Form:
    """Say where files are that were staged."""
    if not is_scratch_place(form.place) or not files.parts:
        return form
    url = files.parts[0].url or files.parts[0].name
    return replace(form, place=url[: url.rindex("/") + 1])

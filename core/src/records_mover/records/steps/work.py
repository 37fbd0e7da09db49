"""What the steps of one move share."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from records_mover.formats.cleaning import Mended
from records_mover.frozen import frozen
from records_mover.parts import Files, Staging

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.instructions import ProcessingInstructions
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.context import Context
    from records_mover.records.ends.end import TargetEnd
    from records_mover.records.rejects import Rejects
    from records_mover.records.steps.staging import Stage
    from records_mover.schema import RecordsSchema

__all__ = ["Work"]


@frozen
class Work:
    """What the steps of one move share.

    ``stage`` is there where files are staged, and ``staging`` says how the loader wants them.
    ``prove`` is asked of files before they are shown, and raises where they are not what was sent.
    """

    context: Context
    target: TargetEnd
    meter: Meter
    cancellation: Cancellation
    instructions: ProcessingInstructions
    schema: Callable[[], RecordsSchema]
    rows_per_file: int | None = None
    bytes_per_file: int | None = None
    rejects: Rejects | None = None
    mended: Mended = field(default_factory=Mended)
    stage: Stage | None = None
    staging: Staging = field(default_factory=Staging)
    prove: Callable[[Files], None] | None = None

    @property
    def into_one_file(self) -> bool:
        """Whether rows go into a file, and not into a folder of files or a table."""
        return self.target.url is not None and not self.target.url.endswith("/")

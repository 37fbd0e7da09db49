"""Files and folders as targets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from records_mover.errors import UsageError
from records_mover.frozen import frozen
from records_mover.parts import Form
from records_mover.records.ends.end import TargetEnd
from records_mover.records.ends.file_format import check_format, target_format, told_format
from records_mover.records.words import describe_format
from records_mover.url import scheme_of
from records_mover.url.local import local_path

if TYPE_CHECKING:
    from records_mover.formats import BaseRecordsFormat
    from records_mover.records.context import Context
    from records_mover.records.ends.end import SourceEnd
    from records_mover.records.options import MoveOptions

__all__ = ["FileTarget"]


@frozen
class FileTarget:
    """One file or stream to write; it appears under its name when it is whole."""

    url: str
    format: BaseRecordsFormat | None = None

    def __post_init__(self) -> None:
        check_format(self.format)

    def inspect(self, context: Context, options: MoveOptions, source: SourceEnd) -> TargetEnd:
        """Check that the place can be written to, and settle the format."""
        options.refuse(("if_exists", "key", "user_grants", "group_grants"), "a file to write")
        scheme = context.scheme(self.url)
        if not scheme.writable:
            raise UsageError(f"{self.url!r} can only be read", f"{scheme.name} takes no files")
        if self.url.endswith("/"):
            from records_mover.records.folders.directory import RecordsDirectory

            RecordsDirectory(context.store(self.url), self.url).check_empty()
        elif options.splits:
            raise UsageError(
                f"{self.url!r} is one file, and several were asked for",
                "name a folder, with / last",
            )
        form = self._format(options)
        title = "standard output" if self.url == "-" else self.url
        return TargetEnd(
            title=f"{title} ({describe_format(form)})",
            form=Form(kind="files", place=_place(self.url, source), format=form),
            url=self.url,
            copies=scheme.copies and context.rereadable(self.url),
        )

    def _format(self, options: MoveOptions) -> BaseRecordsFormat:
        if self.format is None:
            return target_format(options, self.url)
        form = told_format(self.format, options, "target_")
        return form if self.url.endswith("/") else form.for_name(self.url)


def _place(url: str, source: SourceEnd) -> str:
    if source.form.kind == "files" and _is_same(source.form.place or "", url):
        raise UsageError(f"{url!r} is both source and target", "name another target")
    return url


def _is_same(one: str, other: str) -> bool:
    """Whether two URLs name one file, however their paths are written."""
    if one == other or not scheme_of(one) == scheme_of(other) == "file":
        return one == other
    return os.path.realpath(local_path(one)) == os.path.realpath(local_path(other))

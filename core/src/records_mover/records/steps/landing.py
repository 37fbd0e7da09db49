"""Files at the place that a move writes to: shown once they are whole, and proved if asked for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.errors import MoverError
from records_mover.parts import Files, Part
from records_mover.records.folders.hidden import unproved
from records_mover.url import scheme_of
from records_mover.url.local import local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from records_mover.parts import FileNames, Payload, Streams
    from records_mover.records.folders.directory import RecordsDirectory
    from records_mover.records.steps.work import Work

__all__ = ["directory_at", "finish_directory", "folder_of", "shown_once_proved", "written"]


@contextmanager
def shown_once_proved(url: str, rows: Streams | Files, work: Work) -> Iterator[str]:
    """Say where to write a file: its own place, or one beside it until it was read again."""
    if work.prove is None:
        yield url
        return
    store = work.context.store(url)
    with unproved(store, url) as place:
        yield place
        work.prove(written(place, rows, work))
        store.copy(place, url)


def written(url: str, rows: Streams | Files, work: Work) -> Files:
    """Return the file that was written from such rows."""
    store = work.context.store(url)
    part = Part(name=url, url=url, open=lambda: store.open(url))
    return Files(parts=(part,), format=rows.format, columns=rows.columns)


def folder_of(url: str) -> Path | None:
    """Return the folder of a local file; None for anything else, such as a device."""
    if scheme_of(url) != "file":
        return None
    path = local_path(url).absolute()
    return path.parent if path.is_file() or not path.exists() else None


def directory_at(folder: str, work: Work) -> RecordsDirectory:
    """Return the records directory of a folder."""
    from records_mover.records.folders.directory import RecordsDirectory

    return RecordsDirectory(work.context.store(folder), folder)


def finish_directory(unload: Callable[[FileNames], Payload], work: Work) -> Payload:
    """Have a server write its files into a folder, then write what makes it a records directory.

    When that fails the files are removed, as when the move is killed by the next one: both know
    them by how their names begin.
    """
    from records_mover.records.folders.directory import WrittenFile
    from records_mover.records.folders.filling import filling

    folder = work.target.form.place
    store, directory = work.context.store(folder), directory_at(folder, work)
    directory.sweep()
    with filling(folder) as noted:
        try:
            noted.claim(noted.beginning)
            files = unload(noted)
            if not isinstance(files, Files):
                raise MoverError(f"no files were unloaded into {folder!r}", "report this defect")
            noted.begin(*((part.url or part.name).rsplit("/", 1)[-1] for part in files.parts))
            if work.prove is not None:
                work.prove(files)
            kept = [
                WrittenFile(url=url, size=store.size(url) or 0)
                for url in (part.url or part.name for part in files.parts)
            ]
            directory.keep(kept, of=noted.beginning)
            noted.begin(*directory.finishing_names(files.format))
            directory.finish(kept, files.format, work.schema())
        except BaseException:
            directory.remove(noted)
            raise
    return files

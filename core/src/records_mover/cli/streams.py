"""Standard streams that star out secrets: the last gate, whoever writes."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from records_mover.errors import StoreError
from records_mover.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["abandon_stdout", "guarded_streams", "print_result"]


class _Guarded:
    """A text stream that redacts each text written to it.

    A letter that its encoding does not have is written as an escape.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = _Closed() if stream is None else stream
        with suppress(AttributeError, ValueError, OSError):
            cast(io.TextIOWrapper, stream).reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        self._stream.write(redact(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Quiet(_Guarded):
    """Standard error: what cannot be written there fails nothing, least of all what has moved."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Closed(io.TextIOBase):
    """What stands for a stream that was closed before this process began."""

    def write(self, text: str, /) -> int:
        del text
        raise OSError(errno.EBADF, "it is closed")


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Redact what anyone writes to ``sys.stdout`` and ``sys.stderr`` while the block runs.

    Rows that are moved to standard output do not pass here: they go to its file descriptor.
    """
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Guarded(out)), cast(TextIO, _Quiet(err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def print_result(text: str) -> None:
    """Print a line on standard output now; what cannot be written is a ``StoreError``."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(
            f"cannot write to standard output: {reason}", "check where it goes"
        ) from error


def abandon_stdout() -> None:
    """Point standard output to nowhere, so that nothing is flushed into a broken pipe at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

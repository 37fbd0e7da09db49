"""What ``mvrec`` says and where: results on stdout, everything else on stderr, no secret in any."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TextIO

from records_mover.cli.streams import print_result
from records_mover.frozen import frozen
from records_mover.redaction import redact, redact_data

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Face", "coloured"]


@frozen
class Face:
    """How one command talks to its user."""

    json: bool = False
    quiet: bool = False
    debug: bool = False
    progress: bool | None = None

    def result(self, text: str) -> None:
        """Print a result."""
        print_result(redact(text))

    def result_data(self, data: object) -> None:
        """Print a result as one JSON document."""
        text = json.dumps(redact_data(data), ensure_ascii=False, indent=2, default=str)
        if not _holds(sys.stdout, text):
            text = json.dumps(redact_data(data), indent=2, default=str)
        print_result(text)

    def note(self, text: str) -> None:
        """Say something beside the result, unless the user wants silence."""
        if not self.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Say on stderr what even ``--quiet`` must not hide."""
        self.detail(f"mvrec: {text}")

    def detail(self, text: str) -> None:
        """Add lines to what was said on stderr."""
        sys.stderr.write(f"{redact(text)}\n")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Show log records and warnings on stderr while the block runs."""
        with ExitStack() as stack:
            handler = _Handler(logging.DEBUG if self.debug else self._level)
            root = logging.getLogger()
            root.addHandler(handler)
            stack.callback(root.removeHandler, handler)
            if self.debug:
                for name, level in _TALKATIVE.items():
                    logger = logging.getLogger(name)
                    stack.callback(logger.setLevel, logger.level)
                    logger.setLevel(level)
            stack.enter_context(warnings.catch_warnings())
            warnings.showwarning = _log_warning
            yield

    @property
    def _level(self) -> int:
        return logging.ERROR if self.quiet else logging.WARNING


_TALKATIVE = {"records_mover": logging.DEBUG, "sqlalchemy.engine": logging.INFO}


class _Handler(logging.Handler):
    """Writes to what is stderr when a record comes: a progress bar may stand in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"mvrec: {redact(self.format(record))}\n")
        except Exception:  # noqa: BLE001 - logging's own way with what goes wrong in a handler
            self.handleError(record)

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {super().format(record)}"


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del category, filename, lineno, file, line
    logging.getLogger("records_mover.warnings").warning("%s", message)


def _holds(stream: TextIO, text: str) -> bool:
    """Whether the encoding of a stream has all letters of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def coloured(stream: TextIO) -> bool:
    """Whether colour is wanted on a stream: on a terminal, unless ``NO_COLOR`` is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

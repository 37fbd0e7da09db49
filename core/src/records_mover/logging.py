"""Log records without secrets, whoever handles them, and 1.x's way to show them."""

from __future__ import annotations

import logging
import os
import sys
from typing import IO, Any, cast

from records_mover.redaction import redact, register_secret

__all__ = [
    "SecretsRedactingLogStream",
    "guard_logger",
    "guarded",
    "register_secret",
    "set_stream_logging",
]

_FORMATTER = logging.Formatter()


def guard_logger(name: str) -> None:
    """Star out secrets in the records of a logger and of all below it, for every handler above.

    A record goes to the handlers of its own logger first and then upwards: the first handler of
    this one changes the record, and nobody after it sees what was in it.
    """
    logger = logging.getLogger(name)
    if not any(isinstance(handler, _Cleaner) for handler in logger.handlers):
        logger.handlers.insert(0, _Cleaner())


def guarded(record: logging.LogRecord) -> bool:
    """Star out secrets in one record; as a logger's filter it lets every record pass."""
    try:
        said = record.getMessage()
    except (TypeError, ValueError):
        return True  # whoever formats it will complain in logging's own way
    if (clean := redact(said)) != said:
        record.msg, record.args = clean, None
    if record.exc_info and not record.exc_text:
        text = _FORMATTER.formatException(cast(Any, record.exc_info))
        if (clean := redact(text)) != text:
            record.exc_text = clean
    return True


class _Cleaner(logging.Handler):
    """Changes records and shows none; where nobody else would, logging's last resort does."""

    def handle(self, record: logging.LogRecord) -> bool:
        guarded(record)
        last = logging.lastResort
        if last is not None and record.levelno >= last.level and not _is_heard(record.name):
            last.handle(record)
        return True


def _is_heard(name: str) -> bool:
    """Whether any handler but ours takes the records of a logger."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        if any(not isinstance(handler, _Cleaner) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


class SecretsRedactingLogStream:
    """A text stream that stars out secrets in whatever is written to it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, starred out."""
        self._stream.write(redact(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream below."""
        self._stream.flush()


class _Shown(logging.StreamHandler[SecretsRedactingLogStream]):
    """The handler of ``set_stream_logging``: a logger has one, however often it is asked for."""


def set_stream_logging(
    name: str = "records_mover",
    level: int | str = logging.INFO,
    stream: IO[str] | None = None,
    fmt: str = "%(asctime)s - %(message)s",
    datefmt: str = "%H:%M:%S",
) -> None:
    """Show a logger's records on a stream, standard error if none is given.

    ``<NAME>_LOG_LEVEL`` in the environment, such as ``RECORDS_MOVER_LOG_LEVEL``, overrides
    ``level``. Asking again changes what was asked before, and shows nothing twice.
    """
    logger = logging.getLogger(name)
    logger.setLevel(os.environ.get(f"{name.upper()}_LOG_LEVEL") or level)
    for handler in list(logger.handlers):
        if isinstance(handler, _Shown):
            logger.removeHandler(handler)
    shown = _Shown(SecretsRedactingLogStream(sys.stderr if stream is None else stream))
    shown.setFormatter(logging.Formatter(fmt, datefmt))
    logger.addHandler(shown)

"""Data that the client has: CopyData of standard input, and the files of COPY LOCAL."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from standins.wire import message
from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vertica_server.session import Session

__all__ = ["ask_files", "batch", "end_files", "load_file", "standard_input", "write_file"]

_MANY_FILES = 3 << 16 | 15


def standard_input(session: Session) -> Iterator[bytes]:
    """Ask for the data of COPY ... FROM STDIN and yield it as it comes."""
    session.client.send(message(b"G", b"\0\0\0"))
    while True:
        tag, body = session.client.read()
        session.check_cancel()
        if tag == b"d":
            yield body
        elif tag == b"c":
            return
        elif tag == b"f":
            raise VerticaError(
                f"COPY: COPY from STDIN failed: {_text(body)}", sqlstate="57014", code=2715
            )
        elif tag not in (b"H", b"S"):
            raise VerticaError(
                f"Unexpected message {tag!r} during COPY", sqlstate="08P01", code=5167
            )


def ask_files(
    session: Session, paths: list[str], rejected: str, exceptions: str
) -> list[tuple[str, int]]:
    """Tell the client which files are wanted; return those it has, patterns expanded."""
    body = struct.pack("!H", len(paths))
    body += b"".join(path.encode() + b"\0" for path in paths)
    session.client.send(
        message(b"F", body + rejected.encode() + b"\0" + exceptions.encode() + b"\0")
    )
    tag, answer = session.client.read()
    if tag == b"e":
        file, rest = answer.split(b"\0", 1)
        said = _text(rest[4:].split(b"\0")[-2]) if rest.count(b"\0") > 1 else _text(file)
        raise VerticaError(f"COPY: {said}", sqlstate="58V01", code=2017)
    if tag != b"F":
        raise VerticaError(f"Unexpected message {tag!r} during COPY", sqlstate="08P01", code=5167)
    width = 4 if session.protocol >= _MANY_FILES else 2
    count, at, found = int.from_bytes(answer[:width]), width, list[tuple[str, int]]()
    for _ in range(count):
        end = answer.index(b"\0", at)
        name = answer[at:end].decode()
        (size,) = struct.unpack_from("!Q", answer, end + 1)
        found.append((name, size))
        at = end + 9
    return found


def load_file(session: Session, name: str) -> Iterator[bytes]:
    """Ask for one file and yield it."""
    session.client.send(message(b"H", name.encode() + b"\0"))
    yield from batch(session)


def batch(session: Session) -> Iterator[bytes]:
    """Yield CopyData until the client says that the batch ends."""
    while True:
        tag, body = session.client.read()
        session.check_cancel()
        if tag == b"d":
            yield body
        elif tag == b"j":
            return
        elif tag == b"e":
            raise VerticaError(
                f"COPY: {_text(body.split(bytes(1))[-2])}", sqlstate="58V01", code=2017
            )
        elif tag == b"f":
            raise VerticaError(f"COPY: {_text(body)}", sqlstate="57014", code=2715)
        else:
            raise VerticaError(
                f"Unexpected message {tag!r} during COPY", sqlstate="08P01", code=5167
            )


def write_file(session: Session, name: str, data: bytes) -> None:
    """Hand the client what to write into a file of its own."""
    body = name.encode() + b"\0" + struct.pack("!I", len(data)) + data
    session.client.send(message(b"O", body))


def end_batch(session: Session) -> None:
    """Say that a batch was taken."""
    session.client.send(message(b"J"))


def end_files(session: Session) -> None:
    """Say that no file is wanted any more."""
    session.client.send(message(b"c"))


def _text(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("utf-8", "replace")

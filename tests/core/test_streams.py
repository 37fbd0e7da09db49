"""The base of readers: each half is made from the other, and what is below is closed."""

from __future__ import annotations

import array
import io
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

import pytest

from records_mover.meter import Meter
from records_mover.streams import Blocks, Reader, copy_bytes

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


class Copying(Reader):
    """Gives ``read``."""

    def __init__(self, raw: io.BytesIO) -> None:
        super().__init__(raw)
        self._raw = raw

    def read(self, size: int = -1, /) -> bytes:
        return self._raw.read(size)


class Filling(Reader):
    """Gives ``fill``."""

    def __init__(self, raw: io.BytesIO) -> None:
        super().__init__(raw)
        self._raw = raw

    def fill(self, view: memoryview) -> int:
        return self._raw.readinto(view)


class Waiting(Reader):
    """Has nothing yet."""

    def read(self, size: int = -1, /) -> bytes | None:
        return None


class Stuck:
    """Cannot be closed."""

    def __init__(self) -> None:
        self.asked = 0

    def close(self) -> None:
        self.asked += 1
        raise OSError("stuck")


@pytest.mark.parametrize("kind", [Copying, Filling])
def test_whichever_half_is_given_the_other_is_made(kind: type[Copying] | type[Filling]) -> None:
    raw = io.BytesIO(b"0123456789")
    with kind(raw) as stream:
        assert stream.readable()
        assert stream.readinto(bytearray(0)) == 0
        buffer = bytearray(b"....")
        assert stream.readinto(memoryview(buffer)[1:3]) == 2
        assert buffer == b".01."
        assert stream.read(3) == b"234"
        assert stream.read(0) == b""
        assert stream.readall() == b"56789"
        assert stream.readinto(buffer) == 0
    assert raw.closed


@pytest.mark.parametrize("kind", [Copying, Filling])
def test_a_buffer_is_counted_in_bytes_whatever_it_holds(
    kind: type[Copying] | type[Filling],
) -> None:
    numbers = array.array("i", [0, 0])
    wanted = array.array("i", [7, 9])
    with kind(io.BytesIO(wanted.tobytes())) as stream:
        assert stream.readinto(numbers) == len(wanted.tobytes())
    assert numbers == wanted


def test_nothing_yet_is_not_the_end() -> None:
    assert Waiting().readinto(bytearray(4)) is None


def test_what_is_below_is_closed_once_even_if_it_fails() -> None:
    below = Stuck()
    stream = Reader(below)
    with pytest.raises(OSError, match="stuck"):
        stream.close()
    stream.close()
    assert stream.closed
    assert below.asked == 1


def made(*blocks: bytes, error: Exception | None = None) -> Generator[bytes]:
    yield from blocks
    if error is not None:
        raise error


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_blocks_are_read_in_any_size(size: int) -> None:
    stream = Blocks(made(b"abc", b"", b"d", b"efgh"))
    assert b"".join(iter(lambda: stream.read(size), b"")) == b"abcdefgh"
    assert Blocks(made(b"abc", b"d")).read() == b"abcd"


def test_blocks_that_break_break_at_each_read() -> None:
    stream = Blocks(made(b"abc", error=OSError("gone")))
    assert stream.read(10) == b"abc"
    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            stream.read(10)


def test_blocks_are_counted_and_closed_through_the_count() -> None:
    meter, below = Meter(), io.BytesIO()
    blocks = made(b"abc", b"d")
    stream = meter.counting(cast(BinaryIO, Blocks(blocks, below)))
    assert (stream.read(2), stream.read(9), stream.read(9)) == (b"ab", b"c", b"d")
    assert meter.bytes == 4
    stream.close()
    assert below.closed
    with pytest.raises(ValueError, match="closed"):
        stream.read(1)


def test_a_lent_block_goes_to_files_as_it_is_and_to_others_as_a_copy(tmp_path: Path) -> None:
    lent = bytearray(b"abc")

    def same_memory() -> Generator[memoryview]:
        for letter in b"abc":
            lent[:] = bytes([letter]) * 3
            yield memoryview(lent)

    class Keeping(io.RawIOBase):
        kept: ClassVar[list[bytes]] = []

        def write(self, data: Any) -> int:
            self.kept.append(data)
            return len(data)

    with open(tmp_path / "file", "wb") as file:  # noqa: PTH123  the io that is meant
        source = cast(BinaryIO, Blocks(same_memory()))
        assert copy_bytes(source, file, lambda: None) == 9
    assert (tmp_path / "file").read_bytes() == b"aaabbbccc"
    source, sink = cast(BinaryIO, Blocks(same_memory())), Keeping()
    assert copy_bytes(source, cast(BinaryIO, sink), lambda: None) == 9
    assert b"".join(sink.kept) == b"aaabbbccc"

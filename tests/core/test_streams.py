"""The base of readers: each half is made from the other, and what is below is closed."""

from __future__ import annotations

import array
import io

import pytest

from records_mover.streams import Reader


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

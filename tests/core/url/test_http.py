"""Files behind HTTP: whole or an error, and no secret of a URL in any message."""

from __future__ import annotations

import base64
import io
import shutil
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import NotFoundError, StoreError
from records_mover.url import StoreContext
from records_mover.url.http import HttpStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler as Request

DATA = bytes(range(256)) * 1000
STORE = HttpStore(StoreContext())
HASTY = HttpStore(StoreContext(settings={"http": {"tries": 1, "timeout": 0.2}}))


def _send(
    request: Request, data: bytes = DATA, code: int = 200, promised: int | None = None, **more: str
) -> None:
    request.send_response(code)
    request.send_header("Content-Length", str(len(data) if promised is None else promised))
    for name, value in more.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(data)


def _ranged(request: Request) -> None:
    asked = request.headers["Range"]
    if asked is None:
        return _send(request)
    first, last = asked.removeprefix("bytes=").split("-")
    if int(first) >= len(DATA):
        return _send(request, b"", 416)
    end = int(last) + 1 if last else len(DATA)
    span = f"bytes {first}-{end - 1}/{len(DATA)}"
    return _send(request, DATA[int(first) : end], 206, Content_Range=span)


def test_a_file_is_read_and_measured(serve: Any) -> None:
    url = serve(_send) + "a.csv"
    (entry,) = STORE.list(url)
    assert (entry.url, entry.size) == (url, len(DATA))
    with STORE.open(url) as stream:
        assert stream.read(10) == DATA[:10]
        assert stream.read() == DATA[10:]
        assert stream.read(1) == b""


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 10), (100, 50), (1000, None), (5, 10**9), (3, 0)]
)
@pytest.mark.parametrize("served", [True, False])
def test_a_range_is_asked_for(serve: Any, offset: int, length: int | None, served: bool) -> None:
    url = serve(_ranged if served else _send)
    if offset and not served and length != 0:
        with pytest.raises(StoreError, match="does not serve ranges; download it first"):
            STORE.open(url, offset=offset, length=length)
        return
    with STORE.open(url, offset=offset, length=length) as stream:
        end = None if length is None else offset + length
        assert stream.read() == DATA[offset:end]


def test_a_range_beyond_the_end_is_refused(serve: Any) -> None:
    with pytest.raises(StoreError, match=r"answered 416 .*; it is shorter than"):
        STORE.open(serve(_ranged), offset=10**9)


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (404, NotFoundError, "there is nothing at"),
        (410, NotFoundError, "there is nothing at"),
        (403, StoreError, "answered 403 Forbidden; check who may read it"),
        (401, StoreError, r'answered 401 Unauthorized; set \[connections."http://127.0.0.1:\d+"\]'),
        (500, StoreError, "answered 500 Internal Server Error; try again"),
        (418, StoreError, "answered 418 I'm a Teapot; check the URL"),
        (400, StoreError, "answered 400 Bad Request; check the URL"),
    ],
)
def test_a_refusal_names_the_file_and_the_code(
    serve: Any, code: int, error: type[Exception], words: str
) -> None:
    url = serve(lambda request: _send(request, b"", code)) + "a.csv"
    with pytest.raises(error, match=words) as raised:
        HASTY.open(url)
    assert "/a.csv" in str(raised.value)


def test_a_server_that_does_not_tell_sizes_is_read_all_the_same(serve: Any) -> None:
    def answer(request: Request) -> None:
        if request.command == "HEAD":
            return _send(request, b"", 501)
        request.send_response(200)
        request.end_headers()
        request.wfile.write(DATA)
        return None

    url = serve(answer)
    assert STORE.size(url) is None
    with STORE.open(url) as stream:
        assert stream.read() == DATA


def test_a_response_that_is_cut_off_is_no_short_file(serve: Any) -> None:
    url = serve(lambda request: _send(request, promised=len(DATA) + 1))
    with (
        STORE.open(url) as stream,
        pytest.raises(
            StoreError,
            match=f"was cut off after {len(DATA):,} bytes: {len(DATA) + 1} were promised",
        ),
    ):
        shutil.copyfileobj(stream, io.BytesIO(), 10_000)


def test_a_chunked_response_that_is_cut_off_is_no_short_file(serve: Any) -> None:
    def answer(request: Request) -> None:
        request.protocol_version = "HTTP/1.1"
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"5\r\nhello\r\n5\r\nwo")
        request.close_connection = True

    with STORE.open(serve(answer)) as stream, pytest.raises(StoreError, match="was cut off"):
        stream.read()


def test_a_connection_that_is_reset_is_no_short_file(serve: Any) -> None:
    def answer(request: Request) -> None:
        _send(request, b"half", promised=8)
        request.wfile.flush()
        linger = b"\1\0\0\0\0\0\0\0"
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.connection.close()

    with pytest.raises(StoreError, match="was cut off"), STORE.open(serve(answer)) as stream:
        stream.read()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_says_nothing_is_given_up(serve: Any, when: str) -> None:
    done = threading.Event()

    def answer(request: Request) -> None:
        if when == "after":
            _send(request, b"half", promised=8)
            request.wfile.flush()
        done.wait(10)

    try:
        began = time.monotonic()
        with (
            pytest.raises(StoreError, match="it did not answer in time; try again"),
            HASTY.open(serve(answer)) as stream,
        ):
            stream.read()
        assert time.monotonic() - began < 5
    finally:
        done.set()


def test_nobody_there_is_said_plainly() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a"
        with pytest.raises(StoreError, match=r"cannot reach .*: connection refused; try again"):
            STORE.open(url)


def _redirecting(target: str, seen: list[Any]) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        seen.append(request.headers)
        if request.path.startswith("/from"):
            request.send_response(302)
            request.send_header("Location", target)
            request.send_header("Content-Length", "0")
            request.end_headers()
        else:
            _send(request)

    return answer


def test_a_redirect_is_followed_without_the_password(serve: Any) -> None:
    there: list[Any] = []
    elsewhere = serve(_redirecting("", there))
    here: list[Any] = []
    url = serve(_redirecting(elsewhere + "to", here)) + "from"
    with STORE.open(url.replace("//", "//us%40er:p%3Aw@")) as stream:
        assert stream.read() == DATA
    token = base64.b64encode(b"us@er:p:w").decode()
    assert here[0]["Authorization"] == f"Basic {token}"
    assert there[0]["Authorization"] is None


def test_a_redirect_to_a_file_is_refused(serve: Any) -> None:
    with pytest.raises(StoreError):
        STORE.open(serve(_redirecting("file:///etc/passwd", [])) + "from")


def test_odd_characters_in_a_url_are_quoted(serve: Any) -> None:
    paths: list[str] = []

    def answer(request: Request) -> None:
        paths.append(request.path)
        _send(request)

    with STORE.open(serve(answer) + "a b/é%20.csv?q=ü x&z=%41#part"):
        pass
    assert paths == ["/a%20b/%C3%A9%20.csv?q=%C3%BC%20x&z=%41"]


SECRET = "s3cr3t"
TRIES: list[Callable[[str], object]] = [
    STORE.open,
    lambda url: list(STORE.list(url)),
    lambda url: STORE.open(url, offset=5),
    STORE.write,
    STORE.delete,
    STORE.make_folder,
    lambda url: STORE.copy(url, url),
]


@pytest.mark.parametrize("attempt", TRIES)
@pytest.mark.parametrize(
    "shape",
    [
        "http://user:{0}@127.0.0.1:{1}/a?token={0}#{0}",
        "http://{0}@127.0.0.1:{1}/a\n?token={0}",
        "http://user:{0}@127.0.0.1:port/a",
        "http://user:{0}@/a",
        "http://[{0}/a",
        "http://{0}@",
        "http://u:{0}@127.0.0.1:{1}/folder/",
    ],
)
def test_no_message_shows_a_secret(attempt: Callable[[str], object], shape: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = shape.format(SECRET, taken.getsockname()[1])
        with pytest.raises(StoreError) as raised:
            attempt(url)
    shown: BaseException | None = raised.value
    while shown is not None:
        assert SECRET not in str(shown)
        shown = None if shown.__suppress_context__ else shown.__cause__ or shown.__context__


def test_a_folder_cannot_be_listed(serve: Any) -> None:
    with pytest.raises(StoreError, match="HTTP has no folders"):
        list(STORE.list(serve(_send) + "folder/"))

"""HTTP over a bad network: tries, redirects, the rest of a broken download, proxies and TLS."""

from __future__ import annotations

import gzip
import ssl
import time
import zlib
from contextlib import ExitStack
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import trustme

from records_mover.errors import ConfigError, StoreError
from records_mover.parts import Creds
from records_mover.redaction import redact
from records_mover.secret import Secret
from records_mover.url import StoreContext
from records_mover.url.http import HttpStore, client
from support.faults import FAULTS, fault_proxy
from support.web import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Request = BaseHTTPRequestHandler
    Answer = Callable[[BaseHTTPRequestHandler], None]

DATA = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No long waits between tries, and no proxy of whoever runs the tests."""
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def store(creds: Callable[[str], object] | None = None, **settings: object) -> HttpStore:
    return HttpStore(StoreContext(creds=creds, settings={"http": settings}))


def read(url: str, *, by: HttpStore | None = None, **part: int) -> bytes:
    with (by or store()).open(url, **part) as stream:
        return stream.read()


def send(request: Request, data: bytes = DATA, code: int = 200, **more: str) -> None:
    request.send_response(code)
    for name, value in ({"Content-Length": str(len(data))} | more).items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(data)


class Breaking:
    """Serves ``DATA`` by ranges, and breaks off after ``step`` bytes each time."""

    def __init__(self, step: int, **versions: str) -> None:
        self.step = step
        self.versions = versions
        self.asked: list[tuple[str | None, str | None]] = []
        self.data = DATA

    def __call__(self, request: Request) -> None:
        if request.command == "HEAD":
            return send(request, self.data)
        wanted, condition = request.headers["Range"], request.headers["If-Range"]
        self.asked.append((wanted, condition))
        same = condition is None or condition in self.versions.values()
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and same else 0
        rest = self.data[start:]
        request.send_response(206 if wanted and same else 200)
        request.send_header("Content-Length", str(len(rest)))
        if wanted and same:
            span = f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"
            request.send_header("Content-Range", span)
        for name, value in self.versions.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(rest[: self.step])
        return None


# trying again


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(serve: Any, code: int) -> None:
    codes = iter([code, code, 200])
    assert read(serve(lambda request: send(request, code=next(codes)))) == DATA


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 501])
def test_what_does_not_pass_is_asked_once(serve: Any, code: int) -> None:
    asked: list[str] = []

    def answer(request: Request) -> None:
        asked.append(request.path)
        send(request, code=code)

    with pytest.raises(StoreError):
        read(serve(answer))
    assert len(asked) == 1


@pytest.mark.parametrize("date", [False, True])
def test_a_server_says_when_to_come_back(serve: Any, date: bool) -> None:
    times: list[float] = []

    def answer(request: Request) -> None:
        times.append(time.monotonic())
        again = formatdate(time.time() + 2, usegmt=True) if date else "1"
        send(request, code=503 if len(times) == 1 else 200, Retry_After=again)

    assert read(serve(answer)) == DATA
    assert times[1] - times[0] >= 0.9


def test_a_server_that_wants_more_time_than_there_is_is_given_up_at_once(serve: Any) -> None:
    url = serve(lambda request: send(request, code=503, Retry_After="900"))
    began = time.monotonic()
    with pytest.raises(StoreError, match="it asks to be left alone for 900 seconds"):
        read(url)
    assert time.monotonic() - began < 5


def test_a_deadline_ends_the_tries(serve: Any) -> None:
    asked: list[str] = []

    def answer(request: Request) -> None:
        asked.append(request.path)
        send(request, code=500)

    with pytest.raises(StoreError, match="answered 500"):
        read(serve(answer), by=store(deadline=0.001))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"colour": 1}, "there is no setting 'colour'"),
        ({"timeout": "soon"}, "a number of seconds above zero"),
        ({"tries": 1.5}, "a whole number"),
        ({"tries": 0}, "a whole number"),
        ("fast", "give names and values"),
    ],
)
def test_a_wrong_setting_is_said(section: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        HttpStore(StoreContext(settings={"http": section}))


# the rest of a broken download


@pytest.mark.parametrize(
    "versions",
    [{"ETag": '"one"'}, {"Last_Modified": "Mon, 02 Jan 2006 15:04:05 GMT"}],
    ids=["etag", "date"],
)
def test_a_broken_download_goes_on_where_it_broke(serve: Any, versions: dict[str, str]) -> None:
    answer = Breaking(100_000, **versions)
    assert read(serve(answer)) == DATA
    (condition,) = versions.values()
    assert answer.asked == [
        (None, None),
        ("bytes=100000-", condition),
        ("bytes=200000-", condition),
    ]


def test_a_broken_range_goes_on_where_it_broke(serve: Any) -> None:
    answer = Breaking(30_000, ETag='"one"')
    assert read(serve(answer), offset=200_000) == DATA[200_000:]
    assert [wanted for wanted, _ in answer.asked] == ["bytes=200000-", "bytes=230000-"]


def test_a_file_that_changes_in_between_is_never_mixed(serve: Any) -> None:
    answer = Breaking(100_000, ETag='"one"')
    with store().open(serve(answer)) as stream:
        stream.read(10)
        answer.versions, answer.data = {"ETag": '"two"'}, DATA[::-1]
        with pytest.raises(StoreError, match="was changed while it was read"):
            stream.read()


def test_a_file_that_changes_under_the_same_date_is_told_by_its_length(serve: Any) -> None:
    answer = Breaking(100_000, Last_Modified="Mon, 02 Jan 2006 15:04:05 GMT")
    with store().open(serve(answer)) as stream:
        stream.read(10)
        answer.data = DATA + b"more"
        with pytest.raises(StoreError, match="was changed while it was read"):
            stream.read()


def test_a_server_without_ranges_sends_it_all_again_and_nothing_comes_twice(serve: Any) -> None:
    lengths = iter([1000, 70_000, len(DATA)])

    def answer(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(DATA)))
        request.send_header("ETag", '"one"')
        request.end_headers()
        request.wfile.write(DATA[: next(lengths)])

    assert read(serve(answer)) == DATA


@pytest.mark.parametrize("versions", [{}, {"ETag": 'W/"weak"'}], ids=["none", "weak"])
def test_without_a_sure_version_nothing_is_glued_together(
    serve: Any, versions: dict[str, str]
) -> None:
    answer = Breaking(100_000, **versions)
    with pytest.raises(StoreError, match="was cut off after 100,000 bytes"):
        read(serve(answer))
    assert len(answer.asked) == 1


def test_a_download_that_gets_no_further_is_given_up(serve: Any) -> None:
    answer = Breaking(0, ETag='"one"')
    with pytest.raises(StoreError, match="was cut off after 0 bytes: 256000 were promised"):
        read(serve(answer), by=store(tries=3))
    assert len(answer.asked) == 3


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("number", [1, 2, 3])
def test_whatever_the_network_does_the_file_is_whole_or_the_error_clear(
    serve: Any, fault: str, number: int
) -> None:
    healthy = Breaking(len(DATA), ETag='"one"')
    with fault_proxy(serve(healthy).rstrip("/")) as proxy:
        proxy.harm(fault, number)
        url, by = f"{proxy.endpoint}/a.csv", store(timeout=1, tries=4)
        try:
            (entry,) = by.list(url)
            got = read(url, by=by) + read(url, by=by, offset=250_000)
        except StoreError as error:
            said = str(error)
        else:
            said = ""
            lying = fault in ("length too small", "error in success")  # by the protocol it is so
            assert lying or got == DATA + DATA[250_000:]
            assert lying or entry.size in (None, len(DATA))
        assert "\n" not in said


# compression on the way


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data)[2:-4],
    "zstd": lambda data: bytes(pa.Codec("zstd").compress(data, asbytes=True)),
    "identity": bytes,
    "gzip, deflate": lambda data: zlib.compress(gzip.compress(data)),
}


@pytest.mark.parametrize("encoding", ENCODERS)
def test_compression_on_the_way_is_undone(serve: Any, encoding: str) -> None:
    packed = ENCODERS[encoding](DATA)
    url = serve(lambda request: send(request, packed, Content_Encoding=encoding)) + "a.csv"
    assert read(url) == DATA
    assert read(url, length=100) == DATA[:100]
    assert store().size(url) == (len(DATA) if encoding == "identity" else None)


@pytest.mark.parametrize(("name", "encoding"), [("a.csv.gz", "gzip"), ("a.csv.zst", "zstd")])
def test_the_compression_of_a_file_itself_is_left_alone(
    serve: Any, name: str, encoding: str
) -> None:
    packed = ENCODERS[encoding](DATA)
    for more in ({}, {"Content_Encoding": encoding}):
        url = serve(lambda request, more=more: send(request, packed, **more)) + name
        assert read(url) == packed
        assert store().size(url) == len(packed)


def test_a_compressed_answer_that_breaks_is_taken_up_as_it_was_sent(serve: Any) -> None:
    answer = Breaking(700, ETag='"one"', Content_Encoding="gzip")
    answer.data = gzip.compress(DATA)
    assert read(serve(answer) + "a.csv") == DATA
    assert len(answer.asked) > 1


def test_an_encoding_nobody_knows_is_said(serve: Any) -> None:
    url = serve(lambda request: send(request, Content_Encoding="br"))
    with pytest.raises(StoreError, match="is sent in the encoding 'br'"):
        read(url)


# redirects, and who we are


def redirecting(target: str, seen: list[Any], code: int = 302) -> Answer:
    def answer(request: Request) -> None:
        seen.append(request)
        if request.path.startswith("/from"):
            send(request, b"", code, Location=target)
        else:
            send(request)

    return answer


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_keeps_login_and_method(serve: Any, code: int) -> None:
    seen: list[Any] = []
    url = serve(redirecting("/to?a=b c", seen, code)) + "from"
    mine = url.replace("//", "//me:pw@")
    assert read(mine) == DATA
    assert store().size(mine) == len(DATA)
    assert [one.command for one in seen] == ["GET", "GET", "HEAD", "HEAD"]
    assert seen[1].path == "/to?a=b%20c"
    assert len({one.headers["Authorization"] for one in seen}) == 1


def test_redirects_without_end_are_ended(serve: Any) -> None:
    seen: list[Any] = []
    url = serve(redirecting("/from", seen)) + "from"
    with pytest.raises(StoreError, match="is redirected without end; check the URL"):
        read(url, by=store(redirects=3))
    assert len(seen) == 4


def test_a_login_is_looked_up_by_host_once(serve: Any) -> None:
    asked: list[str] = []
    seen: list[Any] = []
    url = serve(redirecting("", seen))

    def creds(name: str) -> Creds:
        asked.append(name)
        return Creds(provider="p", facts={"user": "me", "password": Secret("canary-pw")})

    by = store(creds)
    assert read(url + "to", by=by) == read(url + "to", by=by) == DATA
    assert asked == [url.rstrip("/")]
    header = seen[0].headers["Authorization"]
    assert header == "Basic bWU6Y2FuYXJ5LXB3"
    assert "bWU6" not in redact(header)


def test_a_token_is_sent_as_a_bearers(serve: Any) -> None:
    seen: list[Any] = []
    by = store(lambda name: Creds(provider="p", facts={"token": "canary-token"}))
    read(serve(redirecting("", seen)) + "to", by=by)
    assert seen[0].headers["Authorization"] == "Bearer canary-token"
    assert redact("canary-token") == "***"


def test_a_login_that_is_not_accepted_is_said(serve: Any) -> None:
    url = serve(lambda request: send(request, b"", 401)).replace("//", "//me:pw@")
    with pytest.raises(StoreError, match="401 Unauthorized; check the user and the password"):
        read(url)


def test_the_password_of_a_url_may_lie_elsewhere(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_PW", "canary-pw")
    seen: list[Any] = []
    read(serve(redirecting("", seen)).replace("//", "//me:env:WEB_PW@") + "to")
    assert seen[0].headers["Authorization"] == "Basic bWU6Y2FuYXJ5LXB3"


# proxies and TLS


def test_a_proxy_of_the_environment_is_used_and_its_password_is_secret(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    proxy = serve(redirecting("", seen))
    monkeypatch.setenv("http_proxy", proxy.replace("//", "//me:canary-proxy@"))
    assert read("http://data.example.invalid/a.csv") == DATA
    assert seen[0].path == "http://data.example.invalid/a.csv"
    assert seen[0].headers["Proxy-Authorization"].startswith("Basic ")
    assert redact("canary-proxy") == "***"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert read(serve(redirecting("", seen)) + "direct") == DATA
    assert seen[-1].path == "/direct"


def test_a_proxy_that_does_not_answer_or_refuses_is_named(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:canary-proxy@127.0.0.1:1")
    with pytest.raises(StoreError, match=r"through the proxy '127.0.0.1:1': connection refused"):
        read("http://data.example.invalid/a.csv")
    monkeypatch.setenv("https_proxy", serve(lambda request: None))
    with pytest.raises(StoreError, match=r"tunnel connection failed: 501.*; check HTTPS_PROXY"):
        read("https://data.example.invalid/a.csv")


@pytest.fixture
def serve_tls(tmp_path: Path) -> Iterator[Callable[[Answer], str]]:
    """Serve by TLS with a certificate for 127.0.0.1, of an authority in ``ca.pem``."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

        return f"{servers.enter_context(serving(Handler, context))}/"

    with ExitStack() as servers:
        yield start


def test_a_certificate_that_is_not_trusted_is_said(serve_tls: Any) -> None:
    said = r"its certificate is not trusted: .*; check the host's name; SSL_CERT_FILE may name"
    with pytest.raises(StoreError, match=said):
        read(serve_tls(send))


def test_authorities_of_ones_own_are_trusted_and_https_never_becomes_http(
    serve: Any, serve_tls: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert read(serve_tls(send)) == DATA
    seen: list[Any] = []
    url = serve_tls(redirecting(serve(redirecting("", seen)) + "to", []))
    with pytest.raises(StoreError, match="redirected to a place that is not https"):
        read(url + "from")
    assert not seen


def test_a_port_without_tls_is_said(serve: Any) -> None:
    url = serve(send).replace("http:", "https:")
    with pytest.raises(StoreError, match=r"TLS failed: .*; check that the port speaks TLS"):
        read(url)

"""urllib's opener as we want it: proxies from the environment, and redirects with care."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib import request as urllib_request

from records_mover.errors import StoreError
from records_mover.redaction import register_url
from records_mover.url.http.address import origin_of, plain_url, shown

if TYPE_CHECKING:
    from urllib.request import OpenerDirector, Request

    from records_mover.secret import Secret

__all__ = ["make_opener", "make_request"]


def make_opener(redirects: int) -> OpenerDirector:
    """Return an opener for http and https and nothing else."""
    from records_mover.__about__ import __version__

    proxies = urllib_request.getproxies()
    for proxy in proxies.values():
        register_url(proxy)
    opener = urllib_request.OpenerDirector()
    for handler in (
        urllib_request.ProxyHandler(proxies),
        urllib_request.UnknownHandler(),
        urllib_request.HTTPHandler(),
        urllib_request.HTTPSHandler(),
        urllib_request.HTTPDefaultErrorHandler(),
        _Redirects(redirects),
        urllib_request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", f"records-mover/{__version__}")]
    return opener


def make_request(
    url: str, method: str, headers: dict[str, str], authorization: Secret | None
) -> Request:
    """Make a request; what is secret stays with the host that it was meant for."""
    register_url(url)
    request = urllib_request.Request(plain_url(url), method=method, headers=headers)  # noqa: S310
    if authorization is not None:
        request.add_unredirected_header("Authorization", authorization.reveal())
    return request


class _Redirects(urllib_request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http, nor to anything that is not the web.

    Who we are is told again only where scheme, host and port stay the same.
    """

    def __init__(self, limit: int) -> None:
        # urllib reads them from the instance, whatever its types say.
        self.max_redirections = limit  # type: ignore[misc]
        self.max_repeats = limit  # type: ignore[misc]

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        before, after = req.full_url, newurl.replace(" ", "%20")
        scheme = after.partition(":")[0].lower()
        if scheme not in ("http", "https") or (before.startswith("https:") and scheme == "http"):
            fp.close()
            raise StoreError(
                f"{shown(before)!r} is redirected to a place that is not https",
                "ask for that place itself, if you trust it",
            )
        new = super().redirect_request(req, fp, code, msg, headers, after)
        if new is not None:
            new.method = req.get_method()  # urllib would make GET of HEAD
            login = req.unredirected_hdrs.get("Authorization")
            if login is not None and origin_of(before) == origin_of(after):
                new.add_unredirected_header("Authorization", login)
        return new

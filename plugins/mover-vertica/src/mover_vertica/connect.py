"""An open connection of vertica-python, by what a URL says: it leaks nothing and warns of nothing.

The driver keeps the timeout of connecting for every read, leaves its socket to the garbage
collector when it is not let in, and says in warnings what belongs into a log.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import warnings
from contextlib import closing
from typing import TYPE_CHECKING, Any

import vertica_python
from vertica_python.vertica.messages import CancelRequest

from records_mover.db.connections.cancelling import Canceller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection as SqlConnection

__all__ = ["Connection", "cancelling", "driver_connection", "open_connection"]

log = logging.getLogger(__name__)

SECONDS = 10.0
_KEEPALIVE = {
    "TCP_KEEPIDLE": 30,
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 60_000,
}
"""A COPY says nothing until it is done, and networks forget a connection that is silent.

The last one, in milliseconds, is for one on which we have sent what nobody acknowledges.
"""

_warnings = threading.Lock()  # which warnings are shown is a matter of the whole process


class Connection(vertica_python.Connection):  # type: ignore[misc]  # it has no types
    """A connection that closes its socket when it is not let in, and logs notices."""

    def __init__(self, options: dict[str, Any]) -> None:
        try:
            super().__init__(options)
        except BaseException:
            if getattr(self, "socket", None) is not None:
                self.close_socket()
            raise

    def close(self) -> None:
        """Say goodbye, if there is somebody left to hear it.

        Of a connection that is closed the driver would open a new socket to say it over.
        """
        if self.socket is None:
            return
        try:
            super().close()
        except vertica_python.errors.Error as error:
            log.debug("nobody heard that a connection closes: %s", error)

    def cancel(self) -> None:
        """Ask the server to end what it does on this connection; nothing where it is closed.

        Where another thread closes it meanwhile, the driver leaves the socket that it asks by open.
        """
        # Both are forgotten when the connection is closed.
        process, key = self.backend_pid, self.backend_key
        if process is None or key is None:
            return
        with closing(self.establish_socket_connection(self.address_list)) as asking:
            asking.sendall(CancelRequest(process, key).get_message())

    def notice_handler(self, notice: Any) -> None:
        """Log what the server says beside its answers, which the driver would warn of."""
        log.info("the server says: %s", notice.message)


def open_connection(options: Mapping[str, Any]) -> Connection:
    """Connect by the options of the driver; its reads then wait as long as the server works.

    Values come as binary, in which alone a FLOAT has all its digits.
    """
    given = {"connection_timeout": SECONDS, "binary_transfer": True, **options}
    with _warnings, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        connection = _connected(given)
    for each in said:
        log.warning("%s", str(each.message).splitlines()[0])
    _never_forgotten(connection.socket)
    return connection


def _connected(options: dict[str, Any]) -> Connection:
    refused = vertica_python.errors.ConnectionError
    try:
        return Connection(options)
    except refused as error:
        said = _SAID.search(str(error))
        if said is not None:
            raise refused(said["words"]) from None
        if str(error).startswith("Failed to establish"):
            raise refused(_UNREACHED.format(**options)) from None
        raise


_SAID = re.compile(r"Message: (?P<words>.*?)(?:, (?:Detail|Hint|Sqlstate|Position|Routine): |$)")
_UNREACHED = "{host}:{port} cannot be reached, nor another node: refused, timed out or not known"


def _never_forgotten(sock: Any) -> None:
    sock.settimeout(None)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def cancelling(driver: Connection) -> Canceller:
    """Return what ends, from another thread, what the server does on a connection.

    Where the server cannot be asked, the connection is cut.
    """
    return Canceller(driver.cancel, lambda: driver.socket.shutdown(socket.SHUT_RDWR))


def driver_connection(connection: SqlConnection) -> Connection:
    """Return the connection of vertica-python beneath one of SQLAlchemy's."""
    found: Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return found

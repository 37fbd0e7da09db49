"""Whose credentials these are, as IAM calls them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mover_s3.errors import s3_errors, with_all

if TYPE_CHECKING:
    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["user_name"]

_USER = re.compile(r"arn:[^:]*:(?:iam|sts)::\d*:user/(?:.*/)?([^/]+)")


def user_name(clients: Clients, address: Address) -> str | None:
    """Return the name of the IAM user; None for roles, which are nobody's own."""
    with s3_errors(address, "ask who may use"):
        client = clients.identity()
        answer = clients.retry(lambda: with_all(client.get_caller_identity(), "Arn"))
    match = _USER.fullmatch(answer["Arn"])
    return match[1] if match else None

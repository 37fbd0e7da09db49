"""SCRAM-SHA-256 as a client, by RFC 7677: the way into the PostgreSQL behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

__all__ = ["Scram"]


class Scram:
    """One login: the first message, and the answer to what the server says to it."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._nonce = base64.b64encode(secrets.token_bytes(18)).decode()

    def first(self) -> bytes:
        """Return the first message."""
        return b"n,," + self._bare()

    def final(self, server_first: bytes) -> bytes:
        """Return the proof."""
        said = dict(part.split("=", 1) for part in server_first.decode().split(","))
        salt, rounds = base64.b64decode(said["s"]), int(said["i"])
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        key = _hmac(salted, b"Client Key")
        without_proof = f"c=biws,r={said['r']}".encode()
        signed = b",".join([self._bare(), server_first, without_proof])
        signature = _hmac(hashlib.sha256(key).digest(), signed)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return without_proof + b",p=" + base64.b64encode(proof)

    def _bare(self) -> bytes:
        return f"n=,r={self._nonce}".encode()


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()

"""What S3 and its client library complain of, said in one line of the core's tree of errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from records_mover.errors import CredsError, MoverError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AccessError", "Broken", "code_of", "s3_errors", "status_of", "with_all"]


class AccessError(StoreError, CredsError):
    """There are no credentials, or S3 does not accept them or what they ask for."""


class Broken(Exception):
    """A response that ended early or is not what was asked for: worth another try."""


_EXPIRED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
    "UnauthorizedSSOTokenError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "LoginRefreshRequired",
}
_UNKNOWN_KEY = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NO_CREDENTIALS = {
    "ConfigNotFound",
    "CredentialRetrievalError",
    "InvalidConfigError",
    "MetadataRetrievalError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
}
_WRONG_REGION = {
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "RecursionError",  # the client library, sent to and fro between regions
    "TemporaryRedirect",
    "301",
    "307",
}
_UNREACHABLE = {
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ProxyConnectionError",
    "SSLError",
}
_DENIED = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "403"}


@contextmanager
def s3_errors(address: object, doing: str = "use") -> Iterator[None]:
    """Turn whatever the client library raises in the block into one ``StoreError``."""
    try:
        yield
    except MoverError:
        raise
    except _known() as error:
        raise _translated(error, str(address), doing) from error


def _known() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    library = (ClientError, BotoCoreError, ResponseParserError, HTTPError)
    return (*library, Broken, OSError, RecursionError)


def with_all(answer: Any, *names: str) -> Any:
    """Return an answer that says all these things; ``Broken`` when something else came back."""
    if any(answer.get(name) is None for name in names):
        raise Broken("the server's answer is none to what was asked")
    return answer


def code_of(error: BaseException) -> str:
    """Return S3's code of an error, or the name of the client library's exception."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def status_of(error: BaseException) -> int:
    """Return the HTTP status that came with an error, or 0."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0


def _translated(error: BaseException, url: str, doing: str) -> StoreError:
    code = code_of(error)
    bucket = url.split("://", 1)[-1].split("/", 1)[0]
    if code == "NoSuchBucket":
        return NotFoundError(f"there is no bucket {bucket!r}", f"check the name in {url!r}")
    if code in ("NoSuchKey", "NoSuchVersion", "404"):
        return NotFoundError(f"there is no object {url!r}", "check bucket and key")
    if code in ("PreconditionFailed", "412"):
        return StoreError(f"{url!r} was changed in the meantime", "move it again")
    return _access(error, code, url) or _other(error, code, url, doing)


def _access(error: BaseException, code: str, url: str) -> StoreError | None:
    if code in _EXPIRED:
        return AccessError(f"the credentials for {url!r} have expired", "sign in again")
    if code in _UNKNOWN_KEY:
        return AccessError(
            f"S3 does not accept the credentials for {url!r} ({code})",
            "check the access key, its secret and its session token",
        )
    if code in _NO_CREDENTIALS:
        return AccessError(
            f"no usable credentials for {url!r}: {_words(error)}",
            "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, sign in, "
            "or set 'anonymous' for a public bucket",
        )
    if code in _DENIED:
        return AccessError(
            f"access to {url!r} is denied", "check what these credentials may do with it"
        )
    return None


def _other(error: BaseException, code: str, url: str, doing: str) -> StoreError:
    if code in _WRONG_REGION:
        return StoreError(
            f"{url!r} is in another region than the one asked",
            "set the region of the bucket, or leave it out to have it found",
        )
    if code in _UNREACHABLE:
        return StoreError(
            f"cannot reach the server of {url!r}", "check the network and the endpoint's address"
        )
    if code == "RequestTimeTooSkewed":
        return StoreError(f"the clock here is wrong, says the server of {url!r}", "set the clock")
    if code == "InvalidObjectState":
        return StoreError(f"{url!r} is archived", "restore it first")
    if code in ("InvalidBucketName", "ParamValidationError", "KeyTooLongError"):
        return StoreError(f"S3 does not allow the name {url!r}", "check bucket and key")
    return StoreError(f"cannot {doing} {url!r}: {_words(error)}", "try again")


def _words(error: BaseException) -> str:
    """Return an error's own words on one line, without what a URL or a header may hold."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        said = response.get("Error", {})
        return " ".join(f"{said.get('Code', '')} {said.get('Message', '')}".split())
    if isinstance(error, Broken):
        return str(error)
    known = {
        "NoCredentialsError": "none were found",
        "PartialCredentialsError": "a part of them is missing",
        "ReadTimeoutError": "the server stopped answering",
    }
    if isinstance(getattr(error, "fmt", None), str) and code_of(error) in _NO_CREDENTIALS:
        return known.get(code_of(error)) or " ".join(str(error).split()).rstrip(".").lower()
    return known.get(code_of(error), code_of(error))

"""The form of a request before anything is done with it: one target, each header once, no tricks.

What two programs could read in two ways is refused, and the connection ends with it: of what comes
behind it nobody knows where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.types import Scope

from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.limits import Limits

#: Headers of which a second one would have a say of its own.
_ONCE = (
    b"host",
    b"origin",
    b"content-length",
    b"content-type",
    b"content-encoding",
    b"transfer-encoding",
    b"authorization",
    b"sec-fetch-site",
    b"sec-fetch-mode",
    b"access-control-request-method",
    b"access-control-request-headers",
)
_VERSIONS = ("1.0", "1.1")
#: h11 lets them through; some program on the way may take one for the end of a line.
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
#: Ids of models may have any character; no other path of the server has one that needs encoding.
_ENCODED_BELOW = b"/v1/models/"
_CLOSE = {"connection": "close"}


def checked_headers(scope: Scope, limits: Limits) -> Mapping[bytes, bytes]:
    """The headers of a request, each by its name in lower case. Raises ApiError."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if scope["http_version"] not in _VERSIONS:
        raise _wrong("it is not HTTP/1.1")
    length = sum(len(name) + len(value) + 4 for name, value in headers)
    length += len(scope["raw_path"]) + len(scope["query_string"])
    if len(headers) > limits.header_lines or length > limits.header_bytes:
        raise _wrong("its headers are too long", 431, "headers_too_large")
    _check_target(scope["raw_path"])
    if any(_CONTROLS.search(value) for _, value in headers):
        raise _wrong("a header holds a control character")
    found = dict(headers)
    names = [name for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            raise _wrong(f"it has the header “{name.decode()}” more than once")
    if b"transfer-encoding" in found and (
        b"content-length" in found or scope["http_version"] == "1.0"
    ):
        raise _wrong("it tells the length of its body in two ways")
    return found


def _check_target(path: bytes) -> None:
    if not path.startswith(b"/"):
        raise _wrong("its target is not a path of this server, beginning with “/”")
    if b"%" in path and not path.startswith(_ENCODED_BELOW):
        raise _wrong("its path is percent-encoded, which no path of this server is")


def _wrong(what: str, status: int = 400, code: str = "malformed_request") -> ApiError:
    return ApiError(status, f"The request is refused: {what}.", code=code, headers=_CLOSE)

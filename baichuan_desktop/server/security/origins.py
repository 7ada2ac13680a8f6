"""Web pages that may ask: the server's own, and those that the person listed.

Programs send no Origin, and are not judged here. A browser sends it with every request of a page
that could do harm, and says of others in Sec-Fetch-Site where they come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from starlette.types import Scope

from baichuan_desktop.server.api_errors import ApiError

_FORM = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::[0-9]{1,5})?"
)
_ALLOWED_HEADERS = frozenset(
    {
        "accept",
        "accept-language",
        "authorization",
        "content-language",
        "content-type",
        "idempotency-key",
        "openai-beta",
        "openai-organization",
        "openai-project",
        "user-agent",
        "x-request-id",
    }
)
#: Of OpenAI's clients, which add one with nearly each version.
_ALLOWED_PREFIX = "x-stainless-"
_EXPOSED = "retry-after, x-request-id, x-should-retry"
_REMEMBERED_SECONDS = 600
_MOST_NAMES = 64


def is_origin(text: str) -> bool:
    """Whether a text names an origin that may be listed: never `*`, never `null`."""
    return _FORM.fullmatch(text.lower()) is not None


class Origins:
    """Knows which origins may ask, besides the server's own."""

    def __init__(self, listed: Iterable[str]) -> None:
        """Raises ValueError for what is no origin."""
        self._listed = frozenset(origin.lower() for origin in listed)
        for origin in self._listed:
            if not is_origin(origin):
                raise ValueError(f"{origin!r} is no origin")

    def check(self, scope: Scope, headers: Mapping[bytes, bytes], host: str) -> str | None:
        """The listed origin that asks; None for programs and the own page. Raises ApiError."""
        sent = headers.get(b"origin")
        if sent is None:
            self._check_site(headers)
            return None
        origin = sent.decode("latin-1")
        if origin.lower() == f"{scope['scheme']}://{host}":
            return None
        if origin.lower() in self._listed:
            return origin
        raise ApiError(
            403,
            f"Pages of “{origin}” may not ask this server. A page that may is listed with "
            "--allow-origin."
            if is_origin(origin)
            else "A page that does not say where it comes from may not ask this server.",
            code="origin_not_allowed",
            kind="permission_error",
        )

    @staticmethod
    def _check_site(headers: Mapping[bytes, bytes]) -> None:
        """A foreign page may lead here, and nothing else: no image, no script, no frame."""
        site = headers.get(b"sec-fetch-site", b"none")
        if site in (b"none", b"same-origin"):
            return
        is_link = headers.get(b"sec-fetch-mode") == b"navigate"
        if is_link and headers.get(b"sec-fetch-dest") == b"document":
            return
        raise ApiError(
            403,
            "A page of another site asks for this, as an image or a script, which is refused.",
            code="origin_not_allowed",
            kind="permission_error",
        )


def answer_headers(origin: str) -> list[tuple[bytes, bytes]]:
    """What lets the page of a listed origin read an answer, also one that is an error."""
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED.encode()),
    ]


def preflight_headers(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """What a browser is told that asks beforehand; `headers` are its own."""
    asked = headers.get(b"access-control-request-headers", b"").decode("latin-1").lower()
    names = [name.strip() for name in asked.split(",")][:_MOST_NAMES]
    allowed = [
        name
        for name in names
        if name in _ALLOWED_HEADERS or re.fullmatch(_ALLOWED_PREFIX + "[a-z0-9-]+", name)
    ]
    told = {
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-max-age": str(_REMEMBERED_SECONDS),
    }
    if allowed:
        told["access-control-allow-headers"] = ", ".join(allowed)
    if headers.get(b"access-control-request-private-network") == b"true":
        told["access-control-allow-private-network"] = "true"
    return told

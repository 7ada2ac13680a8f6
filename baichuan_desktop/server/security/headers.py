"""What every answer tells a browser: to guess nothing, keep nothing and show it in no frame."""

from __future__ import annotations

#: Of the page. It names everything that the page has; nothing is inline, nothing is elsewhere.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NOTHING = b"default-src 'none'; frame-ancestors 'none'"
_POLICY = b"content-security-policy"
_CACHE = b"cache-control"
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"vary", b"origin"),
)


def secured(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, and those that every answer has."""
    names = {name.lower() for name, _ in headers}
    more = list(_ALWAYS)
    if _POLICY not in names:
        more.append((_POLICY, _NOTHING))
    if _CACHE not in names:
        more.append((_CACHE, b"no-store"))
    return [*headers, *more]

"""The key that programs show: `Authorization: Bearer …`."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

from baichuan_desktop.server.api_errors import ApiError

_NAME = "shows_key"
_SCHEME = b"bearer "


class Key(Protocol):
    """A key that nobody but its owner can read."""

    def matches(self, shown: bytes) -> bool:
        """Whether it is the one that was shown; takes as long for every wrong one."""
        ...


def note_key(scope: MutableMapping[str, Any], headers: Mapping[bytes, bytes], key: Key) -> None:
    """Have `require_key` know whether a request shows the key."""
    shown = headers.get(b"authorization", b"")
    is_shown = shown[: len(_SCHEME)].lower() == _SCHEME
    scope["state"][_NAME] = is_shown and key.matches(shown[len(_SCHEME) :].strip())


def require_key(scope: Mapping[str, Any], what: str = "this server") -> None:
    """Raise ApiError for a request that does not show the key, which `what` needs."""
    if scope["state"][_NAME]:
        return
    raise ApiError(
        401,
        f"The key is needed for {what}: it is sent as “Authorization: Bearer …”. The person at "
        "the server's machine finds it in the window, or with “baichuan-desktop serve --show-key”.",
        code="invalid_api_key",
        headers={"www-authenticate": "Bearer"},
    )

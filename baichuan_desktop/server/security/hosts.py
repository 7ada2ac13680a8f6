"""The names by which a request may call this server.

A page on the Internet can have its own name lead to 127.0.0.1 (DNS rebinding): the browser then
takes this server for the page's own, and sends neither a foreign Origin nor a preflight. What the
page cannot do is to have the browser name another host than the page's. So names are a fixed list,
on every route, and an address counts only if it is the one at which the connection arrived.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from starlette.types import Scope

from baichuan_desktop.server.api_errors import ApiError

_FORM = re.compile(rb"(?P<name>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::[0-9]{1,5})?")
_OWN = "localhost"


class Hosts:
    """Knows the names of this server: its own, and those of its network."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.lower() for name in (_OWN, *names)}

    def check(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The host of a request, with its port as it was sent. Raises ApiError."""
        host = headers.get(b"host", b"").lower()
        form = _FORM.fullmatch(host)
        if form is None:
            raise _refused("The request does not say in a header “Host” whom it is meant for.")
        name = form["name"].decode("ascii")
        if name not in self._names and name != _local_address(scope):
            raise _refused(
                f"The request is meant for “{name}”, which is no name of this server. If it is "
                "one, the server has to be told with --host-name."
            )
        return host.decode("ascii")


def _local_address(scope: Scope) -> str | None:
    """At which the connection arrived."""
    server = scope.get("server")
    return server[0] if server else None


def _refused(message: str) -> ApiError:
    return ApiError(
        403, message, code="host_not_allowed", kind="permission_error",
        headers={"connection": "close"},
    )  # fmt: skip

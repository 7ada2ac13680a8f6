"""What every request passes before its route is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Scope

from baichuan_desktop.server.limits import Limits
from baichuan_desktop.server.security.form import checked_headers
from baichuan_desktop.server.security.hosts import Hosts
from baichuan_desktop.server.security.key import Key, note_key
from baichuan_desktop.server.security.origins import Origins


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may be served."""

    headers: Mapping[bytes, bytes]
    origin: str | None  #: that was listed, and is told so

    @property
    def is_preflight(self) -> bool:
        """A browser asks whether a page may ask."""
        return self.origin is not None and b"access-control-request-method" in self.headers


@dataclass(frozen=True, slots=True)
class Gate:
    """Admits a request, or refuses it with a sentence."""

    hosts: Hosts
    origins: Origins
    key: Key
    limits: Limits

    def admit(self, scope: Scope) -> Admitted:
        """Raises ApiError."""
        headers = checked_headers(scope, self.limits)
        host = self.hosts.check(scope, headers)
        origin = self.origins.check(scope, headers, host)
        note_key(scope, headers, self.key)
        return Admitted(headers, origin)

"""What a client is told that cannot be served: a status and OpenAI's error object, in English.

Which status and which code an error of the app's own has is decided here alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.errors import (
    BackendError,
    ContextLengthExceededError,
    EngineEndedError,
    EngineError,
    InsufficientMemoryError,
    InvalidLogitsError,
    InvalidRequestError,
    ModelAwayError,
    ModelNotServedError,
    NoModelServedError,
    NotAdmittedError,
    QueueFullError,
    ServerLibrariesError,
    UserFacingError,
)
from baichuan_desktop.services.library.registry import UnknownModelError

INVALID = "invalid_request_error"
SERVER = "server_error"
#: Has OpenAI's clients not ask again, as they do at once after every status from 500 on.
_NO_RETRY = {"x-should-retry": "false"}
#: Seconds after which there may be room in the queue.
_RETRY_AFTER = {"retry-after": "2"}


class ApiError(Exception):
    """Ends a request with a status and a sentence; raised by whatever serves it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = INVALID,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.param, self.code, self.kind = param, code, kind
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """As OpenAI's API tells it."""
        told = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": told}


@dataclass(frozen=True, slots=True)
class _Told:
    status: int
    code: str
    kind: str = INVALID
    param: str | None = None
    headers: Mapping[str, str] | None = None
    hint: str | None = None  #: in place of the one for the person at the screen


#: Of a client, which sees no terminal.
_LISTED = "GET /v1/models lists those that may be asked."
#: The first class that an error is of decides.
_TOLD: tuple[tuple[type[UserFacingError], _Told], ...] = (
    (ContextLengthExceededError, _Told(400, "context_length_exceeded")),
    (InvalidRequestError, _Told(400, "invalid_value")),
    (QueueFullError, _Told(429, "queue_full", "requests", headers=_RETRY_AFTER)),
    (UnknownModelError, _Told(404, "model_not_found", param="model", hint=_LISTED)),
    (ModelNotServedError, _Told(404, "model_not_found", param="model")),
    (NoModelServedError, _Told(503, "no_model", SERVER, headers=_RETRY_AFTER)),
    (NotAdmittedError, _Told(403, "model_not_allowed", "permission_error", "model")),
    (InsufficientMemoryError, _Told(503, "insufficient_memory", SERVER, headers=_NO_RETRY)),
    (InvalidLogitsError, _Told(500, "invalid_numbers", SERVER, headers=_NO_RETRY)),
    (ModelAwayError, _Told(503, "model_away", SERVER, headers=_NO_RETRY)),
    (BackendError, _Told(500, "model_cannot_run", SERVER, headers=_NO_RETRY)),
    (EngineEndedError, _Told(503, "engine_ended", SERVER, headers=_NO_RETRY)),
    (EngineError, _Told(500, "engine_stopped", SERVER)),
    (ServerLibrariesError, _Told(501, "not_installed", SERVER, headers=_NO_RETRY)),
    (UserFacingError, _Told(500, "server_error", SERVER, headers=_NO_RETRY)),
)


def of(error: UserFacingError) -> ApiError:
    """What a client is told of one of the app's own errors: its sentence, and what to do."""
    told = next(told for kind, told in _TOLD if isinstance(error, kind))
    return ApiError(
        told.status,
        f"{error.message} {error.hint if told.hint is None else told.hint}".rstrip(),
        param=told.param,
        code=told.code,
        kind=told.kind,
        headers=told.headers,
    )


def of_a_bug() -> ApiError:
    """What a client is told of what nobody foresaw: nothing of it, for it may hold a prompt."""
    return ApiError(
        500,
        "The server met an error of its own. The request may be sent again; the log of the app has "
        "the place.",
        code="internal_error",
        kind=SERVER,
    )


def of_an_end() -> ApiError:
    """What a client is told whose answer is not complete when the server ends."""
    return ApiError(
        503,
        "The server was stopped before the answer was complete.",
        code="server_stopped",
        kind=SERVER,
        headers={"connection": "close", "x-should-retry": "false"},
    )

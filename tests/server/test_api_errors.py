"""What a client is told of errors of the app's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import backends.errors as errors
from backends.errors import (
    BackendUnavailableError,
    ContextLengthExceededError,
    EngineCrashedError,
    EngineEndedError,
    EngineProtocolError,
    InsufficientMemoryError,
    InvalidLogitsError,
    InvalidRequestError,
    LicenceNotAcceptedError,
    ModelNotServedError,
    NoModelServedError,
    PolicyError,
    QueueFullError,
    TokenizerError,
    UserFacingError,
)
from backends.phrases import Phrase
from baichuan_desktop.server import api_errors
from baichuan_desktop.services.library.registry import UnknownModelError

MEMORY = InsufficientMemoryError(device="RAM", needed_bytes=2**34, free_bytes=2**30)
TOLD = [
    (ContextLengthExceededError(what="It", prompt_tokens=9, context_length=8), 400,
     "context_length_exceeded"),
    (InvalidRequestError("Top-p is wrong."), 400, "invalid_value"),
    (QueueFullError(8), 429, "queue_full"),
    (UnknownModelError("x", []), 404, "model_not_found"),
    (ModelNotServedError("x", "y"), 404, "model_not_found"),
    (NoModelServedError(), 503, "no_model"),
    (PolicyError(Phrase("It is off"), Path("/etc/policy"), None), 403, "model_not_allowed"),
    (MEMORY, 503, "insufficient_memory"),
    (InvalidLogitsError(), 500, "invalid_numbers"),
    (BackendUnavailableError("No card."), 500, "model_cannot_run"),
    (EngineEndedError(), 503, "engine_ended"),
    (EngineCrashedError("signal 11"), 500, "engine_stopped"),
    (EngineProtocolError("A frame is wrong."), 500, "engine_stopped"),
    (UserFacingError("Something."), 500, "server_error"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status", "code"), TOLD, ids=lambda value: type(value).__name__)
def test_an_error_has_its_status_and_its_code(
    error: UserFacingError, status: int, code: str
) -> None:
    told = api_errors.of(error)

    assert (told.status, told.code) == (status, code)
    assert told.message.startswith(error.message)
    assert told.body()["error"] == {
        "message": told.message,
        "type": told.kind,
        "param": told.param,
        "code": code,
    }


def test_a_client_is_not_sent_to_a_terminal_for_the_list_of_models() -> None:
    told = api_errors.of(UnknownModelError("x", ["y"]))

    assert "GET /v1/models" in told.message
    assert "terminal" not in told.message


def test_a_full_queue_says_when_to_ask_again() -> None:
    assert float(api_errors.of(QueueFullError(8)).headers["retry-after"]) > 0


def test_clients_ask_again_only_where_it_may_help() -> None:
    """OpenAI's clients do so by themselves after 429 and from 500 on."""
    told = {type(error): api_errors.of(error) for error, _, _ in TOLD}
    retried = {
        kind
        for kind, error in told.items()
        if (error.status == 429 or error.status >= 500)
        and error.headers.get("x-should-retry") != "false"
    }

    assert retried == {QueueFullError, EngineCrashedError, EngineProtocolError, NoModelServedError}


def test_every_class_of_errors_has_a_status() -> None:
    classes = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, UserFacingError)
    ]
    assert LicenceNotAcceptedError in classes
    assert TokenizerError in classes

    for each in classes:
        error = each.__new__(each)
        UserFacingError.__init__(error, "A sentence.", hint="Do so.")
        told = api_errors.of(error)
        assert 400 <= told.status < 600
        assert told.message.startswith("A sentence. ")


def test_a_bug_tells_nothing_of_itself() -> None:
    told = api_errors.of_a_bug()

    assert (told.status, told.code) == (500, "internal_error")

"""Answers to what nobody foresaw, and what is noted of each request."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.helpers.policies import write_policy
from tests.server.malformed import CANARY
from tests.server.serving import Served


def test_an_error_of_the_servers_own_is_answered_and_noted_without_a_word_of_the_request(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    before = served.mark()
    with caplog.at_level(logging.DEBUG):
        answer = served.post("/fail", {"prompt": CANARY})

    assert answer.status == 500
    assert answer.error["code"] == "internal_error"
    assert CANARY.encode() not in answer.body
    assert CANARY not in caplog.text
    assert "ZeroDivisionError while /fail was served, at " in caplog.text
    assert "Traceback" not in caplog.text
    (line,) = served.lines_after(before, 1)
    assert line.ended == "an error of the server's own"


def test_each_request_is_noted_once_by_its_route(served: Served) -> None:
    before = served.mark()
    served.ask("GET", f"/v1/models/scripted-chat?{CANARY}", None, f"User-Agent: {CANARY}")
    served.ask("GET", f"/{CANARY}")
    served.ask(f"X{CANARY}", "/health")
    served.raw(f"{CANARY}\r\n\r\n".encode())
    served.post("/echo", {CANARY: CANARY})

    lines = served.lines_after(before, 5)
    assert [(line.method, line.path, line.status) for line in lines] == [
        ("GET", "/v1/models/{model_id}", 200),
        ("GET", "…", 404),
        ("…", "/health", 405),
        ("…", "…", 400),
        ("POST", "/echo", 200),
    ]
    assert {line.client for line in lines} == {"127.0.0.1"}
    assert CANARY not in repr(lines)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get"])
def test_another_method_is_told_which_ones_there_are(served: Served, method: str) -> None:
    answer = served.ask(method, "/v1/models")

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "GET, HEAD, OPTIONS" in answer.error["message"]


def test_options_tells_the_methods(served: Served) -> None:
    answer = served.ask("OPTIONS", "/v1/chat/completions")

    assert (answer.status, answer.headers["allow"]) == (204, "OPTIONS, POST")


def test_an_unknown_path_is_answered_with_a_sentence(served: Served) -> None:
    answer = served.ask("POST", "/v1/embeddings", b"{}", "Content-Type: application/json")

    assert answer.status == 404
    assert answer.error["code"] == "unknown_path"


def test_a_server_that_a_policy_turns_off_while_it_runs_answers_no_more(
    served: Served, tmp_path: Path
) -> None:
    assert served.ask("GET", "/v1/models").status == 200
    file = write_policy(tmp_path, "server: false\n")

    refused = [served.ask("GET", "/v1/models"), served.post("/v1/chat/completions", {})]
    is_up = served.ask("GET", "/health").status
    file.unlink()

    assert [(answer.status, answer.error["code"]) for answer in refused] == [
        (403, "server_not_allowed")
    ] * 2
    assert str(file) in refused[0].error["message"]
    assert is_up == 200
    assert served.ask("GET", "/v1/models").status == 200

"""Of what is asked and answered nothing is written: every file of the app is searched."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path

from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.served import GUIDE, Served, serving
from tests.server.malformed import CANARY, malformed

ASKED = {"messages": [{"role": "user", "content": f"Say {CANARY}"}], "max_tokens": 3}


def ask(served: Served, path: str, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def every_way(served: Served) -> list[int]:
    """The statuses of requests with the canary in each part that a request has."""
    chat = "/v1/chat/completions"
    key = {"Authorization": f"Bearer {served.key()}"}
    asked = [
        (chat, ASKED, {}),
        (chat, {**ASKED, "stream": True}, {}),
        (chat, {**ASKED, "stop": [CANARY], "user": CANARY, "metadata": {CANARY: CANARY}}, {}),
        (chat, {**ASKED, "messages": [{"role": "user", "content": CANARY * 2000}]}, {}),
        (chat, {**ASKED, "model": CANARY}, {}),
        (chat, {**ASKED, CANARY: 1}, {}),
        (chat, {**ASKED, "temperature": CANARY}, {}),
        (chat, {**ASKED, "response_format": schema({"pattern": f"(?={CANARY})"})}, {}),
        (chat, ASKED, {"Authorization": f"Bearer {CANARY}", "User-Agent": CANARY, CANARY: CANARY}),
        (chat, ASKED, {"Origin": f"http://{CANARY}.example"}),
        (chat, ASKED, {"Host": f"{CANARY}.example"}),
        (f"{chat}?{CANARY}", ASKED, {}),
        (f"/{CANARY}", ASKED, {}),
        ("/v1/completions", {"prompt": CANARY, "max_tokens": 2, "echo": True, "logprobs": 1}, {}),
        ("/v1/completions", {"prompt": [1, 2, 3], "max_tokens": 2}, key),
        ("/tokenize", {"prompt": CANARY}, {}),
        ("/tokenize", {"messages": ASKED["messages"]}, {}),
        ("/detokenize", {"tokens": [1, 2, 3]}, {}),
        ("/detokenize", {"tokens": [CANARY]}, {}),
    ]
    statuses = [
        ask(served, path, json.dumps(content).encode(), **headers)
        for path, content, headers in asked
    ]
    return [*statuses, ask(served, chat, f'{{"{CANARY}'.encode())]


def schema(of_a: dict[str, object]) -> dict[str, object]:
    properties = {"a": {"type": "string", **of_a}}
    return {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": {"type": "object", "properties": properties}},
    }


def test_no_file_and_no_line_of_the_terminal_holds_a_word_of_a_request(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, ["serve", GUIDE]) as served:
        statuses = every_way(served)
        for number in range(30):
            case = malformed(number)
            if not case.is_cut and case.kind != "chunks":  # of which some are waited for
                send(served, case.data)
        assert served.end() in (0, 130)

    assert statuses == [200, 200, 200, 400, 404, 400, 400, 400, 200, 403, 403, 200, 404, 200, 200,
                        200, 200, 200, 400, 400]  # fmt: skip
    log = home / "log" / "server.log"
    assert "POST /v1/chat/completions" in log.read_text(encoding="utf-8")
    for file in [file for file in home.rglob("*") if file.is_file()]:
        assert CANARY.encode() not in file.read_bytes(), file
    printed = "\n".join([*served.said, *served.errors])
    assert "POST /v1/chat/completions" in printed
    assert CANARY not in printed
    assert "Traceback" not in printed


def send(served: Served, data: bytes) -> None:
    """Send what is no request, and wait until it is answered."""
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS) as connection:
        connection.sendall(data)
        assert connection.recv(12).startswith(b"HTTP/1.1 4")

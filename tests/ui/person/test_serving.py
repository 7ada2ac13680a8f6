"""Other programs are served from the window: started, asked over HTTP, seen, stopped."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from pathlib import Path

from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.server.running import ThreadedServer
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.serving.journal import Journal
from baichuan_desktop.services.serving.key import ServerKey
from tests.helpers.patience import PATIENCE_SECONDS
from tests.ui.harness import ScriptedEngine, answer, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person, clipboard

QUESTION, ANSWER = "what nobody else may read", "what nobody else may know"


class Program:
    """Asks a server on a thread of its own, as another program would."""

    def __init__(self, address: str, body: object, key: str = "") -> None:
        headers = {"content-type": "application/json"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        data = json.dumps(body).encode()
        self._request = urllib.request.Request(address, data, headers)
        self.status = 0
        self.said: dict[str, object] = {}
        thread = threading.Thread(target=self._ask, daemon=True)
        thread.start()
        until(lambda: not thread.is_alive())

    def _ask(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self._request, timeout=PATIENCE_SECONDS) as found:
                self.status, self.said = found.status, json.load(found)
        except urllib.error.HTTPError as error:
            with error:
                self.status, self.said = error.code, json.load(error)


def serve(desk: App, me: Person) -> str:
    """Start at a port that is free; the address for programs, as it is copied."""
    assert desk.running is not None
    window = desk.running
    window.make_server = lambda: ThreadedServer(
        window.served, ServerKey(app_paths().server_key), Journal(app_paths().server_log)
    )
    me.choose_from("Menu", "Models", "Serve other programs…")
    me.click(me.control("Port"))
    me.write_anew("0")
    me.press("Start")
    me.press("Copy the address for programs")
    return clipboard()


def chat(model: str = "baichuan-guide") -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": QUESTION}]}


def test_a_program_is_answered_by_the_model_of_the_window_until_it_is_stopped(
    desk: App, me: Person, engine: ScriptedEngine
) -> None:
    address = serve(desk, me)
    me.wait_to_see("Serving at port")
    engine.answers.append(answer(ANSWER))

    asked = Program(f"{address}/chat/completions", chat())

    assert asked.status == 200, asked.said
    assert ANSWER in json.dumps(asked.said)
    (question,) = engine.questions
    assert isinstance(question, ChatRequest)
    assert [one.text for one in question.messages] == [QUESTION]
    until(lambda: "POST /v1/chat/completions  200" in me.written("Requests"))
    assert "10 + 21 tokens" in me.written("Requests")
    assert QUESTION not in me.written("Requests")
    me.press("Stop")
    me.press("Close")
    until(lambda: not me.sees("Serving at port"))
    engine.answers.append(answer("Still here."))
    me.enter("And now?")
    me.wait_for("You: And now?", "Baichuan Guide: Still here.")


def test_a_program_needs_the_key_where_the_person_wants_that(
    desk: App, me: Person, engine: ScriptedEngine
) -> None:
    assert desk.running is not None
    desk.running.settings.change(server_needs_key=True)
    address = serve(desk, me)
    me.press("Copy the key")
    key = clipboard()

    assert Program(f"{address}/chat/completions", chat()).status == 401
    engine.answers.append(answer(ANSWER))
    assert Program(f"{address}/chat/completions", chat(), key).status == 200
    me.press("New key")
    assert Program(f"{address}/chat/completions", chat(), key).status == 401
    until(lambda: me.written("Requests").count("  401  ") == 2)


def test_nothing_of_what_is_asked_and_answered_is_in_a_file(
    desk: App, me: Person, engine: ScriptedEngine
) -> None:
    address = serve(desk, me)
    engine.answers.append(answer(ANSWER))
    assert Program(f"{address}/chat/completions", chat()).status == 200
    assert Program(f"{address}/chat/completions", chat("no such model")).status == 404
    desk.quit()

    paths = app_paths()
    for folder in (paths.config, paths.log, paths.cache, paths.data):
        for file in folder.rglob("*"):
            if file.is_file():
                assert not _has(file, QUESTION), file
                assert not _has(file, ANSWER), file
    assert _has(paths.server_log, "/v1/chat/completions"), "that is, the log was written"


def _has(file: Path, text: str) -> bool:
    return text.encode() in file.read_bytes()

"""What clients are told while they wait, and where there is no room to wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.server.asking import answering
from tests.helpers.patience import wait_until
from tests.server.listening import ASKED, CHAT, STREAMED, Listener, objects, text_of
from tests.server.scripted_desk import BASE, Script, ScriptedDesk
from tests.server.serving import serving


def question(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": str(number)}]}


def answer_with_the_question(request: ChatRequest | CompleteRequest) -> Script:
    assert isinstance(request, ChatRequest)
    return Script(tokens=["to ", request.messages[-1].text, "."])


def test_sixteen_clients_of_a_queue_of_eight_are_each_answered_or_refused_in_order() -> None:
    desk = ScriptedDesk(is_held=True, script=answer_with_the_question, most_waiting=8)
    with serving(desk) as served, ExitStack() as stack:
        listeners: list[Listener] = []
        for number in range(16):
            content = question(number) | {"stream": number % 2 == 0}
            listeners.append(stack.enter_context(Listener(served, content)))
            wait_until(lambda: len(desk.asked) == min(len(listeners), 9))
            wait_until(lambda: desk.status.waiting == min(len(listeners), 9) - 1)
        refused = [listener.answer for listener in listeners[9:]]
        assert [answer.status for answer in refused] == [429] * 7
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert listeners[9].json()["error"]["code"] == "queue_full"

        desk.release()
        texts = [_answered(listener) for listener in listeners[:9]]
    desk.close()

    assert texts == [f"to {number}." for number in range(9)]
    begun = [asked.request for asked in desk.asked if isinstance(asked.request, ChatRequest)]
    assert [request.messages[-1].text for request in begun] == [str(n) for n in range(9)]


def _answered(listener: Listener) -> str:
    kind = listener.answer.headers["content-type"]
    if kind.startswith("text/event-stream"):
        return text_of(objects(listener.events()))
    return str(listener.json()["choices"][0]["message"]["content"])


def test_place_in_the_queue_is_told_in_comments_as_it_changes() -> None:
    desk = ScriptedDesk(is_held=True)
    with serving(desk) as served:
        others = [Listener(served, ASKED)]
        wait_until(lambda: len(desk.asked) == 1 and desk.status.waiting == 0)
        others.append(Listener(served, ASKED))
        wait_until(lambda: len(desk.asked) == 2)
        with Listener(served, STREAMED) as listener:
            assert listener.event() == ": queued 2"
            desk.allow(6)  # a chunk and five tokens: the first one is answered
            assert listener.event() == ": queued 1"
            desk.release()
            told = listener.events()
        for other in others:
            other.leave()
    desk.close()

    assert text_of(objects(told)) == "Hello, you."


def test_who_hears_nothing_for_long_is_told_that_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what lies between may close a connection that is silent."""
    monkeypatch.setattr(answering, "_QUIET_SECONDS", 0.01)
    desk = ScriptedDesk(is_held=True)
    with serving(desk) as served, Listener(served, STREAMED) as listener:
        assert [listener.event() for _ in range(3)] == [": waiting"] * 3
        desk.allow(1)
        wait_until(lambda: listener.event() == ": prefilling 5/5")
        assert listener.event() == ": prefilling 5/5"
        desk.release()
        told = listener.events()
    desk.close()

    assert text_of(objects(told)) == "Hello, you."


def test_load_and_prompt_are_told_in_comments() -> None:
    desk = ScriptedDesk(is_loaded=False, script=lambda _: Script(prompt_tokens=40))
    with serving(desk) as served, Listener(served, STREAMED) as listener:
        told = listener.events()
    desk.close()

    assert [one for one in told if one.startswith(":")] == [
        ": loading 0.50",
        ": loading 1.00",
        ": prefilling 16/40",
        ": prefilling 32/40",
        ": prefilling 40/40",
    ]


def test_whole_answer_of_a_model_that_is_loaded_first_is_json_alone() -> None:
    desk = ScriptedDesk(is_loaded=False)
    with serving(desk) as served:
        answer = served.post("/v1/completions", {"prompt": "a", "model": BASE.id})
    desk.close()

    assert answer.json["choices"][0]["text"] == "Hello, you."
    assert answer.json["model"] == BASE.id


def test_answers_of_many_clients_at_once_are_each_ones_own() -> None:
    desk = ScriptedDesk(script=answer_with_the_question, most_waiting=100)
    with serving(desk) as served, ThreadPoolExecutor(16) as pool:

        def asked(number: int) -> str:
            answer = served.post(CHAT, question(number))
            return str(answer.json["choices"][0]["message"]["content"])

        texts = list(pool.map(asked, range(64)))
    desk.close()

    assert texts == [f"to {number}." for number in range(64)]

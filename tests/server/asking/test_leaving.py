"""A client that leaves has nothing more computed, wherever its request is.

The desk is held: what it computes is counted, and a step is made only where a test allows one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from baichuan_desktop.services.serving.values import LEFT, DeskState
from tests.helpers.patience import wait_until
from tests.server.listening import ASKED, STREAMED, Listener, objects, text_of
from tests.server.scripted_desk import CHUNK, Script, ScriptedAsked, ScriptedDesk
from tests.server.serving import Served, serving

CHUNKS = 3
SCRIPT = Script(tokens=["a"] * 60, prompt_tokens=CHUNKS * CHUNK)
WAYS = pytest.mark.parametrize("content", [STREAMED, ASKED], ids=["stream", "whole"])


@pytest.fixture(scope="module")
def desk() -> Iterator[ScriptedDesk]:
    desk = ScriptedDesk(is_held=True, script=lambda _: SCRIPT)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def served(desk: ScriptedDesk) -> Iterator[Served]:
    with serving(desk) as served:
        yield served


def asked_with(desk: ScriptedDesk, served: Served, content: Any) -> tuple[Listener, ScriptedAsked]:
    known = len(desk.asked)
    listener = Listener(served, content)
    wait_until(lambda: len(desk.asked) > known)
    return listener, desk.asked[known]


def leave_after(desk: ScriptedDesk, served: Served, content: Any, steps: int) -> ScriptedAsked:
    """A request whose client leaves once so many steps are made; it has ended."""
    listener, asked = asked_with(desk, served, content)
    desk.allow(steps)
    wait_until(lambda: asked.chunks + asked.computed == steps)
    listener.leave()
    wait_until(asked.cancelled.is_set)
    wait_until(lambda: desk.status.state is DeskState.READY)
    return asked


@WAYS
def test_client_that_leaves_after_any_token_has_none_more_computed(
    desk: ScriptedDesk, served: Served, content: object
) -> None:
    for tokens in range(1, 51):
        asked = leave_after(desk, served, content, CHUNKS + tokens)

        assert asked.computed == tokens


def test_client_that_has_read_so_far_has_none_more_computed(
    desk: ScriptedDesk, served: Served
) -> None:
    listener, asked = asked_with(desk, served, STREAMED)
    desk.allow(CHUNKS + 2)
    told = [listener.event() for _ in range(CHUNKS + 3)]  # and who speaks
    listener.leave()
    wait_until(asked.cancelled.is_set)
    wait_until(lambda: desk.status.state is DeskState.READY)

    assert told[0] == f": prefilling {CHUNK}/{CHUNKS * CHUNK}"
    assert '"content":"a"' in told[-1]
    assert asked.computed == 2


@WAYS
def test_client_that_leaves_while_its_prompt_is_read_has_no_chunk_more_read(
    desk: ScriptedDesk, served: Served, content: object
) -> None:
    asked = leave_after(desk, served, content, 1)

    assert (asked.chunks, asked.computed) == (1, 0)


@WAYS
def test_request_whose_client_leaves_the_queue_is_never_begun(
    desk: ScriptedDesk, served: Served, content: object
) -> None:
    first, running = asked_with(desk, served, STREAMED)
    second, waiting = asked_with(desk, served, content)
    third, after = asked_with(desk, served, STREAMED)
    second.leave()
    wait_until(waiting.cancelled.is_set)
    desk.allow(2 * (CHUNKS + len(SCRIPT.tokens)))

    for listener in (first, third):
        assert text_of(objects(listener.events())) == "a" * 60
        listener.leave()
    assert waiting.request is None
    assert running.request is not None
    assert after.request is not None


@WAYS
def test_log_says_that_the_client_left_and_what_was_computed_for_it(
    desk: ScriptedDesk, served: Served, content: object
) -> None:
    known = len(served.journal.kept)
    leave_after(desk, served, content, CHUNKS + 7)
    wait_until(lambda: len(served.journal.kept) > known)

    line = served.journal.kept[-1]
    assert (line.ended, line.prompt_tokens, line.new_tokens) == (LEFT, CHUNKS * CHUNK, 7)


@WAYS
def test_server_that_stops_has_nothing_more_computed(content: object) -> None:
    desk = ScriptedDesk(is_held=True, script=lambda _: SCRIPT)
    with serving(desk) as served:
        listener, asked = asked_with(desk, served, content)
        desk.allow(CHUNKS + 1)
        wait_until(lambda: asked.computed == 1)

        served.server.stop()

        assert asked.cancelled.is_set()
        listener.leave()
    desk.close()
    assert asked.computed == 1

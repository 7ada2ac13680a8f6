"""An engine process that ends, or fails, in the middle of an answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.services.engines import process
from tests.helpers import goldens
from tests.server.guide import guide_desk
from tests.server.listening import CHAT, Listener, objects, text_of
from tests.server.serving import Served, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="speaks of signals")

FOLDER = str(goldens.folder("b2-7b", "safetensors"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Its engine is scripted: what it does is named by the last message."""
    command = [sys.executable, "-m", "tests.helpers.scripted_engine"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_command", lambda: command)
        home: Path = tmp_path_factory.mktemp("home")
        with guide_desk(home, FOLDER) as desk, serving(desk) as served:
            yield served


def asked(text: str, **fields: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 12, **fields}


@pytest.mark.parametrize(
    ("what", "code"),
    [("segfault", "engine_stopped"), ("exit", "engine_stopped"), ("memory", "insufficient_memory")],
)
def test_stream_ends_with_the_error_and_the_next_one_is_answered(
    served: Served, what: str, code: str
) -> None:
    with Listener(served, asked(what, stream=True)) as listener:
        events = listener.events()
    with Listener(served, asked("hello", stream=True)) as listener:
        after = objects(listener.events())

    assert events.pop() == "data: [DONE]"
    error = json.loads(events.pop().removeprefix("data: "))["error"]
    assert error["code"] == code
    assert '"content":"a"' in events[-1]  # what was said until then
    assert not [event for event in events if '"finish_reason":"' in event]
    assert text_of(after) == "a" * 12


def test_whole_answer_is_the_error_and_the_next_one_is_answered(served: Served) -> None:
    broken = served.post(CHAT, asked("segfault"))
    after = served.post(CHAT, asked("hello"))

    assert (broken.status, broken.json["error"]["code"]) == (500, "engine_stopped")
    assert after.json["choices"][0]["message"]["content"] == "a" * 12

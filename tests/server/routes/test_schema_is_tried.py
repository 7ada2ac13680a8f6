"""A JSON schema is tried before its request gets a place in the line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from baichuan_desktop.services.tokens import process
from tests.server.listening import CHAT
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Served, serving

PARAM = "response_format.json_schema.schema"


@pytest.fixture(scope="module")
def desk() -> Iterator[ScriptedDesk]:
    made = ScriptedDesk()
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(desk: ScriptedDesk) -> Iterator[Served]:
    with serving(desk) as running:
        yield running


def asked(schema: object) -> dict[str, object]:
    return {
        "messages": [{"role": "user", "content": "a"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
        "stream": True,
    }


def test_schema_that_no_answer_can_be_held_to_is_refused_and_named(
    served: Served, desk: ScriptedDesk
) -> None:
    before = len(desk.asked)

    answer = served.post(CHAT, asked({"not": {}}))

    assert (answer.status, answer.error["param"]) == (400, PARAM)
    assert '"not"' in answer.error["message"]
    assert len(desk.asked) == before


def test_schema_that_takes_too_long_to_read_reaches_no_engine_and_the_next_is_answered(
    served: Served, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(desk.asked)
    with monkeypatch.context() as patch:
        patch.setattr(process, "SCHEMA_SECONDS", 1.0)
        endless = {"type": "object", "patternProperties": {f"^x{i}_": {} for i in range(1000)}}

        answer = served.post(CHAT, asked(endless))

    assert (answer.status, answer.error["param"]) == (400, PARAM)
    assert len(desk.asked) == before
    assert served.post(CHAT, asked({"enum": ["a"]})).status == 200
    assert len(desk.asked) == before + 1

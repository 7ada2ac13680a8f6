"""The list of models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.server.scripted_desk import BASE, CHAT, ScriptedDesk
from tests.server.serving import Served, serving


def test_models_are_listed_with_the_length_of_their_context(served: Served) -> None:
    listed = served.ask("GET", "/v1/models").json

    assert listed["object"] == "list"
    assert listed["data"] == [
        {
            "id": model.id,
            "object": "model",
            "created": 1_700_000_000,
            "owned_by": "baichuan-inc",
            "max_model_len": 256,
            "name": model.name,
            "is_chat": model is CHAT,
            "is_loaded": model is CHAT,
        }
        for model in (CHAT, BASE)
    ]


def test_one_model_is_told_as_in_the_list(served: Served) -> None:
    listed = served.ask("GET", "/v1/models").json["data"]

    assert [served.ask("GET", f"/v1/models/{each['id']}").json for each in listed] == listed


@pytest.mark.parametrize(
    ("model_id", "path"),
    [("my model", "my%20model"), ("模型", "%E6%A8%A1%E5%9E%8B"), ("a%b", "a%25b"), ("a.b", "a.b")],
)
def test_an_id_of_any_characters_is_found(model_id: str, path: str) -> None:
    desk = ScriptedDesk(replace(CHAT, id=model_id))
    with serving(desk) as served:
        assert served.ask("GET", f"/v1/models/{path}").json["id"] == model_id
    desk.close()


def test_a_model_that_is_not_here_is_not_found(served: Served) -> None:
    answer = served.ask("GET", "/v1/models/gpt-4o")

    assert answer.status == 404
    assert answer.error["code"] == "model_not_found"
    assert answer.error["param"] == "model"

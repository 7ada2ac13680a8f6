"""Base models, and one server for several models: what each may be asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.services.engines.in_process import InProcessEngine
from tests.helpers import goldens
from tests.server.guide import GUIDE, guide_desk
from tests.server.listening import CHAT
from tests.server.serving import Served, serving

MESSAGES = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 3}


@pytest.fixture(scope="module", params=["b1-7b", "b2-7b"])
def base_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained to continue text: of Baichuan 1, and of Baichuan 2."""
    folder = tmp_path_factory.mktemp("models") / f"{request.param}-base"
    shutil.copytree(goldens.folder(request.param, "safetensors"), folder)
    file = folder / "generation_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    kept = {name: value for name, value in config.items() if "user" not in name}
    file.write_text(json.dumps({n: v for n, v in kept.items() if "assistant" not in n}))
    return folder


@pytest.fixture(scope="module")
def served(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    with (
        guide_desk(home, str(base_folder), InProcessEngine()) as desk,
        serving(desk) as served,
    ):
        yield served


@pytest.fixture(scope="module")
def base(served: Served) -> str:
    """The id of the base model."""
    listed: list[Any] = served.ask("GET", "/v1/models").json["data"]
    assert {GUIDE} < {model["id"] for model in listed}
    (found,) = [model["id"] for model in listed if not model["is_chat"]]
    return str(found)


def test_text_is_continued(served: Served, base: str) -> None:
    answer = served.post("/v1/completions", {"model": base, "prompt": "hello", "max_tokens": 3})

    assert answer.status == 200
    assert answer.json["usage"]["completion_tokens"] == 3


def test_chat_is_refused_with_what_to_do(served: Served, base: str) -> None:
    answer = served.post(CHAT, MESSAGES | {"model": base})

    assert answer.status == 400
    assert answer.error["code"] == "model_does_not_chat"
    assert "/v1/completions" in answer.error["message"]


def test_fine_tuned_one_chats_for_who_says_so(served: Served, base: str) -> None:
    answer = served.post(CHAT, MESSAGES | {"model": base, "as_chat": True})

    assert answer.status == 200
    assert answer.json["usage"]["completion_tokens"] > 0


def test_models_take_turns_in_memory_as_they_are_asked(served: Served, base: str) -> None:
    for model in (GUIDE, base, GUIDE):
        answer = served.post("/v1/completions", {"model": model, "prompt": "a", "max_tokens": 1})
        listed = served.ask("GET", "/v1/models").json["data"]

        assert answer.json["model"] == model
        assert [one["id"] for one in listed if one["is_loaded"]] == [model]

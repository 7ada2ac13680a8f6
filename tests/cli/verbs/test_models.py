"""`models`, and what is known of one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.events import SamplingDefaults
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import resource
from tests.helpers import goldens


def test_a_released_model_is_shown_though_it_is_not_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "show", "baichuan2-7b-chat"]) == 0

    assert "Baichuan2-7B-Chat" in capsys.readouterr().out


def shown(capsys: pytest.CaptureFixture[str], model_id: str) -> dict[str, Any]:
    """The sampling that `models show` tells of a released model."""
    assert main(["models", "show", model_id, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    sampling = (facts.get("variant") or facts)["sampling"]
    assert isinstance(sampling, dict)
    return sampling


def as_shown(defaults: SamplingDefaults) -> dict[str, Any]:
    return {
        "do_sample": not defaults.greedy,
        "temperature": defaults.temperature,
        "top_k": defaults.top_k,
        "top_p": defaults.top_p,
        "repetition_penalty": defaults.repetition_penalty,
        "max_new_tokens": defaults.max_new_tokens,
    }


@pytest.mark.parametrize(
    ("variant", "golden", "says"),
    [
        ("baichuan2-7b-chat", "b2-7b", '{"user_token_id": 195, "assistant_token_id": 196,}'),
        ("baichuan-13b-chat", "b1-13b", '{"user_token_id": 195, "assistant_token_id": 196,}'),
        ("baichuan-7b", "b1-7b", "{}"),
        ("baichuan2-7b-base-00440b", "b2-7b", "{}"),
    ],
)
def test_the_sampling_that_is_shown_is_what_a_folder_gets_that_says_nothing(
    variant: str, golden: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / golden
    shutil.copytree(goldens.folder(golden, "safetensors"), folder)
    (folder / "generation_config.json").write_text(says, encoding="utf-8")

    assert shown(capsys, variant) == as_shown(Checkpoint.open(folder).defaults)


def test_the_sampling_that_is_shown_of_the_guide_is_its_folders(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sampling = shown(capsys, "baichuan-guide")

    assert sampling == as_shown(Checkpoint.open(resource("guide_model")).defaults)
    assert (sampling["repetition_penalty"], sampling["max_new_tokens"]) == (1.0, 160)

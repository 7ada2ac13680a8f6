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
from baichuan_desktop.services.app_paths import app_paths, resource
from tests.helpers import goldens


def test_a_released_model_is_shown_though_it_is_not_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "show", "baichuan2-7b-chat"]) == 0

    assert "Baichuan2-7B-Chat" in capsys.readouterr().out


def shown(capsys: pytest.CaptureFixture[str], model_id: str) -> dict[str, Any]:
    """The sampling that `models show` tells of a model."""
    assert main(["models", "show", model_id, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert "sampling" not in (facts.get("variant") or {})  # one model is sampled in one way
    sampling = facts["sampling"]
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


SAYS = {
    "user_token_id": 195, "assistant_token_id": 196, "do_sample": True, "temperature": 0.9,
    "top_k": 7, "top_p": 0.5, "repetition_penalty": 1.2, "max_new_tokens": 64,
}  # fmt: skip


def installed(folder: Path, **says: object) -> Path:
    """A small checkpoint, whose generation_config.json says this; no released model is like it."""
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    (folder / "generation_config.json").write_text(json.dumps(says), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (SAYS, {"do_sample": True, "temperature": 0.9, "top_k": 7, "max_new_tokens": 64}),
        (SAYS | {"temperature": 0.2}, {"temperature": 0.2}),
        (SAYS | {"temperature": None}, {"temperature": 1.0}),
        ({"do_sample": False}, {"do_sample": False, "repetition_penalty": 1.1}),
    ],
)
@pytest.mark.parametrize("is_listed", [True, False])
def test_a_model_that_is_here_is_shown_with_the_sampling_of_its_own_folder(
    says: dict[str, object],
    told: dict[str, object],
    is_listed: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = str(installed(tmp_path / "mine", **says))
    if is_listed:
        assert main(["models", "add", name, "--json"]) == 0
        name = json.loads(capsys.readouterr().out)["id"]

    sampling = shown(capsys, name)

    assert sampling == as_shown(Checkpoint.open(tmp_path / "mine").defaults)
    assert told.items() <= sampling.items()


def test_the_sampling_of_a_listed_copy_of_a_released_model_is_its_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = installed(tmp_path / "mine", **SAYS)
    listed = (
        "schema_version: 1\ninstalled:\n- {id: mine, variant: baichuan2-7b-chat, family: "
        f"baichuan2-7b, kind: chat, context_length: 4096, path: {json.dumps(str(folder))}}}\n"
    )
    file = app_paths().user_registry
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(listed, encoding="utf-8")

    assert shown(capsys, "mine")["temperature"] == 0.9

    shutil.rmtree(folder)
    assert main(["models", "show", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sampling"] is None


def test_what_is_known_of_a_model_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = installed(tmp_path / "mine", **SAYS)
    assert main(["models", "show", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert "bundled: no" in lines
    assert "  do_sample: yes" in lines
    assert not [line for line in lines if "[" in line or line.endswith(("True", "False"))]

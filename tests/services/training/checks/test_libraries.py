"""What is missing is named with the extra that brings it, and nothing is imported to find out."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace

import pytest

from backends.errors.training import TrainingLibrariesError
from backends.training.values import Data, Keeping, Method, Several, TrainingRequest
from baichuan_desktop.services.training.checks.libraries import refusal, require_libraries
from tests.helpers.sentences import assert_one_sentence

ASKED = TrainingRequest("m", Data(("d",)), Keeping("o"))


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in names else find(name)
    )


def test_nothing_is_missing_here() -> None:
    assert refusal() is None
    require_libraries(replace(ASKED, method=Method.QLORA))


@pytest.mark.parametrize("name", ["torch", "transformers", "peft", "accelerate"])
def test_each_training_needs_these(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    without(monkeypatch, name)

    with pytest.raises(TrainingLibrariesError, match=name) as caught:
        require_libraries(ASKED)
    assert "“finetune”" in str(caught.value.hint)
    assert_one_sentence(caught.value)


def test_qlora_alone_needs_bitsandbytes_and_deepspeed_its_own_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "bitsandbytes", "deepspeed")
    shared = replace(ASKED, several=Several(deepspeed="ds_config.json"))

    assert refusal() is None
    assert refusal(ASKED) is None
    assert "bitsandbytes" in str(refusal(replace(ASKED, method=Method.QLORA)))
    found = refusal(shared)
    assert found is not None
    assert "“deepspeed”" in str(found.hint)


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from baichuan_desktop.services.training.checks.libraries import refusal;"
        "refusal(); assert not {'torch', 'peft', 'transformers', 'accelerate'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)

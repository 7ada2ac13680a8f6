"""Copies of golden checkpoints that a test changes, and how they are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence

#: One of the matrices of a golden model.
WEIGHT = "model.layers.1.mlp.up_proj.weight"


def copy_of(tmp_path: Path, name: str = "b2-7b", layout: str = "safetensors") -> Path:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder(name, layout), folder)
    return folder


def refusal(folder: Path, kind: type[UserFacingError]) -> str:
    with pytest.raises(kind) as caught:
        Checkpoint.open(folder)
    assert type(caught.value) is kind
    assert caught.value.hint
    assert_one_sentence(caught.value)
    return caught.value.message

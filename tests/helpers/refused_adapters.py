"""Adapters with one thing wrong, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.adapters.allowed import open_allowed_adapter
from backends.errors import (
    AdapterError,
)
from backends.policy.values import Policy
from tests.helpers import adapters, goldens
from tests.helpers.adapters import PREFIX, Array
from tests.helpers.opened_files import watched
from tests.helpers.sentences import assert_one_sentence

CHECKPOINT = goldens.checkpoint("b2-7b")
CONFIG = CHECKPOINT.config
LAYER = f"{PREFIX}model.layers.0.self_attn.W_pack"
A, B = f"{LAYER}.lora_A.weight", f"{LAYER}.lora_B.weight"


def refusal(folder: Path, kind: type[AdapterError]) -> str:
    """The sentence with which a folder is refused; nothing outside of it is opened meanwhile."""
    with watched() as opened, pytest.raises(AdapterError) as caught:
        open_allowed_adapter(folder, CHECKPOINT, Policy())
    assert type(caught.value) is kind, caught.value.message
    assert_one_sentence(caught.value)
    assert caught.value.hint
    assert not opened.outside(folder, CHECKPOINT.folder)
    assert not opened.pickles
    return caught.value.message


def with_options(folder: Path, **changes: Any) -> Path:
    """An adapter on W_pack of rank 4 whose configuration says something else."""
    return adapters.write_adapter(folder, CONFIG, changes=changes)


def with_tensors(folder: Path, change: Callable[[dict[str, Array]], Any], **options: Any) -> Path:
    """The same one, with other tensors."""
    found = adapters.tensors(CONFIG)
    change(found)
    return adapters.write(folder, adapters.options(**options), found)

"""Models of transformers, loaded as a person's Python does, once for all tests that leave them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForCausalLM

from backends.bridge.registration import register
from tests.helpers import goldens

register()

PROMPT = [11, 12, 13, 14, 15, 16, 17]


def load(folder: Path | str, **arguments: Any) -> Any:
    """The model of a folder by `AutoModelForCausalLM.from_pretrained`."""
    return AutoModelForCausalLM.from_pretrained(folder, **arguments)


def golden_folder(name: str) -> Path:
    """A golden checkpoint in a layout that is stored."""
    return goldens.folder(name, "single" if name.endswith("h5") else "safetensors")


@cache
def golden_model(name: str) -> Any:
    """A golden model in fp32, for tests that leave it as it is."""
    return load(golden_folder(name), dtype=torch.float32)


def logits(model: Any, ids: list[int] | None = None) -> npt.NDArray[np.float32]:
    """Of each of some ids, in fp32: [T, V]."""
    with torch.no_grad():
        output = model(input_ids=torch.tensor([PROMPT if ids is None else ids]))
    values: npt.NDArray[np.float32] = output.logits[0].float().numpy()
    return values

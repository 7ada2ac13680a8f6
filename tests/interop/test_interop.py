"""Exports in optimum and onnxruntime-genai: the same greedy tokens as in the app.

`make test-interop` runs this; the two live in an environment of their own, because optimum pins a
transformers that this project does not use.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from backends.checkpoint.folder import Checkpoint
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from tests.helpers import exports, goldens

PYTHON = os.environ.get("INTEROP_PYTHON")
if not PYTHON:
    pytest.skip("make test-interop runs these", allow_module_level=True)

NEW_TOKENS = 24
EOS = 2
SCHEMES = {
    "fp32": exports.FP32,
    "int8": Scheme(Precision.ONNX_INT8),
    "int4": Scheme(Precision.ONNX_INT4),
    "portable": exports.PORTABLE,
}


def prompt_of(name: str) -> list[int]:
    ids: list[int] = goldens.arrays(name, "logits.npz")["ids_7"].tolist()
    return ids


def expected(export: Checkpoint, prompt: list[int]) -> list[int]:
    """What the app's own loop over the session takes; as there, the end comes only at the end."""
    tokens: list[int] = []
    with exports.load(export) as model:
        logits = model.prefill(prompt)
        while len(tokens) < NEW_TOKENS:
            tokens.append(int(np.argmax(np.where(np.arange(len(logits)) == EOS, -np.inf, logits))))
            logits = model.decode(tokens[-1])
    return tokens


@pytest.mark.parametrize("runner", ["optimum", "genai"])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["b1-7b", "b1-13b-h5", "b2-7b", "b2-13b"])
def test_an_export_gives_the_same_tokens_elsewhere(name: str, scheme: str, runner: str) -> None:
    export = exports.of_golden(name, SCHEMES[scheme])
    prompt = prompt_of(name)
    assert PYTHON is not None

    result = subprocess.run(
        [PYTHON, Path(__file__).with_name("greedy.py"), runner, export.folder, str(NEW_TOKENS),
         *map(str, prompt)],
        capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    # The app leaves the portable graph to other programs; it is the same network.
    own = exports.of_golden(name) if scheme == "portable" else export
    assert json.loads(result.stdout.splitlines()[-1]) == expected(own, prompt)

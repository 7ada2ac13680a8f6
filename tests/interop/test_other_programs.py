"""Exports in the programs whose names they bear; `make test-interop` has an environment for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from backends.base import Precision
from backends.onnx_graph import Scheme
from tests.helpers import exports, goldens

PROMPT = [5, 66, 77, 300, 421, 9, 12]
NEW_TOKENS = 24
SCHEMES = [
    Scheme(Precision.ONNX_FP32),
    Scheme(Precision.ONNX_INT8),
    Scheme(Precision.ONNX_INT4),
    exports.PORTABLE,
]


def ours(name: str, scheme: Scheme) -> list[int]:
    """Greedy tokens as the app computes them; those of a portable export are its fp32 twin's."""
    with exports.load(
        exports.of_golden(name, exports.FP32 if scheme.portable else scheme)
    ) as model:
        logits = model.prefill(PROMPT)
        found: list[int] = []
        while len(found) < NEW_TOKENS:
            found.append(int(logits.argmax()))
            logits = model.decode(found[-1])
    return found


def in_optimum(folder: Path) -> list[int]:
    onnxruntime = pytest.importorskip("optimum.onnxruntime")
    transformers = pytest.importorskip("transformers")
    # transformers knows no Baichuan, and optimum wants the shapes only: those of any decoder.
    data = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for key in ("model_type", "auto_map"):
        data.pop(key, None)
    config = transformers.LlamaConfig(**data)
    model = onnxruntime.ORTModelForCausalLM.from_pretrained(folder, config=config, use_cache=True)
    model.generation_config = transformers.GenerationConfig(eos_token_id=-1, pad_token_id=0)
    ids = torch.tensor([PROMPT])
    tokens = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False
    )
    found: list[int] = tokens[0, len(PROMPT) :].tolist()
    return found


def in_genai(folder: Path) -> list[int]:
    genai = pytest.importorskip("onnxruntime_genai")
    model = genai.Model(str(folder))
    params = genai.GeneratorParams(model)
    length = len(PROMPT) + NEW_TOKENS
    params.set_search_options(
        do_sample=False, min_length=length, max_length=length, repetition_penalty=1.0
    )
    generator = genai.Generator(model, params)
    generator.append_tokens(np.array([PROMPT], np.int32))
    found: list[int] = []
    while not generator.is_done():
        generator.generate_next_token()
        found.append(int(generator.get_next_tokens()[0]))
    return found


def until_the_end(tokens: Sequence[int]) -> list[int]:
    """The tokens before the one that ends an answer, which not every program goes on after."""
    return list(tokens[: tokens.index(2)] if 2 in tokens else tokens)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.parametrize("run", [in_optimum, in_genai])
def test_another_program_says_the_same(
    run: Callable[[Path], list[int]], name: str, scheme: Scheme
) -> None:
    actual = until_the_end(run(exports.of_golden(name, scheme).folder))

    expected = until_the_end(ours(name, scheme))
    assert len(expected) > 3
    assert actual[: len(expected)] == expected

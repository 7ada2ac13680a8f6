"""Greedy tokens of an export, as optimum or onnxruntime-genai computes them.

    python greedy.py optimum|genai FOLDER COUNT ID...

Runs in the environment of requirements-interop.lock, which has nothing of this project. Prints the
new tokens as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path


def optimum(folder: Path, ids: list[int], count: int) -> list[int]:
    """`generate` of `ORTModelForCausalLM`.

    transformers knows no model type “baichuan”. To the one who runs the graph a Baichuan model is a
    Llama model: the shapes of its cache follow from the same fields.
    """
    import torch
    from optimum.onnxruntime import ORTModelForCausalLM
    from transformers import LlamaConfig

    config = LlamaConfig.from_pretrained(folder)
    model = ORTModelForCausalLM.from_pretrained(folder, config=config)
    prompt = torch.tensor([ids])
    answer = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        do_sample=False,
        repetition_penalty=1.0,
        min_new_tokens=count,
        max_new_tokens=count,
    )
    tokens: list[int] = answer[0, len(ids) :].tolist()
    return tokens


def genai(folder: Path, ids: list[int], count: int) -> list[int]:
    """The generator of onnxruntime-genai, which reads genai_config.json."""
    import numpy as np
    import onnxruntime_genai as og

    model = og.Model(str(folder))
    params = og.GeneratorParams(model)
    length = len(ids) + count
    params.set_search_options(
        do_sample=False, repetition_penalty=1.0, min_length=length, max_length=length
    )
    generator = og.Generator(model, params)
    generator.append_tokens(np.array([ids], dtype=np.int32))
    while not generator.is_done():
        generator.generate_next_token()
    return [int(token) for token in generator.get_sequence(0)[len(ids) :]]


def main() -> None:
    """Do what the command line says."""
    runners: dict[str, Callable[[Path, list[int], int], list[int]]] = {
        "optimum": optimum,
        "genai": genai,
    }
    runner, folder, count, *ids = sys.argv[1:]
    tokens = runners[runner](Path(folder), [int(id_) for id_ in ids], int(count))
    sys.stdout.write(json.dumps(tokens) + "\n")


if __name__ == "__main__":
    main()

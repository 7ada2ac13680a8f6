"""Other programs on the same card and the same sizes: transformers' `generate`, and llama.cpp.

Of transformers the Llama that a Baichuan with rotated positions equals; its matrices are held as
the app holds them. llama.cpp reads files of its own, of random blocks: for how long a step takes,
their values do not matter. Its build for cards (llama-cpp-python, with a wheel for CUDA from that
project's own index) and gguf are no part of the app; without them it is named as left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.precision import Precision
from benchmarks import llama_cpp_peer, random_model
from benchmarks.cards import speed
from benchmarks.cards.run import CardRun, LeftOutError

#: What llama.cpp is asked for beside the app's own precisions.
_LLAMA_CPP: Final = {Precision.NF4: "q4_0", Precision.INT8: "q8_0", Precision.BF16: "f16"}


def generate(
    run: CardRun, name: str, case: dict[str, Any], precision: Precision, config: ModelConfig
) -> None:
    """Add transformers' `generate` over a Llama of random weights to a case."""
    llama = run.attempt(
        f"{name}, transformers' model",
        partial(random_model.llama, config, precision, run.device),
    )
    if llama is not None:
        _generate(run, name, case, llama, compiled=False)


def generate_over(
    run: CardRun, name: str, case: dict[str, Any], model: BaichuanForCausalLM, *, compiled: bool
) -> None:
    """Add transformers' `generate` over the very weights of an unquantised model to a case."""
    llama = run.attempt(
        f"{name}, transformers' model", partial(random_model.llama_twin, model, run.device)
    )
    if llama is not None:
        _generate(run, name, case, llama, compiled=compiled)


def _generate(run: CardRun, name: str, case: dict[str, Any], llama: Any, *, compiled: bool) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "growing cache": {},
        "static cache": {"cache_implementation": "static", "disable_compile": True},
    }
    if compiled:
        kinds["static cache, compiled"] = {"cache_implementation": "static"}
    for context in run.sizes.contexts:
        for kind, options in kinds.items():
            found = run.attempt(
                f"{name}, generate with {kind} at {context:,}",
                partial(speed.generate, llama, context, run.new_tokens, **options),
            )
            if found is not None:
                way = f"generate, {kind}"
                case["peers"].append({"way": way, **speed.as_json(found)})
            run.free()


def llama_cpp(run: CardRun, name: str, case: dict[str, Any], config: ModelConfig) -> None:
    """Add llama.cpp to a case: a prompt read, and decoding after it."""
    kind = _LLAMA_CPP.get(Precision(case["precision"]))
    if kind is None:
        return
    found = run.attempt(f"{name}, llama.cpp in {kind}", partial(_llama_cpp, run, config, kind))
    for entry in found or ():
        case["peers"].append(entry)
    run.free()


def _llama_cpp(run: CardRun, config: ModelConfig, kind: str) -> list[dict[str, Any]]:
    if reason := llama_cpp_peer.why_not(on_card=run.on_card):
        raise LeftOutError(reason)
    found = []
    with (
        _file(config, kind) as file,
        llama_cpp_peer.open_file(file, config, run.sizes.context_length, run.device) as model,
    ):
        for context in run.sizes.contexts:
            steps = speed.peer_steps(model, context, run.new_tokens)
            found.append({"way": f"llama.cpp, {kind}", **speed.as_json(steps)})
        seconds = speed.prefill_seconds(model, run.sizes.prefill_tokens, model.prefill_chunk)
        found[-1]["prefill_tokens_per_second"] = run.sizes.prefill_tokens / seconds
    return found


@contextmanager
def _file(config: ModelConfig, kind: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="llama-cpp-") as folder:
        file = Path(folder) / f"{kind}.gguf"
        llama_cpp_peer.write_random(config, kind, file)
        yield file

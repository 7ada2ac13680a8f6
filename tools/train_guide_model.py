"""Make the guide model that ships with the app.

    python tools/train_guide_model.py              train, write folder and result, evaluate
    python tools/train_guide_model.py --evaluate   ask the shipped folder the held-out questions
    python tools/train_guide_model.py --continue   teach the shipped folder answers that it lacks
    python tools/train_guide_model.py --answers    write what it answers as data for a fine-tuning
    python tools/train_guide_model.py --smoke      a few steps of each into a temporary folder

Seeds are fixed. Sums of floating point numbers differ between processors, so another machine makes
a model of the same quality and not the same bits.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import numpy as np
import sentencepiece
import torch

from backends.machine import hardware
from backends.model_config import Family, ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM
from tools.guide_training import own_answers
from tools.guide_training.checkpoint_folder import write_checkpoint
from tools.guide_training.continuing import (
    CONTINUATION,
    Continuation,
    continue_training,
    load_weights,
    write_weights,
)
from tools.guide_training.data import DATA_FOLDER, Example, load_facts, split
from tools.guide_training.evaluation import Guide
from tools.guide_training.training import (
    ROUNDS,
    Conversations,
    Recipe,
    Recogniser,
    answers_of,
    correct,
    initialise,
    train,
)
from tools.guide_training.vocabulary import train_vocabulary

GUIDE_FOLDER: Final = Path(__file__).resolve().parents[1] / "baichuan_desktop/resources/guide_model"
RESULT_FILE: Final = DATA_FOLDER / "result.json"
ANSWERS_FILE: Final = GUIDE_FOLDER.parent / "guide_answers.jsonl"

#: Decides which questions are held out of training.
HELD_OUT_SEED: Final = 1
#: One: the result then does not depend on the number of cores, and the steps are small.
THREADS: Final = 1

CONFIG: Final = ModelConfig(
    family=Family.BAICHUAN2_7B,
    vocab_size=4096,
    hidden_size=192,
    num_layers=4,
    num_heads=4,
    intermediate_size=512,
    context_length=512,
)


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Make the guide model that ships with the app.")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--evaluate", action="store_true", help="ask the shipped folder only")
    action.add_argument(
        "--continue",
        action="store_true",
        dest="continues",
        help="change a part of the shipped weights, for the answers that they do not give",
    )
    action.add_argument(
        "--answers", action="store_true", help="write what the shipped folder answers, as data"
    )
    action.add_argument("--smoke", action="store_true", help="a few steps into a temporary folder")
    arguments = parser.parse_args()

    _, held_out = split(load_facts(), HELD_OUT_SEED)
    if arguments.evaluate:
        print(json.dumps(_evaluate(GUIDE_FOLDER, held_out), indent=2))
    elif arguments.answers:
        _write_answers(ANSWERS_FILE)
    elif arguments.smoke:
        with tempfile.TemporaryDirectory() as folder:
            short = [replace(recipe, steps=10, warm_up_steps=5) for recipe in ROUNDS]
            _make(Path(folder), short)
            _continue(Path(folder), _shortened(CONTINUATION))
            _evaluate(Path(folder), held_out[:4])
    elif arguments.continues:
        before = json.loads(RESULT_FILE.read_text(encoding="utf-8"))
        made = {key: value for key, value in before.items() if not key.startswith("held_out_")}
        runs = [*before.get("continued", []), _continue(GUIDE_FOLDER, CONTINUATION)]
        _record({**made, "continued": runs}, held_out)
    else:
        _record(_make(GUIDE_FOLDER, ROUNDS), held_out)
    return 0


def _record(made: dict[str, object], held_out: Sequence[Example]) -> None:
    result = {**made, "held_out_seed": HELD_OUT_SEED, **_evaluate(GUIDE_FOLDER, held_out)}
    RESULT_FILE.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def _shortened(plan: Continuation) -> Continuation:
    """The same with ten steps."""
    return replace(plan, recipe=replace(plan.recipe, steps=10, warm_up_steps=5))


def _continue(folder: Path, plan: Continuation) -> dict[str, object]:
    """Train a folder's weights further; what there is to say about it."""
    started = time.monotonic()
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    facts = load_facts()
    examples, _ = split(facts, HELD_OUT_SEED)

    def report(step: int, answer: float, _asked: float) -> None:
        if step % 50 == 0 or step == plan.recipe.steps:
            minutes = (time.monotonic() - started) / 60
            print(f"continued, step {step} of {plan.recipe.steps}, loss {answer:.4f}, "
                  f"{minutes:.1f} min", flush=True)  # fmt: skip

    continued = continue_training(folder, CONFIG, examples, plan, report)
    write_weights(folder, continued.weights)
    return {
        "facts": len(facts),
        "training_questions": len(examples),
        **continued.record,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "machine": f"{THREADS} thread of {hardware.detect().processor}",
    }


def _make(folder: Path, rounds: Sequence[Recipe]) -> dict[str, object]:
    """Train a guide and write its folder; what there is to say about it."""
    started = time.monotonic()
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)

    facts = load_facts()
    examples, _ = split(facts, HELD_OUT_SEED)
    texts = [example.question for example in examples]
    texts += [text.answer for fact in facts for text in fact.texts.values()]
    tokenizer = train_vocabulary(texts, CONFIG.vocab_size)
    model = initialise(CONFIG, rounds[0].seed)
    recogniser = Recogniser(model, len(answers_of(examples)))
    losses = (0.0, 0.0)
    for number, recipe in enumerate(rounds, 1):

        def report(
            step: int, answer: float, asked: float, number: int = number, of: int = recipe.steps
        ) -> None:
            if step % 100 == 0 or step == of:
                minutes = (time.monotonic() - started) / 60
                print(f"round {number}, step {step} of {of}, loss {answer:.4f}, "
                      f"of recognition {asked:.4f}, {minutes:.1f} min", flush=True)  # fmt: skip

        conversations = Conversations(examples, tokenizer, recipe)
        losses = train(model, recogniser, conversations, recipe, report)
    write_checkpoint(folder, model, tokenizer)
    return {
        "facts": len(facts),
        "training_questions": len(examples),
        "rounds": [asdict(recipe) for recipe in rounds],
        "loss_on_answers": round(losses[0], 4),
        "loss_on_recognition": round(losses[1], 4),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "parameters": CONFIG.parameters,
        "folder_bytes": sum(file.stat().st_size for file in folder.iterdir()),
        "machine": f"{THREADS} thread of {hardware.detect().processor}",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "sentencepiece": sentencepiece.__version__,
            "numpy": np.__version__,
        },
    }


def _write_answers(file: Path) -> None:
    """Write the shipped folder's own questions and answers, which a fine-tuning rehearses."""
    torch.set_num_threads(THREADS)
    weights, tokenizer = load_weights(GUIDE_FOLDER)
    model = BaichuanForCausalLM(CONFIG)
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    examples, _ = split(load_facts(), HELD_OUT_SEED)
    own_answers.write(
        file, own_answers.chosen(examples, lambda some: correct(model, some, tokenizer))
    )


def _evaluate(folder: Path, held_out: Sequence[Example]) -> dict[str, object]:
    """The shares of held-out questions that the folder answers exactly right."""
    guide = Guide(folder, threads=THREADS)
    return {
        "held_out_questions": len(held_out),
        "held_out_correct_greedy": guide.share_correct(held_out, greedy=True),
        "held_out_correct_as_shipped": guide.share_correct(held_out, greedy=False),
    }


if __name__ == "__main__":
    sys.exit(main())

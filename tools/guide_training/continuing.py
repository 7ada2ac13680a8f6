"""Teaches a shipped guide new answers by changing a part of its weights, and the rest not a bit.

A weight file that is trained anew differs in every byte, and each version of it costs the
repository 5 MB. One whose frozen tensors keep their bytes is stored as its difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import sentencepiece
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM

from .data import Example
from .training import Conversations, Recipe, Recogniser, answers_of, correct, train

WEIGHTS: Final = "model.safetensors"
_HEAD: Final = "lm_head.weight"
_QUESTIONS_ASKED = 4  # for an answer, before it is taken for unknown


@dataclass(frozen=True, slots=True)
class Continuation:
    """What is trained further, and how."""

    recipe: Recipe
    tensors: tuple[str, ...]  #: beginnings of the names of those that are trained
    head_rows: bool  #: train the head's rows of tokens that stand in new answers alone
    emphasis: int  #: how often a question for a new answer comes for each time that another comes
    grid: float  #: values of `tensors` become multiples of it, which leaves less to store


#: What the layers before the last one make of a question stays as it is, so the questions that were
#: told apart still are; what is said to them is learnt in the last one.
CONTINUATION: Final = Continuation(
    recipe=Recipe(
        seed=3,
        steps=400,
        learning_rate=1.2e-3,
        turns=(0.8, 0.2),
        dropout=0.05,
        recognition_weight=0.0,
        weight_decay=0.0,
    ),
    tensors=("model.layers.2.mlp.down_proj", "model.layers.3."),
    head_rows=True,
    emphasis=4,
    grid=1 / 256,
)


@dataclass(frozen=True, slots=True)
class Continued:
    """What came of it."""

    weights: dict[str, Tensor]  #: all of the model, bf16
    record: dict[str, object]  #: for the file of results


def load_weights(folder: Path) -> tuple[dict[str, Tensor], bytes]:
    """The tensors and the tokenizer of a guide's folder."""
    return load_file(folder / WEIGHTS), (folder / "tokenizer.model").read_bytes()


def continue_training(
    folder: Path,
    config: ModelConfig,
    examples: Sequence[Example],
    plan: Continuation,
    report: Callable[[int, float, float], None],
) -> Continued:
    """Train a part of a folder's weights until it gives the answers that it does not give yet.

    All other answers are rehearsed. `report` gets the step and the two losses of `train`.
    """
    weights, tokenizer = load_weights(folder)
    model = BaichuanForCausalLM(config)
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    unknown = unknown_answers(model, examples, tokenizer)
    news = [example for example in examples if example.answer in unknown]
    deck = [*examples, *news * (plan.emphasis - 1)]
    known = {example.answer for example in examples} - unknown
    rows = new_tokens(unknown, known, tokenizer) if plan.head_rows else []

    torch.manual_seed(plan.recipe.seed)
    recogniser = Recogniser(model, len(answers_of(deck)))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(plan.tensors))
    if rows:
        chosen = torch.zeros(config.vocab_size, 1)
        chosen[rows] = 1.0
        model.lm_head.weight.requires_grad_(True).register_hook(lambda gradient: gradient * chosen)
    conversations = Conversations(deck, tokenizer, plan.recipe)
    loss, _ = train(model, recogniser, conversations, plan.recipe, report)
    return Continued(
        changed_weights(weights, model, plan, rows),
        {
            "from_sha256": hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest(),
            **asdict(plan),
            "answers_that_were_unknown": len(unknown),
            "rows_of_the_head": len(rows),
            "loss_on_answers": round(loss, 4),
        },
    )


def unknown_answers(
    model: BaichuanForCausalLM, examples: Sequence[Example], tokenizer: bytes
) -> set[str]:
    """The answers that the model gives to none of the first questions for them."""
    questions: dict[str, list[Example]] = {}
    for example in examples:
        questions.setdefault(example.answer, []).append(example)
    return {
        answer
        for answer, asked in questions.items()
        if not any(correct(model, [one], tokenizer)[0] for one in asked[:_QUESTIONS_ASKED])
    }


def new_tokens(unknown: Iterable[str], known: Iterable[str], tokenizer: bytes) -> list[int]:
    """The tokens of unknown answers that no known one has.

    The head learnt of them only that they are never next: their rows are much the same, and no
    state tells them apart.
    """
    processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
    new, old = (
        {id_ for text in texts for id_ in processor.encode(text)} for texts in (unknown, known)
    )
    return sorted(new - old)


def changed_weights(
    weights: dict[str, Tensor], model: nn.Module, plan: Continuation, rows: Sequence[int]
) -> dict[str, Tensor]:
    """`weights` with what was trained in `model`; everything else as it was.

    The tensors lie on the grid, the rows of the head have the norm 1.
    """
    result = dict(weights)
    for name, tensor in model.state_dict().items():
        if name.startswith(plan.tensors):
            result[name] = ((tensor / plan.grid).round() * plan.grid).to(torch.bfloat16)
        elif name == _HEAD:
            result[name] = weights[name].clone()
            result[name][list(rows)] = F.normalize(tensor[list(rows)]).to(torch.bfloat16)
    return result


def write_weights(folder: Path, weights: dict[str, Tensor]) -> None:
    """Put the tensors in place of the folder's, in the same layout."""
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})

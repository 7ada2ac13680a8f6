"""A shipped guide is taught more by changing a part of its weights, and the rest not a bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sentencepiece
import torch

from backends.model_config import Family, ModelConfig
from baichuan_desktop.services.app_paths import resource
from tools.guide_training.checkpoint_folder import write_checkpoint
from tools.guide_training.continuing import (
    CONTINUATION,
    continue_training,
    load_weights,
    new_tokens,
    unknown_answers,
    write_weights,
)
from tools.guide_training.data import Example, load_facts
from tools.guide_training.training import initialise
from tools.train_guide_model import CONFIG as SHIPPED

CONFIG = ModelConfig(
    family=Family.BAICHUAN2_7B,
    vocab_size=4096,
    hidden_size=32,
    num_layers=4,
    num_heads=2,
    intermediate_size=48,
    context_length=128,
)
HEAD = "lm_head.weight"
QUESTIONS = ("How do I rename it?", "Rename it", "Where is the trash?", "The trash")
EXAMPLES = [
    Example("one", "en", QUESTIONS[0], "Press F2."),
    Example("one", "en", QUESTIONS[1], "Press F2."),
    Example("two", "zh", QUESTIONS[2], "At the bottom."),
    Example("two", "zh", QUESTIONS[3], "At the bottom."),
]


def tokenizer() -> bytes:
    return (resource("guide_model") / "tokenizer.model").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path, initialise(CONFIG, seed=1), tokenizer())
    return tmp_path


def test_what_is_not_named_keeps_its_bits_and_what_is_named_lies_on_the_grid(folder: Path) -> None:
    recipe = replace(CONTINUATION.recipe, steps=2, warm_up_steps=1, learning_rate=0.1)
    plan = replace(CONTINUATION, recipe=recipe)
    before, _ = load_weights(folder)

    after = continue_training(folder, CONFIG, EXAMPLES, plan, lambda *_: None).weights

    assert list(after) == list(before)
    for name, tensor in after.items():
        named = name.startswith(plan.tensors)
        assert torch.equal(tensor, before[name]) != (named or name == HEAD), name
        if named:
            assert not (tensor.float() / plan.grid).frac().any(), name
    changed = (after[HEAD] != before[HEAD]).any(dim=1).nonzero().flatten().tolist()
    rows = new_tokens({example.answer for example in EXAMPLES}, set(), tokenizer())
    assert set(changed) <= set(rows)
    norms = after[HEAD][changed].float().norm(dim=1)
    assert torch.allclose(norms, torch.ones_like(norms), atol=0.01)


def test_new_tokens_are_those_that_stand_in_unknown_answers_alone() -> None:
    encode = sentencepiece.SentencePieceProcessor(model_proto=tokenizer()).encode
    known, unknown = "Press Ctrl+Q to quit.", "Press F2 to rename."

    assert new_tokens({known}, {known}, tokenizer()) == []
    assert set(new_tokens({unknown}, {known}, tokenizer())) == set(encode(unknown)) - set(
        encode(known)
    )


def test_the_file_keeps_its_layout(folder: Path) -> None:
    file = folder / "model.safetensors"
    before = file.read_bytes()
    weights, _ = load_weights(folder)
    weights["model.norm.weight"] = weights["model.norm.weight"] * 2

    write_weights(folder, weights)

    after = file.read_bytes()
    places = [i for i, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert 0 < len(places) <= 2 * 32  # two bytes a value; the norm is the last tensor
    assert places[0] >= len(after) - 2 * 32


def test_an_answer_is_unknown_if_none_of_its_questions_gets_it() -> None:
    weights, pieces = load_weights(resource("guide_model"))
    guide = initialise(SHIPPED, seed=1)
    guide.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    hello = next(fact for fact in load_facts() if fact.id == "d-hello").texts["en"]
    known = [Example("d-hello", "en", question, hello.answer) for question in hello.questions]
    unknown = [replace(example, answer=f"{hello.answer} Or not.") for example in known]

    assert unknown_answers(guide, known + unknown, pieces) == {f"{hello.answer} Or not."}

"""What the guide answers already, as data: whose it is, what is in it, what it is added to."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.training.data.masking import coding_of
from backends.training.values import Columns, Data, Keeping, TrainingRequest
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.training.rehearsal import own_answers, rehearsed
from tests.helpers import goldens
from tests.helpers.training_data import prepare
from tools.guide_training.data import Example, load_facts, split
from tools.guide_training.own_answers import PER_ANSWER, chosen, write
from tools.train_guide_model import HELD_OUT_SEED

GUIDE = resource("guide_model")


def test_the_guide_has_a_file_of_its_answers_and_so_has_a_copy_of_it(tmp_path: Path) -> None:
    answers = own_answers(GUIDE)
    shutil.copytree(GUIDE, tmp_path / "copy")

    assert answers is not None
    assert answers.is_file()
    assert own_answers(tmp_path / "copy") == answers


def test_another_model_and_a_changed_guide_have_none(tmp_path: Path) -> None:
    shutil.copytree(GUIDE, tmp_path / "changed")
    weights = tmp_path / "changed" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)

    assert own_answers(goldens.folder("b2-7b", "safetensors")) is None
    assert own_answers(tmp_path / "changed") is None
    assert own_answers(tmp_path) is None


def test_they_hold_what_it_was_trained_on_and_nothing_that_was_held_out() -> None:
    trained, _ = split(load_facts(), HELD_OUT_SEED)
    known = {(example.question, example.answer) for example in trained}
    rows = [
        tuple(turn["value"] for turn in json.loads(line)["conversations"])
        for line in resource("guide_answers.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    assert set(rows) <= known
    assert max(Counter(answer for _, answer in rows).values()) == PER_ANSWER
    answers = {example.answer for example in trained}
    assert len({answer for _, answer in rows}) > 0.95 * len(answers)


def test_they_are_read_whole_as_data_of_the_guide() -> None:
    answers = own_answers(GUIDE)
    coding = coding_of(*Checkpoint.open_with_tokenizer(GUIDE))

    counts = prepare(Data((str(answers),), max_length=512), coding).counts

    assert counts.examples == counts.rows > 1000
    assert (counts.cut_examples, counts.unlearnable) == (0, 0)


def test_they_are_added_to_other_data_once() -> None:
    asked = TrainingRequest("guide", Data(("mine.json",)), Keeping("out"))
    answers = Path("answers.jsonl")

    once = rehearsed(asked, answers)

    assert once.data.files == ("mine.json", "answers.jsonl")
    assert rehearsed(once, answers) == once


def test_they_have_fields_of_their_own_beside_a_data_set_with_other_names() -> None:
    mine = Columns(prompt="question")
    asked = TrainingRequest("guide", Data(("mine.json",), columns=(mine,)), Keeping("out"))

    assert rehearsed(asked, Path("answers.jsonl")).data.columns == (mine, Columns())


@pytest.mark.parametrize("per_answer", [1, 2])
def test_those_are_chosen_that_are_answered_right(per_answer: int, tmp_path: Path) -> None:
    some = [
        Example(fact, "en", f"{fact} {number}?", f"Of {fact}.")
        for fact in ("one", "two")
        for number in range(6)
    ]
    wrong = some[0]

    found = chosen(some, lambda asked: [one is not wrong for one in asked], per_answer)
    write(tmp_path / "answers.jsonl", found)

    assert wrong not in found
    assert set(Counter(one.answer for one in found).values()) == {per_answer}
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    first = {"from": "human", "value": found[0].question}
    assert json.loads(lines[0])["conversations"][0] == first
    assert len(lines) == len(found)

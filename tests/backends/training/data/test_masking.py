from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import InvalidRequestError, TrainingDataError
from backends.text.chat_template import ChatTokens, Message, Role, build_chat_prompt
from backends.text.tokenizer import Tokenizer
from backends.training.data.masking import Coding, coding_of
from backends.training.data.values import IGNORED, Conversation
from backends.training.values import Data, Masking
from tests.helpers.tokenizer_models import fields, renamed
from tests.helpers.tokenizer_models import message as model_of
from tests.helpers.training_data import (
    GOLDENS,
    PREPROCESSING,
    golden_coding,
    prepare,
    turns,
    write_rows,
)

CASES: list[dict[str, Any]] = json.loads(PREPROCESSING.read_text(encoding="utf-8"))["cases"]
EOS = 2
#: Each has its odd places: ends of lines, halves of emojis' pairs, names of control tokens.
TEXTS = (
    "", "你好", "Hello, world.", "第一行\r\n第二行\r\n", "👩‍👩‍👧‍👦😀👌🏽", "  two  spaces  ",
    "</s>", "<reserved_106>", "价格 12345.67 元", "\t", "\n\n", "\u0000", "a" * 70, "問題" * 30,
    "\u3000",
)  # fmt: skip


def conversation(*messages: tuple[Role, str], system: str = "") -> Conversation:
    return Conversation(tuple(Message(*one) for one in messages), "a.json", 1, system)


def random_conversation(chance: random.Random) -> Conversation:
    roles = [chance.choice((Role.USER, Role.ASSISTANT)) for _ in range(chance.randint(1, 6))]
    if Role.ASSISTANT not in roles:
        roles.append(Role.ASSISTANT)
    return conversation(*((role, chance.choice(TEXTS)) for role in roles))


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one['name']}-{one['tokenizer']}")
def test_ids_and_labels_are_those_of_the_published_code(
    case: dict[str, Any], tmp_path: Path
) -> None:
    file = write_rows(
        tmp_path / "data.json", [{"conversations": case["conversations"]}, turns("", "")]
    )
    data = Data((file,), max_length=case["model_max_length"])
    coding = golden_coding(case["tokenizer"])

    prepared = prepare(data, coding)

    if not case["trained"]:
        assert prepared.counts.unlearnable == 1
        return
    example = prepared.examples[0]
    assert list(example.ids) == case["input_ids"]
    assert list(example.labels) == case["labels"]
    assert example.trained_tokens == case["trained"]


def test_what_is_cut_to_nothing_has_the_published_labels_too() -> None:
    for case in CASES:
        if case["trained"]:
            continue
        messages = [
            (Role.USER if one["from"] == "human" else Role.ASSISTANT, one["value"])
            for one in case["conversations"]
        ]
        data = Data((), max_length=case["model_max_length"])

        example = golden_coding(case["tokenizer"]).example(conversation(*messages), data)

        assert (list(example.ids), list(example.labels)) == (case["input_ids"], case["labels"])
        assert example.trained_tokens == 0


def test_published_labels_are_ignored_the_id_itself_or_the_end_where_a_question_begins() -> None:
    chance = random.Random(18)
    coding = golden_coding("b2-7b")
    for _ in range(300):
        said = random_conversation(chance)

        pair = coding.whole(said, Masking.PUBLISHED)

        assert len(pair.ids) == len(pair.labels)
        begins = [place for place, one in enumerate(pair.ids) if one in (195, 196)]
        assert [pair.ids[place] for place in begins] == [
            195 if one.role is Role.USER else 196 for one in said.messages
        ]
        assert pair.ids[-1] == pair.labels[-1] == EOS
        ends = [*begins[1:], len(pair.ids) - 1]
        for begin, end, message in zip(begins, ends, said.messages, strict=True):
            inside, labels = pair.ids[begin + 1 : end], pair.labels[begin + 1 : end]
            is_question = message.role is Role.USER
            assert pair.labels[begin] == (EOS if is_question else IGNORED)
            assert labels == ([IGNORED] * len(inside) if is_question else inside)
            assert coding.tokenizer.control_ids.isdisjoint(inside)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_what_a_chat_model_learns_follows_the_prompt_that_it_is_given(name: str) -> None:
    """The ids before each answer are those of its prompt; the answer and its end follow."""
    chance = random.Random(7)
    coding = golden_coding(name)
    for number in range(300):
        system = chance.choice(("", "你是客服。", "Be brief.\n")) if number % 2 else ""
        said = random_conversation(chance)
        said = conversation(*((one.role, one.text) for one in said.messages), system=system)
        messages = [Message(Role.SYSTEM, system)] * bool(system) + list(said.messages)

        pair = coding.whole(said, Masking.CHAT)

        learnt = [IGNORED] * len(pair.ids)
        for place, message in enumerate(messages):
            if message.role is not Role.ASSISTANT:
                continue
            before = [coding.turns.assistant]
            if place > len(messages) - len(said.messages):
                before = prompt(messages[:place], coding)
            elif system:
                before = [*coding.tokenizer.encode(system), *before]
            answer = coding.tokenizer.encode(message.text)
            end = len(before) + len(answer)
            assert pair.ids[:end] == [*before, *answer]
            learnt[len(before) : end] = answer
            learnt[end] = EOS  # in place of what begins the next turn, or behind all
        assert pair.labels == learnt
        assert pair.ids[-1] == EOS


def prompt(messages: list[Message], coding: Coding) -> list[int]:
    """What generation gives the model, before it answers."""
    built = build_chat_prompt(
        messages, coding.tokenizer.encode, coding.turns, context_length=10**6, max_new_tokens=1
    ).ids
    if messages[-1].role is Role.ASSISTANT:  # which would be continued, were it the last
        built.append(coding.turns.assistant)
    return built


def test_a_question_behind_the_last_answer_is_not_read_where_only_answers_are_learnt() -> None:
    coding = golden_coding("b2-7b")
    whole = conversation((Role.USER, "你好"), (Role.ASSISTANT, "好"), (Role.USER, "谢谢"))
    short = conversation((Role.USER, "你好"), (Role.ASSISTANT, "好"))

    assert coding.whole(whole, Masking.CHAT) == coding.whole(short, Masking.CHAT)


def test_a_system_message_is_learnt_as_published_and_read_as_a_chat_model_does() -> None:
    coding = golden_coding("b2-7b")
    said = conversation((Role.SYSTEM, "客服"), (Role.USER, "在吗"), (Role.ASSISTANT, "在的"))
    system = coding.tokenizer.encode("客服")

    published = coding.whole(said, Masking.PUBLISHED)
    chat = coding.whole(said, Masking.CHAT)

    assert published.ids[: len(system) + 1] == [196, *system]
    assert published.labels[: len(system) + 1] == [IGNORED, *system]
    assert chat.ids[: len(system) + 1] == [*system, 195]
    assert chat.labels[: len(system) + 1] == [IGNORED] * (len(system) + 1)


def test_a_system_message_behind_others_is_refused_where_a_prompt_could_not_have_it() -> None:
    said = conversation((Role.USER, "在吗"), (Role.SYSTEM, "客服"), (Role.ASSISTANT, "在的"))

    with pytest.raises(
        TrainingDataError, match=r"“a\.json”, line 1: a system message stands behind"
    ):
        golden_coding("b2-7b").whole(said, Masking.CHAT)


def test_a_model_keeps_its_own_turn_ids_and_a_base_model_has_the_published_ones() -> None:
    folder = GOLDENS / "checkpoints" / "b2-13b" / "safetensors"
    checkpoint, tokenizer = Checkpoint.open_with_tokenizer(folder)

    assert golden_coding("b1-7b").turns == coding_of(checkpoint, tokenizer).turns
    assert coding_of(checkpoint, tokenizer).turns == checkpoint.chat_tokens
    assert Checkpoint.open(GOLDENS / "checkpoints" / "b1-7b" / "safetensors").chat_tokens is None


def test_a_base_model_of_few_pieces_has_nothing_that_begins_a_turn(tmp_path: Path) -> None:
    folder = GOLDENS / "checkpoints" / "b1-7b" / "safetensors"
    checkpoint, tokenizer = Checkpoint.open_with_tokenizer(folder)
    few = tokenizer.steered(())
    few.vocab_size = 196

    with pytest.raises(InvalidRequestError, match="no tokens that begin a turn"):
        coding_of(checkpoint, few)


def test_a_text_that_the_vocabulary_has_no_pieces_for_names_its_row(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.model"
    released = golden_coding("b1-7b").tokenizer
    of_bytes = {one: f"\ufdd0{one}" for one in range(released.vocab_size) if released.is_byte(one)}
    parts = fields(renamed(released.file.read_bytes(), of_bytes))
    without_bytes = b"\x98\x02\x00"  # TrainerSpec.byte_fallback: false
    file.write_bytes(model_of((n, data + without_bytes * (n == 2)) for n, data in parts))
    coding = Coding(Tokenizer(file, vocab_size=64000), ChatTokens(195, 196), EOS)

    with pytest.raises(TrainingDataError, match=r"line 1: tokenizer\.model has no pieces"):
        coding.whole(conversation((Role.ASSISTANT, "\U0001f9ff")), Masking.PUBLISHED)

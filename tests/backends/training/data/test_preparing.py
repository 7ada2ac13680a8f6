from __future__ import annotations

import hashlib
import random
from array import array
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from backends.errors import TrainingDataError, TrainingSettingsError
from backends.events import JobProgress
from backends.training.data.examples import Examples, ExampleStore
from backends.training.data.preparing import counting, held_back, preparing
from backends.training.data.values import Example, ReadFile
from backends.training.values import Columns, Data, Layout, Masking
from tests.helpers.training_data import golden_coding, prepare, turns, write_rows

T = TypeVar("T")
CODING = golden_coding("b2-7b")


def length(*texts: str) -> int:
    """Tokens of an example: each message with what begins it, and the end."""
    return sum(1 + len(CODING.tokenizer.encode(text)) for text in texts) + 1


def ran(job: Generator[JobProgress, None, T]) -> tuple[list[JobProgress], T]:
    """What a job told, and its result."""
    told = []
    while True:
        try:
            told.append(next(job))
        except StopIteration as finished:
            return told, finished.value


def test_a_conversation_without_an_answer_has_the_published_labels(tmp_path: Path) -> None:
    """Where texts end is learnt of it, and told; a chat model learns nothing of it."""
    asks = {"conversations": [{"from": "human", "value": one} for one in ("q", "r")]}
    file = write_rows(tmp_path / "a.json", [asks, turns("q", "a")])
    q, r = (CODING.tokenizer.encode(one) for one in ("q", "r"))

    published = prepare(Data((file,)), CODING)
    chat = prepare(Data((file,), masking=Masking.CHAT), CODING)

    example = published.examples[0]
    assert list(example.ids) == [195, *q, 195, *r, 2]
    assert list(example.labels) == [2, *[-100] * len(q), 2, *[-100] * len(r), 2]
    (note,) = map(str, published.notes)
    assert note.startswith("Conversations in which nobody answers: 1, the first at")
    assert (chat.counts.examples, chat.counts.unlearnable) == (1, 1)


def test_several_files_of_several_layouts_are_examples_in_their_order(tmp_path: Path) -> None:
    first = write_rows(tmp_path / "a.json", [turns("q", "a"), turns("q", "a", "r", "b")])
    second = write_rows(tmp_path / "b.jsonl", [{"ask": "x", "input": "y", "answer": "z"}])
    data = Data((first, second), columns=(Columns(), Columns("ask", response="answer")))

    told, prepared = ran(preparing(data, CODING))

    assert [(one.file, one.line) for one in prepared.examples] == [
        (first, 2),
        (first, 14),
        (second, 1),
    ]
    assert list(prepared.examples.lengths) == [
        length("q", "a"), length("q", "a", "r", "b"), length("x\ny", "z"),
    ]  # fmt: skip
    sizes = [Path(one).stat().st_size for one in data.files]
    assert prepared.files == tuple(
        ReadFile(name, hashlib.sha256(Path(name).read_bytes()).hexdigest(), size, rows)
        for name, size, rows in zip(data.files, sizes, (2, 1), strict=True)
    )
    assert {one.total_bytes for one in told} == {sum(sizes)}
    assert told[-1].done_bytes == sum(sizes)
    counts = prepared.counts
    assert (counts.rows, counts.examples, counts.eval_examples) == (3, 3, 0)
    assert counts.tokens == sum(prepared.examples.lengths)
    assert counts.trained_tokens == sum(one.trained_tokens for one in prepared.examples)
    assert counts.longest_tokens == max(prepared.examples.lengths)
    assert prepared.notes == ()


def test_how_many_tokens_are_cut_of_which_examples_is_told(tmp_path: Path) -> None:
    rows = [turns("q", "a"), turns("q", "one two three four five"), turns("q", "six seven eight")]
    file = write_rows(tmp_path / "a.jsonl", rows)
    whole = [length("q", row["conversations"][1]["value"]) for row in rows]
    data = Data((file,), max_length=8)

    prepared = prepare(data, CODING)

    cut = [max(one - 8, 0) for one in whole]
    assert cut[0] == 0 < cut[2] < cut[1]
    assert [one.cut_tokens for one in prepared.examples] == cut
    assert [
        (one.file, one.line, one.cut_tokens) for one in prepared.examples if one.cut_tokens
    ] == [(file, 2, cut[1]), (file, 3, cut[2])]
    assert (prepared.counts.cut_examples, prepared.counts.cut_tokens) == (2, sum(cut))
    assert prepared.counts.longest_tokens == max(whole)
    (note,) = map(str, prepared.notes)
    assert note == (
        f"Examples of more than 8 tokens: 2 of 3, of which {sum(cut)} tokens are cut at the end, "
        f"most of them at “{file}”, line 2; “{file}”, line 3."
    )


def test_examples_with_nothing_left_to_learn_are_left_out_by_name(tmp_path: Path) -> None:
    long = "one two three four five six"
    file = write_rows(tmp_path / "a.jsonl", [turns("q", "a"), *[turns(long, "a")] * 5])
    data = Data((file,), max_length=length(long) - 1)

    prepared = prepare(data, CODING)

    assert len(prepared.examples) == 1
    assert prepared.counts.unlearnable == 5
    assert str(prepared.notes[-1]) == (
        f"Examples of which nothing is left to learn: 5 of 6 left out, “{file}”, line 2; “{file}”, "
        f"line 3; “{file}”, line 4; and 2 more."
    )


def test_data_of_which_nothing_is_left_to_learn_are_an_error(tmp_path: Path) -> None:
    long = "one two three four five six"
    file = write_rows(tmp_path / "a.jsonl", [turns(long, "a")])
    empty = write_rows(tmp_path / "b.jsonl", [{"instruction": "", "output": ""}])
    good = write_rows(tmp_path / "c.jsonl", [turns("q", "a")])

    with pytest.raises(
        TrainingDataError, match=rf"the longest has {length(long, 'a')} tokens, and 5"
    ):
        prepare(Data((file,), max_length=5), CODING)
    with pytest.raises(TrainingDataError, match=r"b\.jsonl”: it holds no conversation that can be"):
        prepare(Data((empty,)), CODING)
    with pytest.raises(
        TrainingDataError, match=r"a\.jsonl”: no example has anything left to learn"
    ):
        prepare(Data((good,), max_length=5, eval_files=(file,)), CODING)


def test_the_share_that_is_held_back_is_the_same_for_a_seed(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "a.jsonl", [turns(f"q{n}", f"a{n}") for n in range(40)])
    data = Data((file,), dev_ratio=0.1)

    one, again = prepare(data, CODING, seed=1), prepare(data, CODING, seed=1)
    other = prepare(data, CODING, seed=2)

    held = [example.line for example in one.eval_examples]
    learnt = [example.line for example in one.examples]
    assert len(held) == 4
    assert sorted(held + learnt) == list(range(1, 41))
    assert (held, learnt) == (sorted(held), sorted(learnt))
    assert [example.line for example in again.eval_examples] == held
    assert [example.line for example in other.eval_examples] != held
    assert one.counts.eval_examples == 4
    assert one.counts.trained_tokens == sum(example.trained_tokens for example in one.examples)


def test_a_share_is_rounded_up_and_leaves_something_to_learn() -> None:
    assert [len(held_back(100, share, 1)) for share in (0.0, 0.001, 0.01, 0.07, 0.5)] == [
        0, 1, 1, 7, 50,
    ]  # fmt: skip
    assert held_back(5, 0.4, 42) == held_back(5, 0.4, 42)
    with pytest.raises(TrainingSettingsError, match="Of 1 examples, 1 would be held back"):
        held_back(1, 0.01, 1)


def test_files_for_evaluation_are_read_beside_and_never_learnt(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "a.jsonl", [turns("q", "a")])
    beside = write_rows(tmp_path / "e.json", [turns("r", "b"), turns("s", "c")])
    data = Data((file,), eval_files=(beside,))

    prepared = prepare(data, CODING)

    assert [one.file for one in prepared.examples] == [file]
    assert [one.file for one in prepared.eval_examples] == [beside, beside]
    assert [one.rows for one in prepared.eval_files] == [2]
    with pytest.raises(TrainingSettingsError, match="cannot go together"):
        prepare(replace(data, dev_ratio=0.1), CODING)
    with pytest.raises(TrainingSettingsError, match="is 1, which is not from 0 to below 1"):
        prepare(Data((file,), dev_ratio=1.0), CODING)


def test_a_bad_row_far_behind_is_named_and_stops_it(tmp_path: Path) -> None:
    rows: list[object] = [turns("q", "a")] * 500
    file = write_rows(tmp_path / "a.jsonl", [*rows, {"conversations": []}])

    with pytest.raises(
        TrainingDataError, match=r"a\.jsonl”, line 501: the conversation is empty\."
    ):
        prepare(Data((file,)), CODING)


def test_counting_says_the_same_and_can_be_stopped(tmp_path: Path) -> None:
    rows = [turns(f"q{n}", f"a{n} " * 5) for n in range(300)]
    file = write_rows(tmp_path / "a.jsonl", rows)
    data = Data((file,), max_length=20, masking=Masking.CHAT)
    job = counting(data, CODING)
    assert next(job).done_bytes <= Path(file).stat().st_size
    job.close()

    told, counts = ran(counting(data, CODING))

    assert counts == prepare(data, CODING).counts
    assert len(told) >= 5


def test_examples_come_back_as_they_were_kept_whatever_the_vocabulary() -> None:
    chance = random.Random(5)
    for vocabulary in (4096, 64_000, 125_696):
        store, made = ExampleStore(vocabulary, 2), []
        for number in range(50):
            ids = [chance.randrange(vocabulary) for _ in range(chance.randint(1, 30))]
            labels = [chance.choice((-100, one, 2)) for one in ids]
            file = f"{number // 20}.json"
            made.append(Example(array("i", ids), array("i", labels), file, number + 7, number % 3))
            store.add(made[-1])
        every = Examples(store, range(50))

        assert list(every) == made
        assert list(every[10:20:3]) == made[10:20:3]
        assert every[-1] == made[-1]
        assert every.trained_tokens == sum(one.trained_tokens for one in made)
        with pytest.raises(IndexError):
            every[50]


def test_system_messages_are_told_where_they_are_learnt(tmp_path: Path) -> None:
    row = {
        "conversations": [
            {"from": "system", "value": "s"},
            {"from": "human", "value": "q"},
            {"from": "gpt", "value": "a"},
        ]
    }
    file = write_rows(tmp_path / "a.jsonl", [row])

    published = prepare(Data((file,), layout=Layout.CONVERSATIONS), CODING)
    chat = prepare(Data((file,), masking=Masking.CHAT), CODING)

    assert str(published.notes[0]).startswith("System messages are learnt as answers")
    assert chat.notes == ()

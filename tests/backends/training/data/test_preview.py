from __future__ import annotations

from pathlib import Path

import pytest

from backends.errors import TrainingDataError
from backends.training.data.preview import shown_examples
from backends.training.values import Data, Masking
from tests.helpers.training_data import golden_coding, turns, write_rows

CODING = golden_coding("b2-7b")


def test_an_example_is_shown_token_by_token_with_what_is_learnt(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "a.json", [turns("你好", "好的👌", "</s>?", "5")])

    (one,) = shown_examples(Data((file,)), CODING, 5)

    assert "".join(token.text for token in one.tokens) == (
        "<reserved_106>你好<reserved_107>好的👌<reserved_106></s>?<reserved_107>5</s>"
    )
    assert [token.token_id for token in one.tokens if token.is_control] == [195, 196, 195, 196, 2]
    learnt = "".join(token.text for token in one.tokens if token.is_trained)
    assert learnt == "好的👌<reserved_106>5</s>"
    assert [token.learns for token in one.tokens if token.learns] == ["</s>"]
    assert (one.file, one.line, one.cut_tokens) == (file, 2, 0)


def test_what_is_cut_is_shown_as_cut_and_not_learnt(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "a.json", [turns("q", "word " * 500)])

    (one,) = shown_examples(Data((file,), max_length=6), CODING, 1)

    assert [token.is_cut for token in one.tokens] == [False] * 6 + [True] * 200
    assert one.cut_tokens > 200
    assert not any(token.is_trained for token in one.tokens if token.is_cut)


def test_only_as_many_rows_are_read_as_are_shown(tmp_path: Path) -> None:
    first = write_rows(tmp_path / "a.jsonl", [turns("q", "a")] * 3)
    Path(first).write_text(Path(first).read_text() + "no JSON\n")
    second = write_rows(tmp_path / "b.jsonl", [turns("r", "b")])

    assert len(shown_examples(Data((first,)), CODING, 3)) == 3
    assert [one.line for one in shown_examples(Data((second, first)), CODING, 3)] == [1, 1, 2]
    with pytest.raises(TrainingDataError, match="line 4: it is no JSON"):
        shown_examples(Data((first,)), CODING, 4)


def test_half_a_character_before_a_control_token_belongs_to_the_token_before(
    tmp_path: Path,
) -> None:
    """Where every byte is a token, a character shows at its last one."""
    file = write_rows(tmp_path / "a.json", [turns("\U0001fae8", "x")])

    (one,) = shown_examples(Data((file,), masking=Masking.CHAT), CODING, 1)

    begin = next(place for place, token in enumerate(one.tokens) if token.token_id == 196)
    assert "".join(token.text for token in one.tokens[1:begin]) == "\U0001fae8"
    assert one.tokens[begin - 1].text.endswith("\U0001fae8")

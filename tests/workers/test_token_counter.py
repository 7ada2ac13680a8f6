"""Tokens are counted for the model that is loaded, each text once, whatever the process does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.tokens import process
from baichuan_desktop.workers.token_counter import TokenCounter
from tests.helpers import goldens
from tests.helpers.counting import CharacterCount
from tests.ui.harness import until

CHAT = goldens.folder("b2-7b", "safetensors")
OTHER = goldens.folder("b1-7b", "safetensors")


class Heard(QObject):
    """What a counter told."""

    def __init__(self, counter: TokenCounter) -> None:
        super().__init__()
        self.counts: dict[int, tuple[int, ...]] = {}
        counter.counted.connect(self.note)

    @Slot(int, object)
    def note(self, request_id: int, counts: tuple[int, ...]) -> None:
        assert request_id not in self.counts
        self.counts[request_id] = counts

    def of(self, request_id: int) -> tuple[int, ...]:
        until(lambda: request_id in self.counts)
        return self.counts[request_id]


@pytest.fixture
def counting(app: QApplication) -> CharacterCount:
    return CharacterCount()


@pytest.fixture
def counter(counting: CharacterCount) -> Iterator[TokenCounter]:
    made = TokenCounter(counting)
    made.use_model(CHAT)
    yield made
    made.shut_down()


@pytest.fixture
def real(app: QApplication) -> Iterator[TokenCounter]:
    made = TokenCounter()
    yield made
    made.shut_down()


def _lengths(name: str, texts: Sequence[str]) -> tuple[int, ...]:
    tokenizer = goldens.tokenizer(name)
    return tuple(len(tokenizer.encode(text)) for text in texts)


def test_the_numbers_are_those_of_the_model_and_of_the_next_one(real: TokenCounter) -> None:
    heard = Heard(real)
    texts = ["你好，世界", "", "def f():\n    return 1\n" * 900]
    assert heard.of(real.ask(texts)) == (), "no model is loaded yet"
    real.use_model(CHAT)
    assert heard.of(real.ask(texts)) == _lengths("b2-7b", texts)
    real.use_model(OTHER)
    assert heard.of(real.ask(texts)) == _lengths("b1-7b", texts)
    real.use_model(Path("/nowhere"))
    assert heard.of(real.ask(texts)) == ()
    assert not real.can_count


def test_a_process_that_breaks_off_leaves_one_question_unanswered(
    real: TokenCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard(real)
    real.use_model(CHAT)
    with monkeypatch.context() as patched:
        patched.setattr(process, "command", lambda: ["/nowhere/python"])
        assert heard.of(real.ask(["one"])) == ()
    assert heard.of(real.ask(["two"])) == _lengths("b2-7b", ["two"])


def test_each_text_is_counted_once_and_short_ones_come_first(
    counter: TokenCounter, counting: CharacterCount
) -> None:
    heard = Heard(counter)
    long = "x" * 300_000
    first, second = counter.ask([long, "ab"]), counter.ask(["ab", "abc"])
    assert heard.of(first) == (300_000, 2)

    assert heard.counts == {first: (300_000, 2), second: (2, 3)}
    assert list(heard.counts) == [second, first]
    assert heard.of(counter.ask(["abc", long, "abc"])) == (3, 300_000, 3)
    assert counting.asked == ["ab", "abc", long]
    assert counter.known("abc") == 3
    assert counter.known("abcd") is None


def test_another_model_answers_what_was_asked_of_the_one_before_with_nothing(
    counter: TokenCounter, counting: CharacterCount
) -> None:
    heard = Heard(counter)
    changes: list[bool] = []
    counter.model_changed.connect(lambda: changes.append(counter.can_count))
    before = counter.ask(["a"])
    counting.is_held = True
    until(lambda: counting.asked == ["a"])
    counter.use_model(OTHER)
    counting.is_held = False
    after = counter.ask(["a"])

    assert heard.of(after) == (1,)
    assert heard.counts[before] == ()
    assert counting.asked == ["a", "a"]
    counter.use_model(OTHER)
    counter.use_model(None)
    assert changes == [True, False]


def test_what_is_forgotten_is_not_answered(counter: TokenCounter) -> None:
    heard = Heard(counter)
    forgotten, wanted = counter.ask(["a"]), counter.ask(["b"])
    counter.forget(forgotten)

    assert heard.of(wanted) == (1,)
    assert forgotten not in heard.counts


def test_a_text_without_tokens_of_its_own_is_not_known(
    counter: TokenCounter, counting: CharacterCount
) -> None:
    heard = Heard(counter)
    counting.unknown = "?"

    assert heard.of(counter.ask(["a", "?"])) == ()
    assert heard.of(counter.ask(["a"])) == (1,)


def test_nothing_runs_after_the_end(counter: TokenCounter) -> None:
    """A window that closes asks now and then still; a timer would outlive it."""
    counter.shut_down()

    counter.ask(["later"])
    counter.use_model(OTHER)

    assert not any(timer.isActive() for timer in counter.findChildren(QTimer))


def test_one_text_that_ends_the_process_leaves_the_others_counted(
    counter: TokenCounter, counting: CharacterCount
) -> None:
    heard = Heard(counter)
    counting.unbearable = "!!"
    others, with_it = counter.ask(["a", "bcd"]), counter.ask(["a", "!!"])
    assert heard.of(others) == (1, 3)
    assert heard.of(with_it) == ()
    counting.unbearable = None
    assert heard.of(counter.ask(["!!"])) == (), "it is not asked again and again"
    counter.use_model(CHAT)  # loaded again
    assert heard.of(counter.ask(["!!"])) == (2,)

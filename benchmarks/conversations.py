"""How long the store takes with thousands of conversations, and how large its index is.

    PYTHONPATH=. python benchmarks/conversations.py
    PYTHONPATH=. python benchmarks/conversations.py --conversations 200

Texts are made of words as languages have them: few are frequent, most are rare. Every search for
hanzi is compared with what LIKE finds. Beside the time that passes stands that of the processor,
which other programs change little. The exit code is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.prompts import messages_of, newest_of
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Status

#: What has to hold, in milliseconds of the median.
LIST_MS: Final = 200.0
SEARCH_MS: Final = 100.0
BRANCH_MS: Final = 300.0
PROMPT_MS: Final = 200.0
#: Bytes of the index for a byte of text.
INDEX_SHARE: Final = 1.0

_MESSAGES = 20  #: a conversation
_LONG_BRANCH = 10_000
_CONTEXT, _LONGEST_TOKEN = 4096, 32  #: of Baichuan 2
_TIMES = 5
_ALL = 10**9  # hits


class Writing:
    """Makes texts, the same ones each time."""

    def __init__(self, seed: int = 1) -> None:
        self._draw = random.Random(seed)
        hanzi = [chr(0x4E00 + self._draw.randrange(6000)) for _ in range(3000)]
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        self._hanzi = self._words(hanzi, 12_000, (1, 2, 2, 2, 3, 4))
        self._latin = self._words(letters, 8000, (2, 3, 4, 5, 6, 7, 8, 9))
        self._weights = [
            list(itertools.accumulate(1 / (place + 5) for place in range(len(words))))
            for words in (self._hanzi, self._latin)
        ]

    def _words(self, letters: list[str] | str, count: int, lengths: tuple[int, ...]) -> list[str]:
        draw = self._draw
        return ["".join(draw.choices(letters, k=draw.choice(lengths))) for _ in range(count)]

    def text(self) -> str:
        """A text of 300 characters in the mean: hanzi, Latin words, or both."""
        is_latin = self._draw.random() < 0.4
        chinese = self._some(0, self._draw.randrange(20, 160))
        parts = ["".join(chinese[start : start + 7]) for start in range(0, len(chinese), 7)]
        english = " ".join(self._some(1, self._draw.randrange(4, 100)))
        return english if is_latin else f"{'，'.join(parts)}。{english[: len(english) // 4]}"

    def title(self) -> str:
        """A title."""
        return "".join(self._some(0, 5))

    def _some(self, language: int, count: int) -> list[str]:
        words = (self._hanzi, self._latin)[language]
        return self._draw.choices(words, cum_weights=self._weights[language], k=count)


def fill(store: ConversationStore, conversations: int, messages: int, writing: Writing) -> None:
    """Have a store hold so many conversations of so many messages."""
    for number in range(conversations):
        one = Conversation(store.new_id(), writing.title(), float(number), float(number))
        store.put_conversation(one)
        parent = None
        for place in range(messages):
            role = Role.ASSISTANT if place % 2 else Role.USER
            key = store.new_id()
            store.put_message(
                ChatMessage(key, one.id, parent, role, writing.text(), Status.FINISHED, 1.0)
            )
            parent = key
        store.put_conversation(replace(one, head=parent))
        if number % 100 == 0 and not store.flush(600.0):
            raise OSError(str(store.state.unsaved))


def queries(texts: list[str]) -> dict[str, str]:
    """What is searched for, of what occurs in the texts, by what it is."""
    singles: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    triples: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for text in texts:
        hanzi = [char if char >= "\u3400" and char.isalpha() else " " for char in text]
        for counts, length in ((singles, 1), (pairs, 2), (triples, 3)):
            runs = ("".join(hanzi[place : place + length]) for place in range(len(hanzi)))
            counts.update(run for run in runs if len(run) == length and " " not in run)
        words.update(word for word in text.split() if word.isascii() and word.isalpha())
    frequent = [one for one, _ in singles.most_common(40)]
    absent = next(
        one + other
        for one, other in itertools.product(frequent, frequent)
        if not any(one + other in text for text in texts)
    )
    # Pairs that are frequent each, in an order in which they seldom or never follow each other.
    seldom = next(
        first + second[1]
        for first, second in itertools.product(
            [pair for pair, _ in pairs.most_common(300)], repeat=2
        )
        if first[1] == second[0] and triples[first + second[1]] == 0
    )
    return {
        "1 hanzi, frequent": frequent[0],
        "1 hanzi, rare": singles.most_common()[-1][0],
        "2 hanzi, frequent": pairs.most_common(1)[0][0],
        "2 hanzi, rare": pairs.most_common()[-1][0],
        "3 hanzi, frequent": triples.most_common(1)[0][0],
        "3 hanzi of frequent pairs, absent": seldom,
        "2 hanzi, absent": absent,
        "a word": words.most_common(30)[-1][0],
        "the beginning of words": words.most_common(1)[0][0][:1],
        "an absent word": "qqqqzzzz",
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    value: float
    goal: float
    unit: str
    note: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the goal is."""
        return self.value > self.goal

    def __str__(self) -> str:
        missed = "  MISSED" if self.is_missed else ""
        return (
            f"{self.name:<36}{self.value:9.2f} {self.unit:<3} of {self.goal:g}{missed}  {self.note}"
        )


def _timed(name: str, goal: float, action: Callable[[], object], note: str = "") -> Row:
    """The median of some runs, after one that is not counted."""
    action()
    passed, worked = [], []
    for _ in range(_TIMES):
        begins, works = time.perf_counter(), time.process_time()
        action()
        passed.append(1000 * (time.perf_counter() - begins))
        worked.append(1000 * (time.process_time() - works))
    return Row(name, median(passed), goal, "ms", f"processor {median(worked):.2f} ms  {note}")


def measure(file: Path, conversations: int, long_branch: int = _LONG_BRANCH) -> Iterator[Row]:
    """Fill a file, and give a row for each thing that is measured."""
    store = ConversationStore(file)
    writing = Writing()
    fill(store, conversations, _MESSAGES, writing)
    store.flush(600.0)
    with closing(sqlite3.connect(file)) as oracle:
        texts = [text for (text,) in oracle.execute("SELECT text FROM messages")]
        titles = [title for (title,) in oracle.execute("SELECT title FROM conversations")]
        text_bytes = sum(len(text.encode()) for text in itertools.chain(texts, titles))
        index_bytes = sum(
            oracle.execute(
                f"SELECT coalesce(sum(length({what})), 0) FROM found_{table}"
            ).fetchone()[0]
            for table, what in (("data", "block"), ("idx", "term"))
        )
        note = f"{len(titles)} conversations of {_MESSAGES} messages, {text_bytes / 2**20:.0f} MiB"
        yield _timed("list of all conversations", LIST_MS, store.conversations, note)
        yield Row("index for a byte of text", index_bytes / text_bytes, INDEX_SHARE, "")
        for name, query in queries(texts).items():
            note = f"“{query}”: {len(store.search(query, _ALL))} hits"
            yield _timed(f"search: {name}", SEARCH_MS, partial(store.search, query), note)
            if not query.isascii() and (wrong := _differences(store, oracle, query)):
                yield Row(f"hits that LIKE does not have: {query}", wrong, 0.0, "")
    before = {one.id for one in store.conversations()}
    fill(store, 1, long_branch, writing)
    store.flush(600.0)
    (head,) = {one.head for one in store.conversations() if one.id not in before}
    note = f"{len(store.branch(head))} messages"
    yield _timed("ids of a long branch", BRANCH_MS, partial(store.branch, head), note)
    window = store.branch(head)[-80:]
    yield _timed("80 messages of it", BRANCH_MS, partial(store.messages, window))
    texts_read = len(_for_prompt(store, head))
    note = f"{texts_read} of its messages, of {_LONGEST_TOKEN} characters a token"
    yield _timed(
        "the prompt of a question in it", PROMPT_MS, partial(_for_prompt, store, head), note
    )
    store.close()


def _for_prompt(store: ConversationStore, head: int | None) -> list[Message]:
    """What the window's thread reads to ask about the last message."""
    branch = store.branch(head)
    newest = newest_of(
        store.outlines(branch), context_length=_CONTEXT, longest_token=_LONGEST_TOKEN
    )
    return messages_of(store.messages(branch[newest.first :]))


def _differences(store: ConversationStore, oracle: sqlite3.Connection, query: str) -> int:
    """How many hits are in one of both only."""
    like = (f"%{query}%",)
    expected = set(oracle.execute("SELECT id FROM messages WHERE text LIKE ?", like))
    expected |= {
        (-number,)
        for (number,) in oracle.execute("SELECT id FROM conversations WHERE title LIKE ?", like)
    }
    found = {(hit.message_id or -hit.conversation_id,) for hit in store.search(query, _ALL)}
    return len(expected ^ found)


def main() -> int:
    """Measure and print; 1 if a goal is missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--conversations", type=int, default=5000)
    wanted = arguments.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder) / "conversations.sqlite3", wanted.conversations):
            print(row, flush=True)
            missed |= row.is_missed
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

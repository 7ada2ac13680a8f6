"""Examples in little memory: of a million of them, no object is held for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import overload

from typing_extensions import override

from .values import IGNORED, Example

_SMALL_IDS = 2**16


class ExampleStore:
    """All examples that were made, one after the other; only `add` changes it.

    An id takes two bytes where the vocabulary allows it, otherwise four; its label one.
    """

    def __init__(self, vocab_size: int, eos: int) -> None:
        """`vocab_size` ids there are at most; a label is IGNORED, `eos`, or the id of its place."""
        self._ids = array("H" if vocab_size <= _SMALL_IDS else "i")
        self._labels = bytearray()
        self._eos = eos
        self._begins = array("q", [0])
        self._lines = array("q")
        self._cut = array("q")
        self._files: list[str] = []
        self._first_of_file = array("q")

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, example: Example) -> None:
        """Keep one more; examples of a file come one after the other."""
        if not self._files or self._files[-1] != example.file:
            self._files.append(example.file)
            self._first_of_file.append(len(self))
        self._ids.extend(array(self._ids.typecode, example.ids))
        self._labels.extend(map(self._code, example.ids, example.labels))
        self._begins.append(len(self._ids))
        self._lines.append(example.line)
        self._cut.append(example.cut_tokens)

    def example(self, number: int) -> Example:
        """An example as it was added."""
        begin, end = self._begins[number], self._begins[number + 1]
        ids = array("i", self._ids[begin:end])
        labels = array("i", map(self._label, ids, self._labels[begin:end]))
        file, line = self._place(number)
        return Example(ids, labels, file, line, self._cut[number])

    def length(self, number: int) -> int:
        """How many ids an example has."""
        return self._begins[number + 1] - self._begins[number]

    def trained_tokens(self, number: int) -> int:
        """How many of its tokens are learnt."""
        begin, end = self._begins[number] + 1, self._begins[number + 1]
        return end - begin - self._labels.count(0, begin, end)

    def _place(self, number: int) -> tuple[str, int]:
        low, high = 0, len(self._files)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._first_of_file[middle] <= number else (low, middle)
        return self._files[low], self._lines[number]

    def _code(self, token_id: int, label: int) -> int:
        if label == IGNORED:
            return 0
        if label == token_id:
            return 1
        if label != self._eos:
            raise ValueError(f"the label of {token_id} is {label}")
        return 2

    def _label(self, token_id: int, code: int) -> int:
        return (IGNORED, token_id, self._eos)[code]


class Examples(Sequence[Example]):
    """Some of the examples of a store, in its order; each is made when it is asked for."""

    def __init__(self, store: ExampleStore, numbers: Iterable[int]) -> None:
        self._store = store
        self._numbers = array("q", numbers)

    @override
    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> Examples: ...

    @override
    def __getitem__(self, index: int | slice) -> Example | Examples:
        if isinstance(index, slice):
            return Examples(self._store, self._numbers[index])
        return self._store.example(self._numbers[index])

    @property
    def lengths(self) -> array[int]:
        """How many ids each has."""
        return array("q", map(self._store.length, self._numbers))

    @property
    def trained_tokens(self) -> int:
        """How many tokens of all are learnt."""
        return sum(map(self._store.trained_tokens, self._numbers))

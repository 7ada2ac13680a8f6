"""A stand-in for the library that Windows is asked through."""

from __future__ import annotations

from collections.abc import Callable

#: What a function that opens something gives where it cannot: -1, as large as a pointer.
INVALID_HANDLE = 2**64 - 1


class Kernel32:
    """Notes what it is asked, and answers with what was prepared."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            self.calls.append((name, *arguments))
            answer = self.answers.get(name, 1)
            return answer(*arguments) if callable(answer) else answer

        return call

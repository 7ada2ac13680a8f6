"""What every error for a person has: a sentence with facts, a hint and a topic of the manual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..phrases import Fact, Phrase, formatted, on_one_line

GIB = 2**30


def apart_in_gib(needed_bytes: int, free_bytes: int) -> tuple[float, float]:
    """Both in GiB, rounded to a tenth of it: more than is free is never shown as equal.

    What is free has one figure wherever it is shown; what is needed gives way.

    >>> "{:.1f} of {:.1f}".format(*apart_in_gib(340 * 2**20, 330 * 2**20))
    '0.4 of 0.3'
    """
    needed, free = in_gib(needed_bytes), in_gib(free_bytes)
    if needed_bytes > free_bytes and needed <= free:
        needed = round(free + 0.1, 1)
    return needed, free


def in_gib(count: int) -> float:
    """Bytes in GiB, rounded to a tenth as they are shown."""
    return round(count / GIB, 1)


def system_reason(error: OSError | ValueError) -> str:
    """What the system says of a file, as a part of a sentence: without a number and a path."""
    return getattr(error, "strerror", None) or str(error)


class UserFacingError(Exception):
    """Something a person at the screen can understand and act on.

    `template` and `hint` are English; the window looks its own language up by them and formats
    the same facts. A hint with facts of its own is a Phrase.
    """

    #: A heading of ``docs/troubleshooting.md``.
    help_topic: ClassVar[str] = "something-else"

    def __init__(self, template: str, *, hint: str | Phrase = "", **facts: Fact) -> None:
        self.template = template
        self.hint = hint
        self.facts: Mapping[str, Fact] = on_one_line(facts)
        self.message = formatted(template, self.facts)
        super().__init__(self.message)
        if hint:
            self.add_note(str(hint))  # which Python prints below the sentence

    def __reduce__(self) -> tuple[object, ...]:
        return (rebuild, (type(self), self.template, self.hint, self.facts))


def rebuild(
    cls: type[UserFacingError], template: str, hint: str | Phrase, facts: Mapping[str, Fact]
) -> UserFacingError:
    """Make an error of `cls` from its sentence, past the constructor that takes facts."""
    error = cls.__new__(cls)
    UserFacingError.__init__(error, template, hint=hint, **facts)
    return error

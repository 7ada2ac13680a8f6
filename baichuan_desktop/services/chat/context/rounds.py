"""The rounds of a branch: a question with what follows it, until the next question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.prompts import read_places
from baichuan_desktop.services.chat.values import Outline


@dataclass(frozen=True, slots=True)
class Round:
    """Messages that are given to a model together, or not at all."""

    first: int  #: the id of the message that begins it
    question: int | None  #: the same, if it is a question
    read: tuple[int, ...]  #: the ids of the messages that the model reads
    shown: int  #: messages of the branch that belong to it, read or not


def rounds_of(branch: Sequence[int], outlines: Sequence[Outline], *, goes_on: bool) -> list[Round]:
    """The rounds of a branch, oldest first; with `goes_on`, another question follows it.

    A question that got no answer is not read then, nor is an answer of nothing.
    """
    turns = [(one.role, one.characters > 0) for one in outlines]
    if goes_on:
        turns = [*turns, (Role.USER, True)]
    read = set(read_places(turns))
    begins = [place for place, one in enumerate(outlines) if one.role is Role.USER]
    if branch and (not begins or begins[0] > 0):
        begins.insert(0, 0)
    made = []
    for begin, end in pairwise([*begins, len(branch)]):
        question = branch[begin] if outlines[begin].role is Role.USER else None
        ids = tuple(branch[place] for place in range(begin, end) if place in read)
        made.append(Round(branch[begin], question, ids, end - begin))
    return made


def without_left_out(
    branch: Sequence[int], roles: Sequence[Role], left_out: Collection[int]
) -> list[int]:
    """A branch without the rounds of these questions; its last round is what is asked about."""
    last = max((place for place, role in enumerate(roles) if role is Role.USER), default=0)
    kept: list[int] = []
    is_out = False
    for place, (one, role) in enumerate(zip(branch, roles, strict=True)):
        if role is Role.USER:
            is_out = one in left_out and place < last
        if not is_out:
            kept.append(one)
    return kept

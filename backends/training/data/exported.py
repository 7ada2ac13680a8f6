"""Conversations that this app exported: of each, the branch that is shown.

What the model would read of it now is learnt: rounds that the person left out of the prompt are
not, and neither are answers that never came to their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ...phrases import Phrase
from ...text.chat_template import Message, Role
from .remarks import Remark, Remarks
from .values import Conversation, RowFault

FORMAT: Final = "baichuan-desktop-conversations"
VERSION: Final = 1  #: the newest that is read here
LIST: Final = "conversations"  #: the field of a file that has them
_ROLES: Final = {"user": Role.USER, "assistant": Role.ASSISTANT}
_FINISHED: Final = "finished"
_TEXT: Final = "text"

_Fields = Mapping[str, object]


def is_file(value: _Fields) -> bool:
    """Whether this is a whole file of exported conversations."""
    return value.get("format") == FORMAT


def is_conversation(value: _Fields) -> bool:
    """Whether this is one exported conversation."""
    return isinstance(value.get("conversation"), dict) and isinstance(value.get("messages"), list)


def require_known(head: _Fields) -> None:
    """Raise RowFault for a file of a later version."""
    version = head.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise RowFault(Phrase("a later version of this app exported it, in a form of its own"))


def conversations_of(
    value: _Fields, file: str, line: int, remarks: Remarks
) -> Iterator[Conversation]:
    """What there is to learn of a file, or of one conversation of it.

    Raises RowFault.
    """
    if is_file(value):
        require_known(value)
        for one in _list(value, LIST):
            if not isinstance(one, dict):
                raise RowFault(Phrase("it is no conversation that this app exported"))
            yield from conversations_of(one, file, line, remarks)
        return
    if not is_conversation(value):
        raise RowFault(Phrase("it is no conversation that this app exported"))
    about = value["conversation"]
    assert isinstance(about, dict)
    if about.get("kind") == _TEXT:
        remarks.add(Remark.TEXT_LEFT_OUT, line)
        return
    branch = _branch(about.get("head"), _list(value, "messages"))
    if any(one.get("attachments") for one in branch):
        remarks.add(Remark.DOCUMENTS_LEFT_OUT, line)
        return
    messages = tuple(_learnt(branch, _left_out(about), line, remarks))
    if not messages:
        remarks.add(Remark.UNANSWERED_LEFT_OUT, line)
        return
    system = about.get("system_prompt", "")
    system = system if isinstance(system, str) and system.strip() else ""
    yield Conversation(messages, file, line, system)


def _list(value: _Fields, name: str) -> Sequence[object]:
    found = value.get(name)
    if not isinstance(found, list):
        raise RowFault(Phrase("“{name}” is not a list", name=name))
    return found


def _left_out(about: _Fields) -> frozenset[object]:
    settings = about.get("settings")
    ids = settings.get("left_out") if isinstance(settings, dict) else None
    return frozenset(filter(_is_id, ids)) if isinstance(ids, list) else frozenset()


def _branch(head: object, messages: Iterable[object]) -> list[_Fields]:
    """The messages from the first one to the head."""
    by_id: dict[int, _Fields] = {}
    for one in messages:
        if not isinstance(one, dict) or not _is_id(one.get("id")):
            raise RowFault(Phrase("a message of it has no id"))
        by_id[one["id"]] = one
    branch: list[_Fields] = []
    seen: set[object] = set()
    while head is not None:
        if not _is_id(head) or head in seen or head not in by_id:
            raise RowFault(Phrase("its messages do not follow one another"))
        seen.add(head)
        branch.append(by_id[head])
        head = by_id[head].get("parent")
    return branch[::-1]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class _Said:
    """A message of the branch, and what is known of it."""

    message: Message
    id: object
    is_finished: bool

    @property
    def is_answer(self) -> bool:
        return self.message.role is Role.ASSISTANT


def _learnt(
    branch: Sequence[_Fields], left_out: frozenset[object], line: int, remarks: Remarks
) -> Iterator[Message]:
    """The rounds with nothing but finished answers of something, which nobody left out."""
    said = [_Said(_message(one), one.get("id"), one.get("status") == _FINISHED) for one in branch]
    for question, answers in _rounds(said):
        texts = [one.message for one in answers if one.message.text]
        if question.id in left_out:
            remarks.add(Remark.ROUND_LEFT_OUT, line)
        elif not texts or not all(one.is_finished for one in answers):
            remarks.add(Remark.UNFINISHED_LEFT_OUT, line)
        else:
            yield question.message
            yield from texts


def _rounds(said: Sequence[_Said]) -> Iterator[tuple[_Said, Sequence[_Said]]]:
    """Each question with the answers that follow it; an answer before all of them has none."""
    begins = [place for place, one in enumerate(said) if not one.is_answer]
    for begin, end in pairwise([*begins, len(said)]):
        yield said[begin], said[begin + 1 : end]


def _message(fields: _Fields) -> Message:
    role, text = fields.get("role"), fields.get("text")
    if role not in _ROLES or not isinstance(role, str):
        raise RowFault(Phrase("a message of it has the role “{role}”", role=str(role)[:40]))
    if not isinstance(text, str):
        raise RowFault(Phrase("a message of it has no text"))
    return Message(_ROLES[role], text)

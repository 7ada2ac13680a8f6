"""A tree of messages as a stranger's file has it, grown into a conversation of ours.

Ids are made from what stands in the file: who imports the same file once more, or a later export of
the same conversations, gets the same ids, and nothing twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backends.printable import one_line
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.titles import title_of
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    Folder,
    Status,
)
from baichuan_desktop.services.exchange.values import Origin, ReadConversation, Rest, count_in

RANDOM_BITS: Final = 21  #: of an id, below its milliseconds
_LAST_MS: Final = 2**42 - 2**20
_LONGEST_TITLE: Final = 200
_APART: Final = "\n\n"  #: between the pieces of an answer


@dataclass(frozen=True, slots=True)
class Node:
    """A message of a file, or what only stands between two of them."""

    key: str
    parent: str | None
    role: Role | None = None  #: None: nothing of it is shown
    text: str = ""
    created: float | None = None
    model: str = ""
    status: Status = Status.FINISHED
    details: AnswerDetails | None = None  #: of an answer, where the file says any


@dataclass(frozen=True, slots=True)
class Frame:
    """A conversation of a file without its messages."""

    origin: Origin
    key: str  #: names it in all exports of the same program
    title: str
    created: float | None
    updated: float | None
    current: str | None  #: the key of the last message of the branch that is shown
    system_prompt: str = ""
    is_pinned: bool = False
    folder: str = ""  #: its name


def id_for(created: float, *names: str, after: int = 0) -> int:
    """An id of 63 bits that grows with the time, the same for the same names; `after` another."""
    least = (after >> RANDOM_BITS) + 1 if after else 1
    milliseconds = min(max(round(created * 1000), least), _LAST_MS)
    digest = hashlib.blake2b("\0".join(names).encode("utf-8", "surrogatepass"), digest_size=8)
    low = int.from_bytes(digest.digest(), "big") >> (64 - RANDOM_BITS)
    return milliseconds << RANDOM_BITS | low


def grown(frame: Frame, nodes: Sequence[Node], rest: Rest) -> ReadConversation | None:
    """The conversation of a file; None where nobody says anything in it.

    `nodes` are in any order but for versions of the same message, the oldest of which is first. A
    node whose parent is not among them begins a branch.
    """
    ordered, places = _ordered(nodes, rest)
    kept = _kept(ordered)
    if not kept.nodes:
        return None
    times = [one.created for one in kept.nodes if one.created is not None]
    created = frame.created or min(times, default=0.0)
    updated = frame.updated or max(times, default=created)
    conversation_id = id_for(created, frame.origin, frame.key)
    messages: dict[str, ChatMessage] = {}
    newest: dict[str | None, int] = {}  # among the versions that follow the same message
    used: set[int] = set()
    for one in kept.nodes:
        above = messages.get(one.parent) if one.parent is not None else None
        when = one.created or (above.created if above is not None else created)
        least = max(above.id if above is not None else 0, newest.get(one.parent, 0))
        number = id_for(when, frame.origin, frame.key, one.key, after=least)
        while number in used:
            number += 1
        used.add(number)
        newest[one.parent] = number
        is_answer = one.role is Role.ASSISTANT
        messages[one.key] = ChatMessage(
            number,
            conversation_id,
            above.id if above is not None else None,
            one.role or Role.USER,
            one.text,
            one.status,
            when,
            model=one_line(one.model[:_LONGEST_TITLE]) if is_answer else "",
            details=(one.details or AnswerDetails()) if is_answer else None,
        )
    conversation = Conversation(
        conversation_id,
        _title(frame.title) or _made_title(kept.nodes),
        created,
        max(updated, created),
        head=_head(frame.current, messages, kept.merged, places),
        has_own_title=bool(_title(frame.title)),
        is_pinned=frame.is_pinned,
        system_prompt=frame.system_prompt,
    )
    folder = None
    if name := _title(frame.folder):
        folder = Folder(id_for(0, frame.origin, "folder", name), name, 0)
        conversation = replace(conversation, folder_id=folder.id)
    return ReadConversation(conversation, tuple(messages.values()), (), folder, rest)


def _title(text: str) -> str:
    return one_line(" ".join(text[: 4 * _LONGEST_TITLE].split())[:_LONGEST_TITLE]).strip()


def _made_title(nodes: Iterable[Node]) -> str:
    return next((title for one in nodes if (title := title_of(one.text))), "")


# --- order -----------------------------------------------------------------------------------


def _ordered(nodes: Sequence[Node], rest: Rest) -> tuple[list[Node], Mapping[str, str | None]]:
    """Each node once, after what it follows; and what each follows. Circles are cut open."""
    known: dict[str, Node] = {}
    for one in nodes:
        known.setdefault(one.key, one)
    if len(known) < len(nodes):  # a message has the name of another one
        count_in(rest.left_out, "id", len(nodes) - len(known))
    parents: dict[str, str | None] = {
        one.key: one.parent if one.parent in known else None for one in known.values()
    }
    following: dict[str | None, list[str]] = {}
    for name, parent in parents.items():
        following.setdefault(parent, []).append(name)
    ordered: dict[str, Node] = {}
    for root in [*following.get(None, ()), *known]:
        if root in ordered:
            continue
        if parents[root] is not None:  # it follows itself
            parents[root] = None
            count_in(rest.left_out, "parent")
        pending = [root]
        while pending:
            name = pending.pop()
            if name not in ordered:
                ordered[name] = replace(known[name], parent=parents[name])
                pending += reversed(following.get(name, ()))
    return list(ordered.values()), parents


@dataclass(frozen=True, slots=True)
class _Kept:
    nodes: list[Node]  #: each follows one of them, or none
    merged: Mapping[str, str]  #: the key of the message in which a node is shown, by its own


def _kept(ordered: Sequence[Node]) -> _Kept:
    """Those that somebody says; the pieces of one answer are one message.

    What lies between two of them, as a call of a tool, is passed over.
    """
    shown: dict[str, str | None] = {}  # the nearest message at or above each node
    children: Counter[str | None] = Counter()  # said after each message that is shown
    for one in ordered:
        above = shown[one.parent] if one.parent is not None else None
        shown[one.key] = above if one.role is None else one.key
        if one.role is not None:
            children[above] += 1
    merged: dict[str, str] = {}
    made: dict[str, Node] = {}
    texts: dict[str, list[str]] = {}
    for one in ordered:
        above = shown[one.parent] if one.parent is not None else None
        into = merged.get(above) if above is not None else None
        if one.role is None:
            if into is not None:
                merged[one.key] = into
            continue
        before = made.get(into) if into is not None else None
        is_piece = (
            before is not None
            and before.role is one.role is Role.ASSISTANT
            and children[above] == 1
        )
        if before is not None and is_piece:
            merged[one.key] = before.key
            texts[before.key].append(one.text)
            made[before.key] = replace(
                before,
                model=one.model or before.model,
                status=one.status,
                details=one.details,
            )
        else:
            merged[one.key] = one.key
            made[one.key] = replace(one, parent=into)
            texts[one.key] = [one.text]
    nodes = [
        replace(one, text=_APART.join(text for text in texts[name] if text))
        for name, one in made.items()
    ]
    return _Kept(nodes, merged)


def _head(
    current: str | None,
    messages: Mapping[str, ChatMessage],
    merged: Mapping[str, str],
    parents: Mapping[str, str | None],
) -> int:
    """The message at the end of the branch that was shown; where nobody knows it, the newest."""
    seen: set[str] = set()
    while current is not None and current not in seen:
        seen.add(current)
        if current in merged:
            return messages[merged[current]].id
        current = parents.get(current)
    inner = {one.parent for one in messages.values()}
    return max(one.id for one in messages.values() if one.id not in inner)

"""What a killed process had handed over to the store, and whether the store still has it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from baichuan_desktop.services.chat.values import Status

FILE: Final = "conversations.sqlite3"

#: What may be missing of a text: what was handed over in the last seconds before the kill.
MOST_LOST_SECONDS: Final = 0.25


@dataclass(slots=True)
class Handed:
    """A message as it was handed over."""

    pieces: list[tuple[float, str]] = field(default_factory=list)  #: time, text that was added
    status: str = Status.WRITING.value
    ended_at: float | None = None
    is_saved: bool = False  #: the store said that all of it is on the disk

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(text for _, text in self.pieces)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a window opened with: a conversation, its draft, and the last message of it."""

    conversation_id: int | None
    draft: str
    head: int | None
    text: str | None  #: of the last message, as it is shown
    is_writing: bool  #: that message, as it is shown


@dataclass(slots=True)
class Record:
    """What one process handed over; of a window, also what it opened with and showed last."""

    conversations: dict[int, tuple[float, bool]] = field(default_factory=dict)  #: time, is saved
    messages: dict[int, Handed] = field(default_factory=dict)
    drafts: dict[int, list[tuple[float, str]]] = field(default_factory=dict)  #: by conversation
    documents: dict[int, tuple[int, str]] = field(default_factory=dict)  #: question, text
    opened: Opened | None = None
    shown: tuple[int | None, ...] = ()  #: the conversation; one after another while it changes
    #: How long the machine held the process up, at the most: between two lines that follow each
    #: other at once, until a commit had come, or for the few bytes that are synchronised meanwhile.
    stall_seconds: float = 0.0

    @classmethod
    def read(cls, file: Path) -> Record:
        """The record that a process left; its last line may be half a line."""
        made = cls()
        before: float | None = None
        for line in file.read_bytes().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                break
            made._add(entry)
            if entry["what"] == "drive":
                made.stall_seconds = max(made.stall_seconds, entry["seconds"])
                continue
            if before is not None:
                made.stall_seconds = max(made.stall_seconds, entry["at"] - before)
            before = entry["at"]
        return made

    def _add(self, entry: Mapping[str, Any]) -> None:
        match entry["what"]:
            case "opened":
                keys = ("id", "draft", "head", "text", "is_writing")
                self.opened = Opened(*(entry[key] for key in keys))
                self.shown = (entry["id"],)
            case "shown":
                self.shown = (entry["id"],)
            case "asked":
                # What is open is remembered before it is told as shown: a kill may come between.
                self.shown = (*self.shown, entry["id"])
            case "draft":
                self.drafts.setdefault(entry["id"], []).append((entry["at"], entry["text"]))
            case "document":
                self.documents[entry["id"]] = entry["question"], entry["text"]
            case "conversation":
                self.conversations[entry["id"]] = entry["at"], False
                self.shown = (*self.shown, entry["id"])  # it is about to be
            case "begun":
                self.messages[entry["id"]] = Handed()
            case "piece":
                self.messages[entry["id"]].pieces.append((entry["at"], entry["text"]))
            case "ended":
                message = self.messages.setdefault(entry["id"], Handed())
                if not message.pieces:
                    message.pieces.append((entry["at"], entry["text"]))
                assert message.text == entry["text"]
                message.status, message.ended_at = entry["status"], entry["at"]
            case "saved":
                self.conversations = {
                    one: (at, True) for one, (at, _) in self.conversations.items()
                }
                for message in self.messages.values():
                    message.is_saved = True


@dataclass(slots=True)
class Losses:
    """What is not as it must be."""

    conversations: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)  #: messages that had ended, or are no prefix
    drafts: list[int] = field(default_factory=list)  #: of these conversations
    documents: list[int] = field(default_factory=list)  #: of questions that are there
    unsettled: list[int] = field(default_factory=list)  #: are being written for ever
    lost_seconds: float = 0.0  #: of text, at the most
    integrity: str = "ok"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the file holds."""

    integrity: str  #: what SQLite says of it
    conversations: Mapping[int, tuple[int | None, str]]  #: last message and draft
    messages: Mapping[int, tuple[str, str]]  #: status and text
    documents: Mapping[int, str] = field(default_factory=dict)  #: their texts

    @classmethod
    def read(cls, file: Path) -> Stored:
        """What a file holds whose process was killed."""
        with closing(sqlite3.connect(file)) as connection:
            integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
            there = connection.execute("SELECT id, head, draft FROM conversations").fetchall()
            rows = connection.execute("SELECT id, status, text FROM messages").fetchall()
            documents = dict(connection.execute("SELECT id, text FROM documents"))
        return cls(
            integrity,
            {number: (head, draft) for number, head, draft in there},
            {number: (status, text) for number, status, text in rows},
            documents,
        )


def losses_in(stored: Stored, record: Record, killed_at: float, most_lost_seconds: float) -> Losses:
    """Compare what there is with what was handed over until a moment of the monotonic clock."""
    found = Losses(integrity=stored.integrity)
    must_be_there = killed_at - most_lost_seconds
    for key, (at, is_saved) in record.conversations.items():
        if key not in stored.conversations and (is_saved or at <= must_be_there):
            found.conversations.append(key)
    for key, drafts in record.drafts.items():
        if key in stored.conversations:
            older = [number for number, (at, _) in enumerate(drafts) if at <= must_be_there]
            possible = [text for _, text in drafts[older[-1] if older else 0 :]]
            if older and stored.conversations[key][1] not in possible:
                found.drafts.append(key)
    for key, (question, text) in record.documents.items():
        if question in stored.messages and stored.documents.get(key) != text:
            found.documents.append(key)
    for key, message in record.messages.items():
        status, text = stored.messages.get(key, (Status.WRITING.value, ""))
        had_ended = message.ended_at is not None and (
            message.is_saved or message.ended_at <= must_be_there
        )
        has_ended = status not in (Status.WRITING, Status.BROKEN)
        is_other = (status, text) != (message.status, message.text)
        if is_other and (had_ended or has_ended or not message.text.startswith(text)):
            found.changed.append(key)
        found.lost_seconds = max(
            found.lost_seconds, killed_at - _first_lost(message, text, killed_at)
        )
    return found


def not_opened_again(record: Record, stored: Stored, opened: Opened | None) -> str:
    """What a window that is opened after the kill shows otherwise than it was left; "" if nothing.

    `stored` is what the kill left, and `record` what the killed window had done.
    """
    if opened is None:
        return ""  # it was killed before it showed anything
    key = opened.conversation_id
    is_there = {*record.shown} <= {*stored.conversations, None}  # else another one is opened
    if is_there and key not in record.shown:
        return f"{opened} was opened, and not {record.shown}"
    head, draft = (None, "") if key is None else stored.conversations[key]
    status, text = (None, None) if head is None else stored.messages[head]
    if (opened.head, opened.draft, opened.text) != (head, draft, text) or opened.is_writing:
        return f"{opened} was opened, and not {(head, draft, status, text)}"
    return ""


def _first_lost(message: Handed, text: str, killed_at: float) -> float:
    """When the first text was handed over that is not there."""
    length = 0
    for at, piece in message.pieces:
        length += len(piece)
        if length > len(text):
            return at
    return killed_at

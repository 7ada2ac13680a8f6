"""The app's own form: a JSON file of conversations, and a zip of them for everything.

It holds all that is kept of a conversation, its branches and documents too. What is written here is
read here again to the last byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import below
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder
from baichuan_desktop.services.documents.values import Document
from baichuan_desktop.services.exchange.own_values import of_json, to_json
from baichuan_desktop.services.exchange.values import LATEST, ReadConversation, Rest, count_in

FORMAT: Final = "baichuan-desktop-conversations"
VERSION: Final = 1
MANIFEST: Final = "conversations.json"  #: of a zip
IN_ZIP: Final = "conversations/{number:06}.json"
PREFIX: Final = "conversations/"

#: What a file of one or more conversations has beside its list.
_HEAD_FIELDS: Final = frozenset({"format", "version", "app", "folders", "conversations", "made"})
_FIELDS: Final = frozenset({"conversation", "messages", "documents"})


@dataclass(frozen=True, slots=True)
class Whole:
    """A conversation with all that belongs to it, as the store has it now."""

    conversation: Conversation
    messages: tuple[ChatMessage, ...]
    documents: tuple[Document, ...]


def whole(store: ConversationStore, conversation_id: int) -> Whole | None:
    """A conversation of the store; None if it is gone."""
    one = store.conversation(conversation_id)
    if one is None:
        return None
    messages = store.messages(below(store, one.id, None))
    attached = [*one.settings.attached, *(each for m in messages for each in m.attachments)]
    ids = dict.fromkeys(each.document_id for each in attached)
    documents = [found for key in ids if (found := store.document(key)) is not None]
    return Whole(one, tuple(messages), tuple(documents))


def head(app: str, folders: Sequence[Folder]) -> dict[str, Any]:
    """What stands before the conversations of a file."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "app": app,
        "folders": [to_json(one) for one in folders],
    }


def as_json(one: Whole) -> dict[str, Any]:
    """A conversation as a file holds it."""
    return {name: to_json(getattr(one, name)) for name in ("conversation", "messages", "documents")}


def is_own(value: object) -> bool:
    """Whether this is what one of our files holds."""
    return isinstance(value, dict) and value.get("format") == FORMAT


def is_newer(value: dict[str, Any]) -> bool:
    """Whether a later version wrote it, in a form that is not known here."""
    version = value.get("version")
    return not isinstance(version, int) or version > VERSION


def folders_of(value: dict[str, Any], rest: Rest) -> dict[int, Folder]:
    """The folders of a file, by id; what is none is left out."""
    found: dict[int, Folder] = {}
    for given in _list(value.get("folders")):
        try:
            one = of_json(Folder, given, rest)
        except ValueError:
            count_in(rest.left_out, "folders")
            continue
        if one.id > 0:
            found[one.id] = one
    for name in value:
        if name not in _HEAD_FIELDS:
            count_in(rest.unknown, str(name))
    return found


def conversations_of(
    value: dict[str, Any], folders: dict[int, Folder]
) -> Iterator[ReadConversation | None]:
    """The conversations of a file one by one; None stands for one that cannot be read."""
    for given in _list(value.get("conversations")):
        yield read_one(given, folders)


def read_one(given: object, folders: dict[int, Folder]) -> ReadConversation | None:
    """One conversation; None if it is none."""
    rest = Rest()
    if not isinstance(given, dict):
        return None
    try:
        one = of_json(Conversation, given.get("conversation"), rest)
    except ValueError:
        return None
    if one.id <= 0:
        return None
    one = replace(
        one,
        created=_time(one.created, rest),
        updated=_time(one.updated, rest),
        trashed=None if one.trashed is None else _time(one.trashed, rest),
    )
    messages: dict[int, ChatMessage] = {}
    for each in _list(given.get("messages")):
        try:
            message = of_json(ChatMessage, each, rest)
        except ValueError:
            count_in(rest.left_out, "messages")
            continue
        if message.id <= 0 or message.role is Role.SYSTEM or message.conversation_id != one.id:
            count_in(rest.left_out, "messages")
        else:
            message = replace(message, created=_time(message.created, rest))
            messages.setdefault(message.id, message)
    documents: dict[int, Document] = {}
    for each in _list(given.get("documents")):
        try:
            document = of_json(Document, each, rest)
        except ValueError:
            count_in(rest.left_out, "documents")
            continue
        if document.id > 0 and document.conversation_id == one.id:
            documents.setdefault(document.id, document)
    for name in given:
        if name not in _FIELDS:
            count_in(rest.unknown, str(name))
    folder = folders.get(one.folder_id) if one.folder_id is not None else None
    return ReadConversation(one, tuple(messages.values()), tuple(documents.values()), folder, rest)


def _time(seconds: float, rest: Rest) -> float:
    """A time that a calendar has; 0 for another one, which is counted."""
    if 0 <= seconds < LATEST:
        return seconds
    count_in(rest.left_out, "time")
    return 0.0


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []

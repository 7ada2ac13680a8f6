"""What a conversation is made of: values, as the store keeps them and the window shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backends.text.chat_template import Role
from baichuan_desktop.services.documents.values import Attachment


class Status(StrEnum):
    """How a message came to its end, or that it has not."""

    WRITING = "writing"  #: the model is at it; after a crash of the app: how far it came
    FINISHED = "finished"
    STOPPED = "stopped"  #: by the person
    CUT = "cut"  #: “Max new tokens” was reached, or the context is full
    BROKEN = "broken"  #: by an error, or by the end of the app


class ConversationKind(StrEnum):
    """Whether messages are answered, or a text is continued."""

    CHAT = "chat"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class AnswerDetails:
    """How an answer was made."""

    precision: str = ""
    backend: str = ""
    sampling: str = ""  #: its SamplingParams as JSON
    new_tokens: int = 0
    prompt_tokens: int = 0
    tokens_per_second: float = 0.0
    reason: str = ""  #: a FinishReason, or nothing
    error: str = ""  #: the sentence of the error that broke it off, in English
    dropped_messages: int = 0  #: of the prompt, which no longer fitted
    room_tokens: int | None = None  #: for the answer, where it was less than was asked for
    adapter: str = ""  #: the name of the adapter that the model answered with


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message in the tree of a conversation; what answers the same parent are versions."""

    id: int
    conversation_id: int
    parent: int | None  #: the message before it; None for the first
    role: Role  #: USER or ASSISTANT
    text: str
    status: Status
    created: float  #: seconds since 1970
    model: str = ""  #: the name of the model that wrote it
    details: AnswerDetails | None = None  #: of an answer
    attachments: tuple[Attachment, ...] = ()  #: that a question was asked with


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a message without its text."""

    role: Role
    characters: int  #: of its text, at the least; 0 only where there is none


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message: a person, or a model as it was then."""

    message_id: int
    role: Role
    adapter: str | None  #: that a model answered with, empty for none; None: no model wrote it


@dataclass(frozen=True, slots=True)
class ConversationSettings:
    """With what a conversation is asked, beside its system prompt."""

    preset: str = ""  #: the id of a preset; empty: none
    variables: tuple[tuple[str, str], ...] = ()  #: of the preset: names, and what they stand for
    #: What differs from the model's and the preset's sampling: JSON of fields of SamplingParams.
    sampling: str = ""
    #: Questions whose rounds the person leaves out of the prompt.
    left_out: frozenset[int] = frozenset()
    attached: tuple[Attachment, ...] = ()  #: to the draft


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its messages."""

    id: int
    title: str
    created: float  #: seconds since 1970
    updated: float  #: when the last message was added or changed
    kind: ConversationKind = ConversationKind.CHAT
    head: int | None = None  #: the last message of the branch that is shown
    has_own_title: bool = False  #: a person wrote it; else it was made from the first question
    folder_id: int | None = None
    is_pinned: bool = False
    is_unread: bool = False
    is_temporary: bool = False  #: never written to the disk
    trashed: float | None = None  #: when it was deleted; it can be taken back for a while
    draft: str = ""
    system_prompt: str = ""
    settings: ConversationSettings = ConversationSettings()


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of conversations in the sidebar."""

    id: int
    name: str
    position: int  #: folders are shown in this order


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A title or a message in which what was searched for occurs."""

    conversation_id: int
    message_id: int | None  #: None: it is in the title
    excerpt: str
    spans: tuple[tuple[int, int], ...]  #: from, to in the excerpt, in characters

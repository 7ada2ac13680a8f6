"""What a reader is shown of a conversation: the branch that is shown, its documents, its head."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from backends.phrases import Phrase
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment


@dataclass(frozen=True, slots=True)
class Options:
    """What beside the messages is written."""

    details: bool = True  #: times, names of models, the system prompt
    documents: bool = False  #: the texts of attached documents


#: Makes a text in the language of the reader of a sentence that this module has.
Say = Callable[[Phrase], str]


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a reader is shown it."""

    is_question: bool
    who: str  #: empty for a text that a base model continues
    when: str  #: empty where it is not to be told
    text: str
    is_plain: bool  #: its text is shown as it is written, without Markdown
    documents: tuple[str, ...] = ()  #: what was attached to it, a line each
    note: str = ""  #: that it has no end


@dataclass(frozen=True, slots=True)
class Sheet:
    """A conversation as a reader is shown it."""

    title: str
    facts: str  #: when it was, with which models
    system_prompt: str  #: with its heading
    said: tuple[Said, ...]
    left_out: str  #: that there are more versions than these
    texts: Mapping[str, str] = field(default_factory=dict)  #: of documents, by their names
    names: Mapping[str, str] = field(default_factory=dict)  #: headings: “system”, “documents”


def sheet_of(
    store: ConversationStore,
    conversation: Conversation,
    options: Options,
    say: Say = str,
    shown_name: Callable[[str], str] = str,
) -> Sheet:
    """What is shown of a conversation now.

    Args:
        store: Where it is.
        conversation: The conversation.
        options: What beside the messages is wanted.
        say: Gives sentences in the language of the reader.
        shown_name: The name of a model as the reader knows it.
    """
    branch = store.messages(store.branch(conversation.head))
    is_text = conversation.kind is ConversationKind.TEXT
    said = [_said(one, options, say, shown_name, is_text=is_text) for one in branch]
    if is_text and said:
        text = "".join(one.text for one in branch)
        said = [Said(True, "", "", text, True, said[0].documents, said[-1].note)]
    others = len(store.tree(conversation.id)) - len(branch)
    left_out = ""
    if others:
        left_out = say(
            Phrase(
                "{count} messages of other versions are not in this file; an export as JSON has "
                "them.",
                count=others,
            )
        )
    models = dict.fromkeys(shown_name(one.model) for one in branch if one.model)
    facts = [part for part in (moment(conversation.created), *models) if part]
    return Sheet(
        conversation.title or say(Phrase("New chat")),
        " · ".join(facts) if options.details else "",
        conversation.system_prompt if options.details else "",
        tuple(said),
        left_out,
        _texts(store, branch) if options.documents else {},
        {
            "system": say(Phrase("System prompt")),
            "documents": say(Phrase("Documents")),
        },
    )


def _said(
    one: ChatMessage,
    options: Options,
    say: Say,
    shown_name: Callable[[str], str],
    *,
    is_text: bool,
) -> Said:
    is_question = one.role is Role.USER
    model = shown_name(one.model) if one.model and options.details else ""
    who = say(Phrase("You")) if is_question else model or say(Phrase("Model"))
    note = ""
    if one.status in (Status.STOPPED, Status.CUT, Status.BROKEN, Status.WRITING):
        note = say(Phrase("This answer has no end."))
    return Said(
        is_question,
        who,
        moment(one.created) if options.details else "",
        one.text,
        is_question or is_text,
        tuple(_document(each, say) for each in one.attachments),
        note,
    )


def _document(one: Attachment, say: Say) -> str:
    if one.given is None:
        return say(Phrase("Document: {name}", name=one.name))
    return say(
        Phrase(
            "Document: {name} ({given} of {count} passages given)",
            name=one.name,
            given=len(one.given),
            count=one.passages,
        )
    )


def _texts(store: ConversationStore, branch: Sequence[ChatMessage]) -> dict[str, str]:
    """The texts of the documents of a branch; of two with one name, the second has a number."""
    found: dict[str, str] = {}
    ids = dict.fromkeys(each.document_id for one in branch for each in one.attachments)
    for key in ids:
        document = store.document(key)
        if document is None:
            continue
        name, number = document.name, 1
        while name in found:
            number += 1
            name = f"{document.name} ({number})"
        found[name] = document.text
    return found


def moment(seconds: float) -> str:
    """A time as it was on the clock here; empty for what is no time."""
    try:
        when = datetime.fromtimestamp(seconds) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):  # thousands of years away
        return ""
    return "" if when is None else when.strftime("%Y-%m-%d %H:%M")


def file_stem(title: str) -> str:
    """A title as the name of a file on any system, without its end."""
    kept = "".join(
        "-" if char in _NOT_IN_NAMES or not char.isprintable() else char for char in title
    )
    kept = " ".join(kept.split())[:_LONGEST_STEM].strip(" .-")
    if kept.split(".")[0].upper() in _TAKEN_NAMES:  # of Windows' own devices
        kept = f"_{kept}"
    return kept or "chat"


_LONGEST_STEM = 60  # characters
_NOT_IN_NAMES = frozenset('\\/:*?"<>|')
_TAKEN_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{n}{i}" for n in ("COM", "LPT") for i in range(1, 10))}
)


def free_file(folder: Path, stem: str, suffix: str, taken: set[str]) -> Path:
    """A file of a folder that is not there yet, nor among the names that are taken."""
    name, number = f"{stem}{suffix}", 1
    while name.casefold() in taken or (folder / name).exists():
        number += 1
        name = f"{stem} ({number}){suffix}"
    taken.add(name.casefold())
    return folder / name

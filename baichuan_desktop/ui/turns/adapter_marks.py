"""Where in a conversation the adapter changed, from what is kept of its answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Author


@dataclass(frozen=True, slots=True)
class AdapterMark:
    """A change of the adapter."""

    before: int | None  #: the message that it stands over; None: the next one
    adapter: str  #: the name of the one that is on from here; empty: none is

    def text(self, shown_name: str) -> str:
        """What is said there; `shown_name` is the adapter's in the language of the window."""
        if not self.adapter:
            return QCoreApplication.translate("AdapterMark", "Without an adapter from here")
        text = QCoreApplication.translate("AdapterMark", "Adapter “{name}” from here")
        return text.format(name=shown_name)


def marks(
    store: ConversationStore, branch: Sequence[int], adapter_now: str | None
) -> list[AdapterMark]:
    """The changes on a branch, from its first message to its last one.

    A change stands over the question whose answer was the first with it. `adapter_now` is what the
    next answer is given with; None: that is not known.
    """
    return list(_marks(store.authors(branch), adapter_now)) if branch else []


def _marks(authors: Sequence[Author], adapter_now: str | None) -> Iterator[AdapterMark]:
    on = ""
    question: int | None = None  # that no model has answered yet
    for one in authors:
        if one.adapter is not None and one.adapter != on:
            on = one.adapter
            yield AdapterMark(one.message_id if question is None else question, on)
        question = one.message_id if one.role is Role.USER else None
    if adapter_now is not None and adapter_now != on:
        yield AdapterMark(question, adapter_now)

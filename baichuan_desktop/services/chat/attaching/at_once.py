"""What is given of documents with a question, where nobody is waited for: in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from baichuan_desktop.services.chat.attaching.errors import UncountableDocumentsError
from baichuan_desktop.services.chat.attaching.plan import (
    Wish,
    counted,
    divide,
    planned,
    refusal_of,
    with_tokens,
)
from baichuan_desktop.services.chat.attaching.room import Room
from baichuan_desktop.services.chat.given import given_text
from baichuan_desktop.services.documents.values import Attachment, Document

#: The tokens of a text; None where they cannot be counted.
Count = Callable[[str], int | None]


def attached(
    documents: Sequence[Document], question: str, room: Room, count: Count
) -> list[Attachment]:
    """What is given of each document, with its tokens. Raises AttachingError."""

    def tokens(text: str) -> int:
        if (found := count(text)) is None:
            raise UncountableDocumentsError
        return found

    wishes = []
    for document in documents:
        parts = divide(document, document.name)
        wishes.append(Wish(counted(parts, [tokens(text) for text in parts.to_count])))
    given = [
        with_tokens(one, tokens(given_text(one, document)))
        for one, document in zip(planned(wishes, question, room.whole), documents, strict=True)
    ]
    if (refusal := refusal_of(given, room)) is not None:
        raise refusal
    return given

"""What is given of documents for a question: all of each, or the passages that answer it best."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from baichuan_desktop.services.chat.attaching.errors import (
    AttachingError,
    DocumentsTooLongError,
    NoPassageFitsError,
    NothingGivenError,
)
from baichuan_desktop.services.chat.attaching.room import Room, shares
from baichuan_desktop.services.chat.given import given_text, parts_of
from baichuan_desktop.services.documents.passages.choosing import chosen
from baichuan_desktop.services.documents.passages.dividing import divided
from baichuan_desktop.services.documents.values import Attachment, Document, Passage

_JOINT = 4  # tokens between two parts at most, and between a heading and its text
_COUNTED_WHOLE = 100_000  # characters of a text that is counted as a whole too


@dataclass(frozen=True, slots=True)
class Divided:
    """A document in passages, with the texts whose tokens have to be known."""

    document: Document
    name: str  #: as it is shown
    passages: tuple[Passage, ...]
    texts: tuple[str, ...]  #: of the passages
    headings: tuple[str, ...]
    whole: str  #: what is given where everything is; empty: too long, its passages are counted

    @property
    def to_count(self) -> list[str]:
        """The texts that are counted, in the order in which `counted` takes their tokens."""
        return [*self.texts, *self.headings, *([self.whole] if self.whole else [])]


@dataclass(frozen=True, slots=True)
class Counted:
    """A document of which is known how many tokens each passage takes, and the whole text."""

    document: Document
    name: str
    tokens: Mapping[Passage, int]  #: of all passages, with their headings, in their order
    all_tokens: int

    @property
    def passages(self) -> Sequence[Passage]:
        """All passages in the order of the text."""
        return list(self.tokens)

    def tokens_of(self, given: Sequence[Passage]) -> int:
        """About how many tokens some passages take."""
        return sum(self.tokens.get(one, 0) for one in given)


@dataclass(frozen=True, slots=True)
class Wish:
    """A document that goes with a question, and what the person chose of it."""

    counted: Counted
    by_hand: Attachment | None = None  #: None: it is chosen for the question


def divide(document: Document, name: str) -> Divided:
    """A document in its passages; for a long one this takes a moment."""
    passages = tuple(divided(document))
    parts = parts_of(document, passages, name)
    is_short = len(document.text) <= _COUNTED_WHOLE
    attachment = Attachment(document.id, name)
    return Divided(
        document,
        name,
        passages,
        tuple(part.text for part in parts),
        tuple(part.heading for part in parts),
        given_text(attachment, document) if is_short else "",
    )


def counted(of: Divided, tokens: Sequence[int]) -> Counted:
    """The document with the tokens of its texts."""
    count = len(of.passages)
    texts, headings = tokens[:count], tokens[count : 2 * count]
    whole = tokens[2 * count] if of.whole else sum(texts)
    by_passage = {
        passage: text + heading + _JOINT
        for passage, text, heading in zip(of.passages, texts, headings, strict=True)
    }
    return Counted(of.document, of.name, by_passage, whole)


def planned(wishes: Sequence[Wish], question: str, most_tokens: int) -> list[Attachment]:
    """What is given of each document within so many tokens; their own are not counted yet.

    What the person chose by hand comes first and is given as it is.
    """
    by_hand = sum(_tokens_of(one) for one in wishes if one.by_hand is not None)
    free = [one for one in wishes if one.by_hand is None]
    rooms = dict(
        zip(
            [one.counted.document.id for one in free],
            shares([one.counted.all_tokens for one in free], max(most_tokens - by_hand, 0)),
            strict=True,
        )
    )
    return [
        one.by_hand
        if one.by_hand is not None
        else _chosen(one.counted, question, rooms[one.counted.document.id])
        for one in wishes
    ]


def _tokens_of(wish: Wish) -> int:
    by_hand = wish.by_hand
    if by_hand is None or by_hand.given is None:
        return wish.counted.all_tokens
    return wish.counted.tokens_of(by_hand.given)


def _chosen(of: Counted, question: str, most_tokens: int) -> Attachment:
    whole = Attachment(of.document.id, of.name, all_tokens=of.all_tokens)
    if of.all_tokens <= most_tokens:
        return replace(whole, given_tokens=of.all_tokens)
    given = chosen(
        of.document,
        question,
        most_tokens=most_tokens,
        count=of.tokens.__getitem__,
        passages=of.passages,
    )
    return passages_of(of, given)


def with_tokens(attachment: Attachment, tokens: int) -> Attachment:
    """What is given, with the tokens of its very text; of a whole text they are all there are."""
    all_tokens = tokens if attachment.given is None else attachment.all_tokens
    return replace(attachment, given_tokens=tokens, all_tokens=all_tokens)


def refusal_of(
    given: Sequence[Attachment], room: Room, by_hand: Collection[int] = ()
) -> AttachingError | None:
    """Why a question cannot go with what is given so; None: it can.

    `by_hand` are the ids of documents of which a person chose what is given.
    """
    if (used := sum(one.given_tokens for one in given)) > room.most:
        return DocumentsTooLongError(used, room.most)
    for one in given:
        if one.given == () and one.document_id in by_hand:
            return NothingGivenError(one.name)
        if one.given == ():
            return NoPassageFitsError(one.name, room.most)
    return None


def passages_of(of: Counted, given: tuple[Passage, ...]) -> Attachment:
    """Some passages of a document as what is given of it."""
    return Attachment(
        of.document.id,
        of.name,
        given=given,
        passages=len(of.tokens),
        given_tokens=of.tokens_of(given),
        all_tokens=of.all_tokens,
    )

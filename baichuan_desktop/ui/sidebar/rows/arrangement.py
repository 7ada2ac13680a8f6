"""Which rows the list has, in what order: facts in, rows out, and no word of any language."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, auto

from baichuan_desktop.services.chat.values import Conversation, Folder, SearchHit

RETENTION_DAYS = 30  #: what was deleted can be taken back for so long
MOST_HITS = 200  #: of a search that are shown; who wants others writes more of it
_DAY_SECONDS = 86_400


#: What tells a row from every other one.
Key = tuple[object, ...]


class Group(Enum):
    """What a heading stands over."""

    TEMPORARY = auto()
    PINNED = auto()
    FOLDERS = auto()
    TODAY = auto()
    YESTERDAY = auto()
    WEEK = auto()  #: the 7 days before today, without yesterday
    THIRTY_DAYS = auto()  #: the 30 days before today, without those above
    MONTH = auto()
    MORE = auto()  #: after the hits of a search that found more than are shown


@dataclass(frozen=True, slots=True)
class Heading:
    """Stands over rows; it can be neither chosen nor opened."""

    group: Group
    month: date | None = None  #: its first day

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return (self.group, self.month)


@dataclass(frozen=True, slots=True)
class ConversationEntry:
    """A conversation; one that is pinned and in an open folder has two."""

    conversation: Conversation
    place: Group | int  #: under which heading, or the id of the folder it is shown in
    hit: SearchHit | None = None  #: in its title

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return (self.conversation.id, self.place)

    @property
    def is_in_folder(self) -> bool:
        """Whether it is shown under its folder."""
        return isinstance(self.place, int)


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder; its conversations follow where it is open."""

    folder: Folder
    count: int  #: of its conversations
    is_open: bool

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("folder", self.folder.id)


@dataclass(frozen=True, slots=True)
class HitEntry:
    """A message in which what was searched for occurs."""

    conversation: Conversation
    hit: SearchHit

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("hit", self.conversation.id, self.hit.message_id)


@dataclass(frozen=True, slots=True)
class TrashedEntry:
    """A conversation that was deleted and can be taken back."""

    conversation: Conversation
    days_left: int

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("trashed", self.conversation.id)


Entry = Heading | ConversationEntry | FolderEntry | HitEntry | TrashedEntry


def conversation_of(entry: Entry) -> Conversation | None:
    """The conversation that an entry is of."""
    match entry:
        case Heading() | FolderEntry():
            return None
        case _:
            return entry.conversation


# --- the list -------------------------------------------------------------------------------------


def arranged(
    conversations: Sequence[Conversation],
    folders: Iterable[Folder],
    open_folders: Collection[int],
    today: date,
    known: Mapping[int, ConversationEntry] | None = None,
) -> list[Entry]:
    """The rows of the list; `conversations` are the newest first, trashed ones too.

    `known` are entries of before, by the ids of their conversations. Those that still hold are
    given again: of thousands, one or two are made anew, and only they are compared with anything.
    """
    shown = [one for one in conversations if one.trashed is None and _is_begun(one)]
    folders = sorted(folders, key=lambda one: (one.position, one.id))
    filed: dict[int, list[Conversation]] = {one.id: [] for one in folders}
    for one in shown:
        if one.folder_id in filed and not one.is_temporary:
            filed[one.folder_id].append(one)
    entries: list[Entry] = []
    temporary = [one for one in shown if one.is_temporary]
    entries += _under(Group.TEMPORARY, temporary)
    entries += _under(
        Group.PINNED, (one for one in shown if one.is_pinned and not one.is_temporary)
    )
    if shown or folders:  # before there is anything, nothing asks to be put in order
        entries.append(Heading(Group.FOLDERS))
    for folder in folders:
        inside = filed[folder.id]
        is_open = folder.id in open_folders
        entries.append(FolderEntry(folder, len(inside), is_open))
        if is_open:
            entries += (ConversationEntry(one, folder.id) for one in inside)
    rest = (
        one for one in shown if not (one.is_temporary or one.is_pinned or one.folder_id in filed)
    )
    entries += _by_date(rest, today, known or {})
    return entries


def _is_begun(conversation: Conversation) -> bool:
    """Whether anything was said in it; else it is what will be sent as a new chat."""
    return conversation.head is not None or bool(conversation.title)


def _under(group: Group, conversations: Iterable[Conversation]) -> list[Entry]:
    entries: list[Entry] = [ConversationEntry(one, group) for one in conversations]
    return [Heading(group), *entries] if entries else []


def _by_date(
    conversations: Iterable[Conversation], today: date, known: Mapping[int, ConversationEntry]
) -> Iterator[Entry]:
    """Conversations under the headings of their days, the newest first."""
    begins = math.inf  # of the heading that was last, in seconds since 1970
    heading = Heading(Group.TODAY)
    for one in conversations:
        # A time that is no number belongs nowhere else than where it stands.
        if one.updated < begins or begins == math.inf:
            heading, begins = _heading_of(one.updated, today)
            yield heading
        entry = known.get(one.id)
        if entry is None or entry.conversation is not one or entry.place is not heading.group:
            entry = ConversationEntry(one, heading.group)
        yield entry


def _heading_of(updated: float, today: date) -> tuple[Heading, float]:
    """The heading over a conversation of this time, and when what is under it begins.

    Days begin at the local midnight. What is from the future, by a clock that was set back, is of
    today.
    """
    for group, days in (
        (Group.TODAY, 0),
        (Group.YESTERDAY, 1),
        (Group.WEEK, 7),
        (Group.THIRTY_DAYS, 30),
    ):
        begins = midnight(today - timedelta(days=days))
        if not updated < begins:
            return Heading(group), begins
    try:
        month = date.fromtimestamp(updated).replace(day=1)
    except (OverflowError, OSError, ValueError):  # a time that no calendar has
        return Heading(Group.MONTH, date(1970, 1, 1)), -math.inf
    return Heading(Group.MONTH, month), midnight(month)


def midnight(day: date) -> float:
    """When a day begins here, in seconds since 1970."""
    try:
        return datetime.combine(day, time.min).timestamp()
    except (OverflowError, OSError, ValueError):  # some systems know no time before 1970
        return -math.inf


# --- what was searched for, and the trash ---------------------------------------------------------


def found(hits: Sequence[SearchHit], conversations: Mapping[int, Conversation]) -> list[Entry]:
    """The first hits under their conversations, which are in the order of their first hits."""
    titles: dict[int, SearchHit] = {}
    messages: dict[int, list[SearchHit]] = {}
    for hit in hits[:MOST_HITS]:
        conversation = conversations.get(hit.conversation_id)
        if conversation is None or conversation.trashed is not None:
            continue
        inside = messages.setdefault(hit.conversation_id, [])
        if hit.message_id is None:
            titles.setdefault(hit.conversation_id, hit)
        else:
            inside.append(hit)
    entries: list[Entry] = []
    for id_, inside in messages.items():
        conversation = conversations[id_]
        entries.append(ConversationEntry(conversation, Group.TODAY, titles.get(id_)))
        entries += (HitEntry(conversation, hit) for hit in inside)
    if len(hits) > MOST_HITS:
        entries.append(Heading(Group.MORE))
    return entries


def trashed(conversations: Iterable[Conversation], now: float) -> list[Entry]:
    """What was deleted, the last one first; not temporary chats, of which nothing is kept."""
    entries = []
    for one in conversations:
        if one.trashed is not None and not one.is_temporary:
            left = one.trashed + RETENTION_DAYS * _DAY_SECONDS - now
            days = min(max(math.ceil(left / _DAY_SECONDS), 0), RETENTION_DAYS)
            entries.append((one.trashed, TrashedEntry(one, days)))
    return [entry for _, entry in sorted(entries, key=lambda one: -one[0])]


def kept_since(now: float) -> float:
    """What was deleted before this is deleted for good."""
    return now - RETENTION_DAYS * _DAY_SECONDS

"""Which program wrote what a person chose, and the conversations in it one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from backends.errors import DamagedExportError, NewerExportError, NotAnExportError
from baichuan_desktop.services.exchange import json_pieces, own_form
from baichuan_desktop.services.exchange.foreign import chatgpt, jan, lm_studio, open_webui
from baichuan_desktop.services.exchange.foreign.fields import mapping
from baichuan_desktop.services.exchange.sources import Member, Source
from baichuan_desktop.services.exchange.values import Origin, ReadConversation, Rest, count_in

#: What ChatGPT calls its file, and the parts of a large one.
_CHATGPT: Final = re.compile(r"(?:.*/)?conversations(?:-\d{1,6})?\.json")
#: Of another zip or folder, what may hold chats of Open WebUI.
_JSON: Final = re.compile(r"[^/]*\.json")
_BEGUN: Final = 3  #: values by which a list is recognised

#: A conversation, or None for one that cannot be read.
Conversations = Iterator[ReadConversation | None]
_Read = Callable[[Mapping[str, Any]], ReadConversation | None]


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who wrote it, its conversations, and what beside them is not taken over."""

    origin: Origin
    conversations: Conversations
    rest: Rest  #: is whole once the conversations were gone through


def recognised(source: Source) -> Recognised:
    """What a source is.

    Raises:
        ConversationImportError: It is none that is known, cannot be read, or is a newer one. The
            conversations raise it too, where it is damaged further on.
    """
    names = {one.name: one for one in source.members}
    rest = Rest()
    if (manifest := names.get(own_form.MANIFEST)) is not None and _has_parts(names):
        return _own_zip(source, manifest, rest)
    threads = [one for one in source.members if _base(one.name) == jan.THREAD]
    if threads:
        found = _threads(source, threads, names, rest)
        return Recognised(Origin.JAN, found, rest)
    notes = [one for one in source.members if one.name.endswith(lm_studio.SUFFIX)]
    if notes:
        _count_others(source.members, notes, rest)
        return Recognised(Origin.LM_STUDIO, _lm_studio(source, notes, rest), rest)
    files = [one for one in source.members if _CHATGPT.fullmatch(one.name)]
    files = files or [one for one in source.members if _JSON.fullmatch(one.name)]
    if len(source.members) == 1:  # one file, whatever it is called
        files = list(source.members)
    return _files(source, files, rest)


def _has_parts(names: dict[str, Member]) -> bool:
    return len(names) == 1 or any(name.startswith(own_form.PREFIX) for name in names)


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _count_others(members: Sequence[Member], read: Sequence[Member], rest: Rest) -> None:
    """Count the files that are not read, by the ends of their names."""
    known = {one.name for one in read}
    for one in members:
        if one.name not in known:
            dot, end = _base(one.name).rpartition(".")[1:]
            count_in(rest.left_out, f"{dot}{end.lower()}")


# --- our own ---------------------------------------------------------------------------------


def _own_zip(source: Source, manifest: Member, rest: Rest) -> Recognised:
    value = next(_values(source, manifest), None)
    if not own_form.is_own(value):  # ChatGPT's, which has a folder of this name beside it
        files = [one for one in source.members if _CHATGPT.fullmatch(one.name)]
        return _files(source, files, rest)
    head = mapping(value)
    if own_form.is_newer(dict(head)):
        raise NewerExportError(source.path)
    folders = own_form.folders_of(dict(head), rest)
    parts = [one for one in source.members if one.name.startswith(own_form.PREFIX)]
    _count_others(source.members, [manifest, *parts], rest)

    def found() -> Conversations:
        yield from own_form.conversations_of(dict(head), folders)
        for part in parts:
            for given in _values(source, part):
                yield own_form.read_one(given, folders)

    return Recognised(Origin.OWN, found(), rest)


def _own_file(value: dict[str, Any], source: Source, rest: Rest) -> Recognised:
    if own_form.is_newer(value):
        raise NewerExportError(source.path)
    folders = own_form.folders_of(value, rest)
    return Recognised(Origin.OWN, own_form.conversations_of(value, folders), rest)


# --- others ----------------------------------------------------------------------------------


def _files(source: Source, files: Sequence[Member], rest: Rest) -> Recognised:
    """Files of ChatGPT, Open WebUI, or one of another program, told by what they hold."""
    for number, file in enumerate(files):
        begun = _begun(source, file)
        first = begun[0] if begun else None
        if own_form.is_own(first):
            return _own_file(dict(mapping(first)), source, rest)
        readers: Sequence[tuple[Origin, Callable[[object], bool], _Read]] = (
            (Origin.CHATGPT, chatgpt.is_one, chatgpt.read),
            (Origin.OPEN_WEBUI, open_webui.is_one, open_webui.read),
            (Origin.LM_STUDIO, lm_studio.is_one, partial(lm_studio.read, path=_base(file.name))),
        )
        for origin, is_one, read in readers:
            if any(map(is_one, begun)):
                _count_others(source.members, files, rest)
                found = _read_all(source, files[number:], is_one, read, rest)
                return Recognised(origin, found, rest)
    raise NotAnExportError(source.path)


def _begun(source: Source, file: Member) -> list[object]:
    """The first values of a file; damage further on is met again when it is gone through."""
    begun: list[object] = []
    try:
        for value in _values(source, file):
            begun.append(value)
            if len(begun) == _BEGUN:
                break
    except DamagedExportError:
        if not begun:
            raise
    return begun


def _read_all(
    source: Source,
    files: Sequence[Member],
    is_one: Callable[[object], bool],
    read: _Read,
    rest: Rest,
) -> Conversations:
    for file in files:
        for value in _values(source, file):
            if is_one(value):
                yield from _one(read(mapping(value)), rest)
            else:
                yield None


def _lm_studio(source: Source, notes: Sequence[Member], rest: Rest) -> Conversations:
    for one in notes:
        for value in _tried(source, one):
            if lm_studio.is_one(value):
                yield from _one(lm_studio.read(mapping(value), one.name), rest)
            else:
                yield None


def _threads(
    source: Source, threads: Sequence[Member], names: dict[str, Member], rest: Rest
) -> Conversations:
    read = list(threads)
    for one in threads:
        folder = one.name[: -len(jan.THREAD)]
        messages = names.get(folder + jan.MESSAGES)
        thread = next(_tried(source, one), None)
        if not jan.is_one(thread) or messages is None:
            yield None
            continue
        read.append(messages)
        text = json_pieces.text_of(source.read(messages), source.path)
        said = json_pieces.lines(text, source.path)
        name = folder.rstrip("/").rpartition("/")[2]
        yield from _one(jan.read(mapping(thread), said, name), rest)
    _count_others(source.members, read, rest)


def _one(read: ReadConversation | None, rest: Rest) -> Iterator[ReadConversation]:
    """A conversation; one in which nobody says anything is none, and is counted."""
    if read is None:
        count_in(rest.left_out, "empty")
    else:
        yield read


def _values(source: Source, member: Member) -> Iterator[object]:
    """The values of a JSON file."""
    text = json_pieces.text_of(source.read(member), source.path)
    yield from json_pieces.values(text, source.path)


def _tried(source: Source, member: Member) -> Iterator[object]:
    """The same of one file of many: one that is broken costs itself alone."""
    text = json_pieces.text_of(source.read(member), source.path)
    try:
        yield from list(json_pieces.values(text, source.path))
    except DamagedExportError:
        yield None

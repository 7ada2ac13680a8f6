"""Conversations written to files: each form, one or many; never half a file, never over another's.

An administrator's policy may forbid it; the refusal is raised here, where it is done.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

from backends.errors import ConversationExportError, NothingToExportError, system_reason
from backends.files.plain_file import require_plain
from backends.operating_system import long_path, rename, sync_folder
from backends.phrases import Phrase
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop import __version__
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.services.exchange import own_form
from baichuan_desktop.services.exchange.forms.drawings import Drawings
from baichuan_desktop.services.exchange.forms.sheet import (
    Options,
    Say,
    Sheet,
    file_stem,
    free_file,
    sheet_of,
)
from baichuan_desktop.services.exchange.forms.texts import as_markdown, as_text
from baichuan_desktop.services.exchange.forms.web_page import as_web_page
from baichuan_desktop.services.exchange.own_values import written


class Form(StrEnum):
    """A kind of file that a conversation is written to."""

    MARKDOWN = "markdown"
    TEXT = "text"
    HTML = "html"
    JSON = "json"
    PDF = "pdf"  #: written by who can set pages: the window

    @property
    def suffix(self) -> str:
        """The end of its files' names."""
        return _SUFFIXES[self]


_SUFFIXES: Final = {
    Form.MARKDOWN: ".md",
    Form.TEXT: ".txt",
    Form.HTML: ".html",
    Form.JSON: ".json",
    Form.PDF: ".pdf",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How conversations are written for their readers."""

    options: Options = field(default_factory=Options)
    say: Say = str  #: gives sentences in the language of the reader
    shown_name: Callable[[str], str] = str  #: a model's name as the reader knows it
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    place: Path  #: a file, or the folder of several
    conversations: int
    was_stopped: bool = False


def _tell_nobody(_: int) -> None:
    """Nobody shows how far it is."""


def require_allowed() -> None:
    """Raise PolicyError where conversations are not written to files here."""
    require(site_policy(), Feature.EXPORT_CONVERSATIONS)


def exportable(store: ConversationStore) -> list[Conversation]:
    """All that is kept, the newest first; temporary conversations are not."""
    return [one for one in store.conversations() if not one.is_temporary]


def sheet(store: ConversationStore, conversation_id: int, manner: Manner) -> Sheet:
    """What a reader is shown of a conversation. Raises NothingToExportError, PolicyError."""
    require_allowed()
    one = store.conversation(conversation_id)
    if one is None or one.head is None:
        raise NothingToExportError
    return sheet_of(store, one, manner.options, manner.say, manner.shown_name)


def data_of(store: ConversationStore, conversation_id: int, form: Form, manner: Manner) -> bytes:
    """A conversation in a form, but PDF. Raises PolicyError, NothingToExportError."""
    require_allowed()
    with Drawings() as drawings:
        return _data(store, conversation_id, form, manner, drawings)


def write_one(
    store: ConversationStore, conversation_id: int, form: Form, file: Path, manner: Manner
) -> Written:
    """Write a conversation as `file`; one that was there is replaced.

    Raises:
        PolicyError, NothingToExportError, ConversationExportError: `file` is what it was.
    """
    data = data_of(store, conversation_id, form, manner)
    with new_file(file) as stream:
        stream.write(data)
    return Written(file, 1)


def write_each(
    store: ConversationStore,
    ids: Sequence[int],
    form: Form,
    folder: Path,
    manner: Manner,
    *,
    cancel: threading.Event | None = None,
    progress: Callable[[int], object] = _tell_nobody,
) -> Written:
    """Write each conversation as a file of its own into a folder; no file there is replaced.

    Those without a message are left out. It may be stopped between two; what is written stays.
    """
    require_allowed()
    taken: set[str] = set()
    done = 0
    with Drawings() as drawings:
        for key in ids:
            if cancel is not None and cancel.is_set():
                return Written(folder, done, was_stopped=True)
            one = store.conversation(key)
            if one is None or one.head is None:
                continue
            data = _data(store, key, form, manner, drawings)
            file = free_file(folder, file_stem(one.title), form.suffix, taken)
            with new_file(file) as stream:
                stream.write(data)
            done += 1
            progress(done)
    if not done:
        raise NothingToExportError
    return Written(folder, done)


def write_everything(
    store: ConversationStore,
    ids: Sequence[int],
    file: Path,
    *,
    cancel: threading.Event | None = None,
    progress: Callable[[int], object] = _tell_nobody,
) -> Written:
    """Write conversations with all that is kept of them as a zip, which can be imported again.

    Their folders go with them. Stopped on its way, nothing is written.
    """
    require_allowed()
    try:
        done = _write_zip(store, ids, file, cancel, progress)
    except _StoppedError:
        return Written(file, 0, was_stopped=True)
    return Written(file, done)


def _write_zip(
    store: ConversationStore,
    ids: Sequence[int],
    file: Path,
    cancel: threading.Event | None,
    progress: Callable[[int], object],
) -> int:
    done = 0
    with new_file(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        found = [one for key in ids if (one := store.conversation(key)) is not None]
        used = {one.folder_id for one in found}
        folders = [one for one in store.folders() if one.id in used]
        head = {**own_form.head(__version__, folders), "made": time.time()}
        archive.writestr(own_form.MANIFEST, written(head))
        for number, key in enumerate(ids, 1):
            if cancel is not None and cancel.is_set():
                raise _StoppedError
            whole = own_form.whole(store, key)
            if whole is None:
                continue
            name = own_form.IN_ZIP.format(number=number)
            archive.writestr(name, written(own_form.as_json(whole)))
            done += 1
            progress(done)
        if not done:
            raise NothingToExportError
    return done


def _data(
    store: ConversationStore,
    conversation_id: int,
    form: Form,
    manner: Manner,
    drawings: Drawings,
) -> bytes:
    if form is Form.JSON:
        one = own_form.whole(store, conversation_id)
        if one is None:
            raise NothingToExportError
        folders = [f for f in store.folders() if f.id == one.conversation.folder_id]
        head = own_form.head(__version__, folders)
        return written({**head, "conversations": [own_form.as_json(one)]})
    shown = sheet(store, conversation_id, manner)
    match form:
        case Form.MARKDOWN:
            text = as_markdown(shown)
        case Form.HTML:
            text = as_web_page(shown, drawings.draw, manner.language)
        case _:
            text = as_text(shown)
    return text.encode("utf-8", "replace")


class _StoppedError(Exception):
    """The person stopped it."""


@contextlib.contextmanager
def new_file(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there once all of it is: a crash or a full drive leaves what was before.

    Raises ConversationExportError.
    """
    try:
        target = long_path(file.resolve())
        require_plain(target)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".export-")
    except (OSError, RuntimeError, ValueError) as error:
        raise ConversationExportError(file, _reason(error)) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        rename(temporary, target)
        with contextlib.suppress(OSError):  # a drive of another machine that cannot do that
            sync_folder(target.parent)
    except (OSError, ValueError) as error:
        raise ConversationExportError(file, _reason(error)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def make_folder(folder: Path) -> None:
    """Make the folder that several files go into. Raises ConversationExportError."""
    try:
        long_path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ConversationExportError(folder, _reason(error)) from error


def _reason(error: OSError | RuntimeError | ValueError) -> str | Phrase:
    """What the system says, as a part of a sentence."""
    if isinstance(error, RuntimeError):  # before Python 3.13
        return Phrase("its links go in a circle")
    return system_reason(error)

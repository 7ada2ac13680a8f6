"""Documents that go with what a verb asks: how they are read, and what of them is given."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from backends.text.chat_template import Message, Role
from baichuan_desktop.cli.arguments import path
from baichuan_desktop.cli.library import print_notes
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.cli.session import TerminalSession
from baichuan_desktop.cli.tables import say
from baichuan_desktop.services.chat.attaching.at_once import attached
from baichuan_desktop.services.chat.attaching.room import room_for
from baichuan_desktop.services.chat.given import given_parts, with_documents
from baichuan_desktop.services.chat.prompt_turns import latest_turns
from baichuan_desktop.services.documents.encodings import ENCODINGS
from baichuan_desktop.services.documents.reading import read_document
from baichuan_desktop.services.documents.values import Attachment, Document
from baichuan_desktop.services.tokens.counting import FolderTokens

_MOST_PLACES = 12  # that are named of what is given
_ENCODINGS = {one.codec: str(one.shown) for one in ENCODINGS}
_USUAL = ("", "utf-8")  # encodings that nobody needs to be told


def add_attach(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--attach`; `what` says what it does."""
    parser.add_argument(
        "--attach",
        type=path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"{what}: text of any kind, .docx, .xlsx, .pptx, .pdf, .html, .epub; may be repeated",
    )
    parser.add_argument(
        "--encoding",
        choices=list(_ENCODINGS),
        metavar="NAME",
        help=f"how text files of --attach are read, where it is not found: {', '.join(_ENCODINGS)}",
    )


def read_documents(
    files: Sequence[Path], *, encoding: str | None = None, first: int = 1
) -> list[Document]:
    """The documents of these files, the ids of which begin with `first`. Raises DocumentError.

    `encoding` is that of texts, if a person chose it. What was left out of them is told. Ctrl+C
    ends it as it ends a verb.
    """
    documents = []
    for number, file in enumerate(files, start=first):
        cancel = threading.Event()

        def show(done: int, of: int, name: str = file.name) -> None:
            progress(f"Reading {name}: {done:,} of {of:,}")

        progress(f"Reading {file.name}")
        try:
            with interrupt_sets(cancel):
                found = read_document(
                    _expanded(file), encoding=encoding, cancel=cancel, progress=show
                )
        finally:
            progress("")
        if found is None:
            raise KeyboardInterrupt
        print_notes(found.notes)
        documents.append(found.document(number, 0))
    return documents


def _expanded(file: Path) -> Path:
    try:
        return file.expanduser()
    except RuntimeError:  # “~nobody”: no such file, which is said
        return file


class Attaching:
    """Puts documents before a text as the window does, and says what of them is given."""

    def __init__(
        self,
        session: TerminalSession,
        waiting: Sequence[Document],
        *,
        encoding: str | None = None,
    ) -> None:
        """`encoding` is that of the texts that `/attach` reads, if a person chose it."""
        self.waiting = list(waiting)  #: the documents that go with the next text
        self._encoding = encoding
        self._session = session
        self._tokens: FolderTokens | None = None

    def with_documents(
        self, text: str, *, system_prompt: str = "", history: Sequence[Message] = ()
    ) -> str:
        """The text that the model gets. Raises UserFacingError where there is no room for them."""
        if not self.waiting:
            return text
        session = self._session
        if self._tokens is None:
            self._tokens = FolderTokens(session.model.path)
        count = self._tokens.count
        turns = latest_turns((*history, Message(Role.USER, "")), session.prompt_turns)[:-1]
        room = room_for(
            context_length=session.ready.context_length,
            max_new_tokens=session.params.max_new_tokens,
            fixed=sum(count(one) or 0 for one in (system_prompt.strip(), text)),
            history=sum(count(one.text) or 0 for one in turns),
            messages=len(turns),
        )
        given = attached(self.waiting, text, room, count)
        by_id = {one.id: one for one in self.waiting}
        for one in given:
            say(_told(one, by_id[one.document_id]), sys.stderr)
        return with_documents(text, given, by_id.get)

    def answer_to(self, command: str) -> str:
        """What is said to `/attach`: a file is read, and waits; “off” takes all back.

        Raises DocumentError.
        """
        if command.lower() == "off":
            self.waiting.clear()
        elif command:
            first = max((one.id for one in self.waiting), default=0) + 1
            self.waiting += read_documents(
                [Path(_unquoted(command))], encoding=self._encoding, first=first
            )
        if not self.waiting:
            return "No document goes with the next message."
        names = ", ".join(one.name for one in self.waiting)
        return f"With the next message: {names}"


def _unquoted(name: str) -> str:
    """A file's name without the quotes that terminals put around one that is dropped on them."""
    is_quoted = len(name) > 2 and name[0] == name[-1] and name[0] in "'\""
    return name[1:-1] if is_quoted else name


def _told(given: Attachment, document: Document) -> str:
    """What of a document is given, in one line."""
    read_as = ""
    if document.encoding not in _USUAL:
        read_as = f"; read as {_ENCODINGS.get(document.encoding, document.encoding)}"
    if given.given is None:
        return f"[{given.name}: all of it, {given.given_tokens:,} tokens{read_as}]"
    places = [part.heading.strip("[]") for part in given_parts(given, document)]
    places = [one.removeprefix(f"{given.name}, ") for one in places]
    shown = ", ".join(places[:_MOST_PLACES]) + (", …" if len(places) > _MOST_PLACES else "")
    return (
        f"[{given.name}: {len(given.given):,} of {given.passages:,} passages given, "
        f"{given.given_tokens:,} of {given.all_tokens:,} tokens: {shown}{read_as}]"
    )

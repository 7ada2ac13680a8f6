"""`conversations`: what is kept is listed, written to files, and brought in from files."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from backends.errors import ConversationsInUseError, InvalidRequestError, UserFacingError
from backends.files.plain_file import absolute_path
from backends.policy.site_policy import site_policy
from backends.printable import printable
from baichuan_desktop.cli.arguments import Commands, add_debug_to, add_dry_run, add_json, path
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.console import exact
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.retention import kept_since
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.services.exchange.adding import add, look_at, require_writable
from baichuan_desktop.services.exchange.forms.sheet import Options, moment
from baichuan_desktop.services.exchange.values import Found, State
from baichuan_desktop.services.exchange.writing import (
    Form,
    Manner,
    Written,
    data_of,
    exportable,
    make_folder,
    require_allowed,
    write_each,
    write_everything,
    write_one,
)
from baichuan_desktop.services.settings import Settings, SettingsFile

_FLUSH_SECONDS = 60.0
_MOST_SHOWN = 20  #: names of what is not taken over
_STATES = {
    State.NEW: "new",
    State.MORE: "has more messages than here",
    State.HERE: "here already",
    State.TRASHED: "in the trash here, and stays there",
    State.EXPIRED: "older than what is kept here",
}


def add_to(commands: Commands) -> None:
    """Add `conversations` and its verbs."""
    parser = commands.add_parser(
        "conversations", help="list, export and import conversations of the window"
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = verbs.add_parser("list", help="the conversations that are kept")
    add_json(listing)
    listing.set_defaults(run=_list)
    out = verbs.add_parser(
        "export",
        help="write conversations to files",
        description="One conversation is written to --out, or printed. Several become a file each "
        "in the folder --out; without --format all that is kept of them becomes one zip, which "
        "can be imported again.",
    )
    what = out.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "ids", type=int, nargs="*", default=[], metavar="ID", help="of `conversations list`"
    )
    what.add_argument("--all", action="store_true", help="all of them, those in the trash too")
    out.add_argument(
        "--format",
        choices=[form.value for form in Form],
        metavar="F",
        help="markdown, text, html, json or pdf; of one, default: markdown",
    )
    out.add_argument("--out", type=path, metavar="PATH", help="a file; of several, a folder")
    out.add_argument(
        "--replace", action="store_true", help="also where there is such a file already"
    )
    out.add_argument(
        "--documents", action="store_true", help="with the texts of attached documents"
    )
    out.add_argument(
        "--no-details", action="store_true", help="without times, models and the system prompt"
    )
    out.set_defaults(run=_export)
    bring = verbs.add_parser(
        "import",
        help="add the conversations of a file, a zip or a folder",
        description="Reads exports of this app, ChatGPT and Open WebUI, and the folders of "
        "conversations that LM Studio and Jan keep. Nothing that is here is overwritten, and what "
        "is here already is not added again.",
    )
    bring.add_argument("file", type=path, metavar="FILE")
    add_dry_run(bring)
    add_json(bring)
    bring.set_defaults(run=_import)
    add_debug_to(verbs)


# --- list --------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> int:
    with _reading() as store:
        folders = {one.id: one.name for one in store.folders()}
        rows = [_row(store, one, folders) for one in exportable(store)]
    if arguments.json:
        print_json({"conversations": rows})
    elif rows:
        shown = [{**row, "id": str(row["id"])} for row in rows]
        print_table(shown, ("id", "updated", "messages", "folder", "title"))
    else:
        say("There are no conversations.")
    return 0


def _row(store: ConversationStore, one: Conversation, folders: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title or "(draft)",
        "created": moment(one.created),
        "updated": moment(one.updated),
        "messages": len(store.tree(one.id)),
        "folder": folders.get(one.folder_id, "") if one.folder_id is not None else "",
        "is_pinned": one.is_pinned,
        "is_in_trash": one.trashed is not None,
    }


# --- export ------------------------------------------------------------------------------


def _export(arguments: argparse.Namespace) -> int:
    require_allowed()
    form = Form(arguments.format) if arguments.format else None
    options = Options(details=not arguments.no_details, documents=arguments.documents)
    manner = Manner(options)
    with _reading() as store:
        known = {one.id: one for one in exportable(store)}
        ids = list(known) if arguments.all else arguments.ids
        for key in ids:
            if key not in known:
                raise InvalidRequestError(
                    "There is no conversation {id}.",
                    hint="`baichuan-desktop conversations list` shows their ids.",
                    id=str(key),
                )
        is_one = len(ids) == 1 and not arguments.all
        file = None if arguments.out is None else absolute_path(arguments.out)
        if file is None and not (is_one and form is not Form.PDF):
            raise InvalidRequestError(
                "It is not said where to write.", hint="Give --out, a file or a folder."
            )
        if file is None:
            _print(data_of(store, ids[0], form or Form.MARKDOWN, manner))
            return 0
        if (is_one or form is None) and file.is_file() and not arguments.replace:
            raise UserFacingError(
                "There is a file “{file}” already.",
                hint="Choose another name, or say --replace.",
                file=str(file),
            )
        written = _write(store, ids, form, file, manner, is_one=is_one)
    progress("")
    if written.was_stopped:
        say(f"Stopped; {written.conversations:,} conversations were written.", sys.stderr)
        return 130
    count = written.conversations
    what = "1 conversation is" if count == 1 else f"{count:,} conversations are"
    say(f"{what} in {written.place}.")
    return 0


def _write(
    store: ConversationStore,
    ids: Sequence[int],
    form: Form | None,
    file: Path,
    manner: Manner,
    *,
    is_one: bool,
) -> Written:
    cancel = threading.Event()

    def told(done: int) -> None:
        progress(f"{done:,} of {len(ids):,} conversations")

    with interrupt_sets(cancel):
        if form is Form.PDF:
            from baichuan_desktop.ui.exchange.without_window import write_pdfs

            return write_pdfs(store, ids, file, manner, is_one=is_one, cancel=cancel, progress=told)
        if is_one:
            return write_one(store, ids[0], form or Form.MARKDOWN, file, manner)
        if form is None:
            return write_everything(store, ids, file, cancel=cancel, progress=told)
        make_folder(file)
        return write_each(store, ids, form, file, manner, cancel=cancel, progress=told)


def _print(data: bytes) -> None:
    """Print what a program gets to the last byte, and a person without what steers a terminal."""
    text = data.decode("utf-8")
    if sys.stdout.isatty():
        print(printable(text), end="")
    else:
        with contextlib.redirect_stdout(exact(sys.stdout)):
            print(text, end="")


# --- import ------------------------------------------------------------------------------


def _import(arguments: argparse.Namespace) -> int:
    file, cancel = absolute_path(arguments.file), threading.Event()
    with _opened(is_made=not arguments.dry_run) as store, interrupt_sets(cancel):
        if not arguments.dry_run:
            require_writable(store)
            if (error := store.state.unsaved) is not None:
                raise error
        since = kept_since(site_policy(), datetime.now().timestamp(), _settings().keep_days)
        found = look_at(
            file, store, since=since, cancel=cancel, progress=lambda n: progress(f"{n:,} found")
        )
        progress("")
        if not arguments.json:
            _tell(found)
        if arguments.dry_run or cancel.is_set():
            if arguments.json:
                print_json(_json(found))
            return 130 if cancel.is_set() else 0
        ids = {one.id for one in found.new}
        added = add(
            file, ids, store, since=since, cancel=cancel,
            progress=lambda n: progress(f"{n:,} of {len(ids):,} added"),
        )  # fmt: skip
        progress("")
        if not store.flush(_FLUSH_SECONDS) and (error := store.state.unsaved) is not None:
            raise error
    counts = {"conversations": added.conversations, "messages": added.messages}
    if arguments.json:
        print_json({**_json(found), "added": {**counts, "documents": added.documents}})
    else:
        say(f"Added: {added.messages:,} messages in {added.conversations:,} conversations.")
    return 130 if added.was_stopped else 0


def _tell(found: Found) -> None:
    """Say what a file holds, and what of it is not taken over."""
    say(f"{found.file} holds {len(found.conversations):,} conversations of {found.origin.label}.")
    for state, words in _STATES.items():
        count = sum(one.state is state for one in found.conversations)
        if count:
            say(f"- {count:,}: {words}")
    if found.unreadable:
        say(f"- {found.unreadable:,}: cannot be read")
    for words, counted in (
        ("Not taken over", found.rest.left_out),
        ("Unknown here, and left out", found.rest.unknown),
    ):
        names = [f"{name} ({count:,})" for name, count in counted.most_common(_MOST_SHOWN)]
        if len(counted) > _MOST_SHOWN:
            names.append(f"and {len(counted) - _MOST_SHOWN:,} more")
        if names:
            say(printable(f"{words}: {', '.join(names)}."))


def _json(found: Found) -> dict[str, Any]:
    return {
        "file": str(found.file),
        "origin": found.origin.value,
        "conversations": [
            {
                "id": one.id,
                "title": one.title,
                "created": moment(one.created),
                "updated": moment(one.updated),
                "messages": one.messages,
                "new_messages": one.new_messages,
                "state": one.state.value,
            }
            for one in found.conversations
        ],
        "unreadable": found.unreadable,
        "left_out": dict(found.rest.left_out),
        "unknown": dict(found.rest.unknown),
    }


# --- the store ---------------------------------------------------------------------------


def _settings() -> Settings:
    return SettingsFile(app_paths().settings).current


@contextlib.contextmanager
def _reading() -> Iterator[ConversationStore]:
    """The store, also while a window has it: then it is only read, which is said."""
    with _opened(is_made=False) as store:
        error = store.state.unsaved
        if isinstance(error, ConversationsInUseError):
            say("The window is open: what it has not saved yet is missing here.", sys.stderr)
        elif error is not None:
            raise error
        yield store


@contextlib.contextmanager
def _opened(*, is_made: bool) -> Iterator[ConversationStore]:
    """The store; one in memory where there is no file yet, and none is to be made."""
    file = app_paths().conversations
    plan = _settings().backups  # it makes one if that is due
    store = ConversationStore(file if is_made or file.exists() else None, backups=plan)
    try:
        yield store
    finally:
        store.close()

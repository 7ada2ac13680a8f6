"""`backup`: everything of a person's own in one file: made, verified, and merged."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backends.errors import UserFacingError
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_debug_to, add_json, path
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.cli.tables import print_facts, print_json, say
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.own_data import api
from baichuan_desktop.services.own_data.values import Contents, Part, Progress, Restored
from baichuan_desktop.services.sizes import size_text

_CANCELLED = 130  #: as a shell says it of Ctrl+C

_NAMES = {
    Part.CONVERSATIONS: "conversations",
    Part.PRESETS: "presets",
    Part.MODELS: "the list of models and adapters",
    Part.LICENCES: "accepted licences",
    Part.SETTINGS: "settings",
}


def add_to(commands: Commands) -> None:
    """Add `backup` and its verbs."""
    parser = commands.add_parser(
        "backup",
        help="conversations, presets, list of models, licences and settings in one file",
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = verbs.add_parser("create", help="write everything of your own into a file")
    create.add_argument(
        "--replace", action="store_true", help="put it in the place of a file that is there"
    )
    create.set_defaults(run=_create)
    restore = verbs.add_parser(
        "restore", help="add what a backup has and is missing here; nothing is overwritten"
    )
    restore.add_argument(
        "--take-settings",
        action="store_true",
        help="take its settings also where something else was chosen here",
    )
    restore.set_defaults(run=_restore)
    verify = verbs.add_parser("verify", help="read a backup whole, and say what is in it")
    verify.set_defaults(run=_verify)
    for verb in (create, restore, verify):
        verb.add_argument("file", type=path, metavar="FILE")
        add_json(verb)
    add_debug_to(verbs)


def _create(arguments: argparse.Namespace) -> int:
    cancel = threading.Event()
    with interrupt_sets(cancel):
        created = api.create(
            app_paths(),
            arguments.file,
            replace=arguments.replace,
            on_progress=_shown("writing"),
            cancel=cancel,
        )
    progress("")
    if created is None:
        return _CANCELLED
    if arguments.json:
        notes = [note.message for note in created.notes]
        print_json({"file": str(arguments.file), **_json(created.contents), "notes": notes})
        return 0
    size = size_text(created.contents.size)
    what = f"holds everything of your own, {size}:"
    if not created.contents.parts:
        what = "was written, and there is nothing of your own in it."
    say(one_line(f"{arguments.file} {what}"))
    _print(created.contents)
    _warn(created.notes)
    say("It is not encrypted: whoever has the file can read your conversations.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    cancel = threading.Event()
    with interrupt_sets(cancel):
        contents = api.verify(
            app_paths(), arguments.file, on_progress=_shown("verifying"), cancel=cancel
        )
    progress("")
    if contents is None:
        return _CANCELLED
    if arguments.json:
        print_json({"file": str(arguments.file), **_json(contents)})
        return 0
    made = datetime.fromtimestamp(contents.made).astimezone()
    say(one_line(f"{arguments.file} is whole: every byte is as it was written."))
    print_facts({"made": f"{made:%Y-%m-%d %H:%M}", "by version": contents.app})
    _print(contents)
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    cancel = threading.Event()
    with interrupt_sets(cancel):
        restored = api.restore(
            app_paths(),
            arguments.file,
            take_settings=arguments.take_settings,
            on_progress=_shown("reading"),
            cancel=cancel,
        )
    progress("")
    if restored is None:
        return _CANCELLED
    if arguments.json:
        print_json({"file": str(arguments.file), **_restored_json(restored)})
    else:
        _print_restored(restored)
    return 1 if restored.failed else 0


def _shown(what: str) -> Progress:
    """Shows the share that is done."""
    last = -1

    def show(done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // total if total else 100
        if percent != last:
            last = percent
            progress(f"{what}: {percent} %")

    return show


def _print(contents: Contents) -> None:
    for part, member in contents.parts.items():
        what = _NAMES[part]
        if part is Part.CONVERSATIONS:
            what = f"conversations: {contents.conversations:,}, messages: {contents.messages:,}"
        say(f"- {what}, {size_text(member.size)}")


def _print_restored(restored: Restored) -> None:
    facts = {
        "conversations": restored.conversations,
        "messages": restored.messages,
        "presets": restored.presets,
        "models": restored.models,
        "adapters": restored.adapters,
        "accepted licences": restored.licences,
        "settings": restored.settings,
    }
    added = {name: count for name, count in facts.items() if count}
    if added:
        say("Added to what is here:")
        print_facts(added, "  ")
    elif not restored.failed:
        say("Everything of it is here already.")
    for note in restored.notes:
        say(f"Note: {_told(note)}")
    _warn(restored.failed)


def _warn(errors: Sequence[UserFacingError]) -> None:
    for error in errors:
        say(str(Phrase("{sentence}", sentence=error.message)), sys.stderr)


def _told(note: Phrase | UserFacingError) -> str:
    return note.message if isinstance(note, UserFacingError) else str(note)


def _json(contents: Contents) -> dict[str, Any]:
    return {
        "version": contents.version,
        "app": contents.app,
        "made": contents.made,
        "bytes": contents.size,
        "conversations": contents.conversations,
        "messages": contents.messages,
        "parts": {
            part.value: {"bytes": one.size, "sha256": one.sha256}
            for part, one in contents.parts.items()
        },
    }


def _restored_json(restored: Restored) -> dict[str, Any]:
    return {
        "conversations": restored.conversations,
        "messages": restored.messages,
        "presets": restored.presets,
        "models": restored.models,
        "adapters": restored.adapters,
        "licences": restored.licences,
        "settings": restored.settings,
        "notes": [_told(note) for note in restored.notes],
        "failed": [error.message for error in restored.failed],
    }

"""`models find`: the models and adapters on this computer that are not listed yet."""

from __future__ import annotations

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_json, path
from baichuan_desktop.cli.library import model_store
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.cli.tables import print_json, print_table, say, typed
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.finding.known_places import known_places, place_of
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import Found, Looking, PassedOver, Place
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.services.sizes import size_text

_INTERRUPTED = 130


def add_to(verbs: Commands) -> None:
    """Add `find`."""
    parser = verbs.add_parser(
        "find",
        help="look for models and adapters that are not listed yet",
        description="Looks through the caches of huggingface_hub and modelscope, folders named "
        "after models, downloads and attached drives, or through the folders that are given. "
        "Nothing is changed, copied or listed.",
    )
    parser.add_argument(
        "folders", type=path, nargs="*", metavar="FOLDER", help="look here, and nowhere else"
    )
    add_json(parser)
    parser.set_defaults(run=_find)


def _find(arguments: argparse.Namespace) -> int:
    """Look for models; 1 if a folder that was named cannot be looked into, 130 after Ctrl+C."""
    places = arguments.folders or _known()
    found: list[Found] = []
    passed: list[PassedOver] = []
    cancel = threading.Event()
    with interrupt_sets(cancel):
        for event in find(model_store(), places, cancel=cancel):
            match event:
                case Looking(folder, entries):
                    progress(f"{entries:,} entries, {len(found)} models: {folder}")
                case Found():
                    found.append(event)
                case PassedOver():
                    passed.append(event)
    progress("")
    for one in passed:
        say(str(one.sentence), sys.stderr)
    if arguments.json:
        print_json([_json(one) for one in found])
    else:
        _print(found)
    if cancel.is_set():
        return _INTERRUPTED
    named = {folder.absolute() for folder in arguments.folders}
    return 1 if any(one.folder in named for one in passed) else 0


def _known() -> Sequence[Path]:
    """Where models may lie on this machine."""
    paths = app_paths()
    own = (*SettingsFile(paths.settings).current.model_folders, paths.model_folder)
    return [place.folder for place in known_places(own)]


def _print(found: Sequence[Found]) -> None:
    if not found:
        print("No models were found.")
        return
    print_table(
        [
            {
                "model": _name(one),
                "family": one.family or "?",
                "kind": one.kind or "?" if one.adapter is None else "adapter",
                "precision": one.stored or "?" if one.adapter is None else "",
                "size": size_text(one.bytes_on_disk),
                "state": _state(one),
                "folder": str(one.folder),
            }
            for one in found
        ],
        ("model", "family", "kind", "precision", "size", "state", "folder"),
    )
    named = Counter(map(_name, found))
    for one in found:  # two may have one name, and never one folder
        about = _name(one) if named[_name(one)] == 1 else str(one.folder)
        for sentence in one.missing:
            say(f"{one_line(about)}: {sentence}")
    new = list(filter(_can_be_listed, found))
    if new:
        print("To list them:")
        for one in new:
            print(one_line(f"  {typed(_command(one))}"))


def _json(one: Found) -> dict[str, Any]:
    return {
        "folder": str(one.folder),
        "place": one.place.value,
        "family": one.family,
        "kind": one.kind if one.adapter is None else "adapter",
        "adapter_for": None if one.adapter is None else one.adapter.base,
        "made_for": one.adapter.base_name or None if one.adapter is not None else None,
        "precision": one.stored,
        "bytes": one.bytes_on_disk,
        "variant": one.variant,
        "repository": one.repository,
        "revision": one.revision,
        "listed_as": one.listed_as,
        "complete": one.is_complete,
        "missing": [str(sentence) for sentence in one.missing],
        "to_list": list(_command(one)) if _can_be_listed(one) else None,
    }


def _name(one: Found) -> str:
    if one.repository is None:
        return one.folder.name
    return one.repository if one.revision is None else f"{one.repository}@{one.revision[:12]}"


def _state(one: Found) -> str:
    if one.listed_as is not None:
        return f"listed as {one.listed_as}"
    if _lacks_its_model(one):
        return "its model is not listed"
    return "complete" if one.is_complete else "incomplete"


def _can_be_listed(one: Found) -> bool:
    return one.is_complete and one.listed_as is None and not _lacks_its_model(one)


def _lacks_its_model(one: Found) -> bool:
    """Whether it is an adapter for a released model that has to be listed first."""
    return one.adapter is not None and one.adapter.base is None and one.family is not None


def _command(one: Found) -> Sequence[str]:
    """How a model is brought into the list: one on a drive that will be taken away, by copying."""
    is_on_a_drive = place_of(one.folder).place is Place.MEDIUM
    verb = ("import", "--copy") if is_on_a_drive else ("add",)
    return ("baichuan-desktop", "models", *verb, str(one.folder))

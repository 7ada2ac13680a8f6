"""`presets`: system prompts, messages and sampling under a name."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from backends.errors import UserFacingError
from backends.files.plain_file import absolute_path
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_debug_to, add_json, path
from baichuan_desktop.cli.presets import preset_store
from baichuan_desktop.cli.tables import print_facts, print_json, print_table, say
from baichuan_desktop.cli.wrapping import cut
from baichuan_desktop.services.presets.built_in import built_in
from baichuan_desktop.services.presets.filling import variables_of
from baichuan_desktop.services.presets.store import PresetStore, export_to
from baichuan_desktop.services.presets.values import Preset

_SUMMARY = 60  # columns of what a preset says


def add_to(commands: Commands) -> None:
    """Add `presets` and its verbs."""
    parser = commands.add_parser(
        "presets", help="system prompts, messages and sampling under a name"
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = verbs.add_parser("list", help="your own ones and those of the app")
    listing.set_defaults(run=_list)
    show = verbs.add_parser("show", help="all that one sets")
    show.add_argument("name", metavar="NAME", help="a name or an id of `presets list`")
    show.set_defaults(run=_show)
    exporting = verbs.add_parser("export", help="write presets into a file, for others")
    exporting.add_argument("names", nargs="*", metavar="NAME", help="default: all your own")
    exporting.add_argument("--out", type=path, required=True, metavar="FILE")
    exporting.add_argument(
        "--replace", action="store_true", help="also where there is such a file already"
    )
    exporting.set_defaults(run=_export)
    importing = verbs.add_parser("import", help="add the presets of a file to yours")
    importing.add_argument("file", type=path, metavar="FILE")
    importing.set_defaults(run=_import)
    delete = verbs.add_parser("delete", help="delete one of your own")
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(run=_delete)
    for verb in (listing, show):
        add_json(verb)
    add_debug_to(verbs)


def _list(arguments: argparse.Namespace) -> int:
    """Print all of them; 1 where something of one's own cannot be read."""
    store = preset_store()
    presets = (*store.own(), *built_in("en"), *built_in("zh_CN"))
    is_whole = _told(store)
    if arguments.json:
        print_json([_facts(one) for one in presets])
        return 0 if is_whole else 1
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "id": one.id,
            "whose": "the app's" if one.is_built_in else "yours",
            "what": cut(one.summary or "sampling only", _SUMMARY),
        }
        for one in presets
    ]
    print_table(rows, ["name", "id", "whose", "what"])
    return 0 if is_whole else 1


def _told(store: PresetStore) -> bool:
    """Whether all of one's own could be read; what could not is said."""
    if store.problem is None:
        return True
    say(f"{store.problem.message} {store.problem.hint}".rstrip(), sys.stderr)
    return False


def _facts(preset: Preset) -> dict[str, Any]:
    return {
        "id": preset.id,
        "name": preset.name,
        "of_the_app": preset.is_built_in,
        "system_prompt": preset.system_prompt,
        "message": preset.template,
        "variables": {one.name: one.default for one in variables_of(preset.template)},
        "sampling": dict(preset.sampling),
    }


def _show(arguments: argparse.Namespace) -> int:
    preset = preset_store().named(arguments.name)
    if arguments.json:
        print_json(_facts(preset))
        return 0
    facts = {name: value for name, value in _facts(preset).items() if name not in _TEXTS}
    print_facts(facts)
    for name, text in (("system prompt", preset.system_prompt), ("message", preset.template)):
        if text:
            say(f"{name}:\n{text}")
    return 0


_TEXTS = ("system_prompt", "message")  # which have lines


def _export(arguments: argparse.Namespace) -> int:
    store = preset_store()
    presets = [store.named(name) for name in arguments.names] or list(store.own())
    if not presets:
        raise UserFacingError(
            "There is no preset of your own to be written.",
            hint="Name one of the app's: baichuan-desktop presets export NAME --out FILE",
        )
    file = absolute_path(arguments.out)
    if file.exists() and not arguments.replace:
        raise UserFacingError(
            "There is a file “{file}” already.",
            hint="Choose another name, or say --replace.",
            file=str(file),
        )
    export_to(file, presets)
    say(f"{_names(presets)} written to {one_line(str(file))}.")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    taken = preset_store().import_from(absolute_path(arguments.file))
    if taken.added:
        say(f"Added: {_names(taken.added)}.")
    if taken.known:
        say(f"Here already: {_names(taken.known)}.")
    return 0


def _names(presets: list[Preset] | tuple[Preset, ...]) -> str:
    return one_line(", ".join(one.name for one in presets))


def _delete(arguments: argparse.Namespace) -> int:
    store = preset_store()
    preset = store.named(arguments.name)
    if preset.is_built_in:
        raise UserFacingError(
            "The preset “{name}” is a part of the app and cannot be deleted.",
            hint="Those of your own can: baichuan-desktop presets list",
            name=preset.name,
        )
    store.delete(preset.id)
    say(one_line(f"{preset.name} is deleted."))
    return 0

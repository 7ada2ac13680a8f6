"""`models`: the models on this machine, listed, shown, added, renamed and removed."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

from backends.events import SamplingDefaults
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_debug_to, add_json, path
from baichuan_desktop.cli.library import model_json, model_store, print_notes
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.cli.tables import print_facts, print_json, print_table
from baichuan_desktop.cli.verbs import copies
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.library.store import ModelStore, notes, sampling_in
from baichuan_desktop.services.library.variants import Variant


def add_to(commands: Commands) -> None:
    """Add `models` and its verbs."""
    parser = commands.add_parser("models", help="the models on this machine")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = verbs.add_parser("list", help="list the models on this machine")
    listing.add_argument("--known", action="store_true", help="list every released model instead")
    listing.set_defaults(run=_list)
    show = verbs.add_parser("show", help="what is known of a model")
    show.add_argument("id", metavar="ID", help="a model on this machine, or a released one")
    show.set_defaults(run=_show)
    add = verbs.add_parser("add", help="list a checkpoint folder; nothing is copied")
    add.add_argument("folder", type=path, metavar="FOLDER")
    add.add_argument(
        "--export-of", metavar="ID", help="it is an export, and a precision of this model"
    )
    add.set_defaults(run=_add)
    rename = verbs.add_parser("rename", help="show a model under another name; its id stays")
    rename.add_argument("id", metavar="ID")
    rename.add_argument("name", metavar="NAME")
    rename.set_defaults(run=_rename)
    remove = verbs.add_parser("remove", help="forget a model; its files stay")
    remove.add_argument("id", metavar="ID")
    remove.set_defaults(run=_remove)
    for verb in (listing, show, add, rename, remove):
        add_json(verb)
    copies.add_to_models(verbs)
    add_debug_to(verbs)


def _list(arguments: argparse.Namespace) -> int:
    """List models; 1 if a registry is wrong, and so some may be missing."""
    store = model_store()
    if arguments.known:
        rows = [_variant_json(store, variant) for variant in store.variants]
        names = [variant.name for variant in store.variants]
        columns = ("id", "name", "family", "kind", "context_length")
    else:
        models = store.models
        rows = [model_json(model) for model in models]
        names = [model.shown_name for model in models]
        columns = ("id", "name", "family", "kind", "path")
    if arguments.json:
        print_json(rows)
    else:
        shown = zip(rows, names, strict=True)
        print_table([{**row, "name": name.en} for row, name in shown], columns)
    return 1 if store.problems else 0


def _show(arguments: argparse.Namespace) -> int:
    store = model_store()
    facts: dict[str, Any]
    try:
        model = store.model(arguments.id)
    except UnknownModelError:
        facts = _variant_json(store, store.variant(arguments.id))
    else:
        variant = store.variant_of(model)
        said = list(map(str, notes(model.path)))
        own = sampling_in(model.path)  # which may be another than that of the released model
        facts = model_json(model) | {
            "notes": said if arguments.json else "; ".join(said) or None,
            "sampling": _sampling_json(own) if own else None,
            "variant": _variant_facts(variant) if variant else None,
        }
    if arguments.json:
        print_json(facts)
    else:
        print_facts(facts)
    return 0


def _add(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    if arguments.export_of is None:
        model = store.add(arguments.folder)
    else:
        model = store.join_export(arguments.export_of, arguments.folder, _comparing)
        progress("")
    said = notes(model.path)
    if arguments.json:
        print_json(model_json(model) | {"notes": list(map(str, said))})
    else:
        line = f"{model.id}: {model.shown_name.en} ({model.family}, {model.kind}) at {model.path}"
        print(one_line(line))
        print_notes(said)
    return 0


def _comparing(done: int, total: int) -> None:
    """Show how far the weights of a model are read."""
    progress(f"Comparing the weights: {100 * done // max(total, 1)} %")


def _rename(arguments: argparse.Namespace) -> int:
    model = ModelStore(app_paths()).rename(arguments.id, arguments.name)
    if arguments.json:
        print_json(model_json(model))
    else:
        print(one_line(f"{model.id} is called {model.shown_name.en} now"))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    exports = {one.id for one in store.exports_of(arguments.id)}
    model = store.remove(arguments.id)
    if arguments.json:
        print_json(model_json(model))
    else:
        print(one_line(f"{model.id} is not listed any more; its files are still at {model.path}"))
        for export in sorted(exports):
            print(f"its export {export} is a model of its own now")
    return 0


def _variant_json(store: ModelStore, variant: Variant) -> dict[str, Any]:
    """A released model, and how it is sampled as it was published."""
    return _variant_facts(variant) | {"sampling": _sampling_json(store.sampling_of(variant))}


def _variant_facts(variant: Variant) -> dict[str, Any]:
    def plain(value: object) -> object:
        return value.model_dump() if hasattr(value, "model_dump") else value

    facts = {field.name: plain(getattr(variant, field.name)) for field in fields(Variant)}
    return facts | {"published_memory_gib": dict(variant.published_memory_gib)}


def _sampling_json(sampling: SamplingDefaults) -> dict[str, Any]:
    return {
        "do_sample": not sampling.greedy,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "repetition_penalty": sampling.repetition_penalty,
        "max_new_tokens": sampling.max_new_tokens,
    }

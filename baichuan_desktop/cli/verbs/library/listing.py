"""`models list` and `models show`."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from backends.checkpoint.weights_stamp import weights_stamp
from backends.events import SamplingDefaults
from baichuan_desktop.cli.arguments import Commands, add_json
from baichuan_desktop.cli.library import (
    adapter_json,
    listed_json,
    listed_of,
    model_json,
    model_store,
    state_json,
)
from baichuan_desktop.cli.tables import print_facts, print_json, print_table, say
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.adapters.bases import base_among
from baichuan_desktop.services.library.adapters.details import AdapterDetails, details
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Listed,
    UnknownModelError,
)
from baichuan_desktop.services.library.rows.patiently import look_at_all
from baichuan_desktop.services.library.store import ModelStore, notes, sampling_in
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.sizes import size_text


def add_to(verbs: Commands) -> None:
    """Add `list` and `show`."""
    listing = verbs.add_parser("list", help="list the models on this machine, with their adapters")
    which = listing.add_mutually_exclusive_group()
    which.add_argument("--known", action="store_true", help="list every released model instead")
    which.add_argument(
        "--state",
        action="store_true",
        help="look at the folders, too: what became of each, and its size; drives may take long",
    )
    listing.set_defaults(run=_list)
    show = verbs.add_parser(
        "show", help="what is known of a model, or of an adapter and what made it"
    )
    show.add_argument(
        "id", metavar="ID", help="a model or an adapter on this machine, or a released model"
    )
    show.set_defaults(run=_show)
    for verb in (listing, show):
        add_json(verb)


def _list(arguments: argparse.Namespace) -> int:
    """List models; 1 if a registry is wrong, and so some may be missing."""
    store = model_store()
    if arguments.known:
        rows = [_variant_json(store, variant) for variant in store.variants]
        names = [variant.name for variant in store.variants]
        below = [False] * len(rows)
        columns = ["id", "name", "family", "kind", "context_length"]
    else:
        listed = _with_adapters(store)
        models, below = [one for one, _ in listed], [is_below for _, is_below in listed]
        rows = [listed_json(one) for one in models]
        names = [one.shown_name for one in models]
        columns = ["id", "name", "family", "kind", "path"]
        if arguments.state:
            states = look_at_all(models, ManifestStore(app_paths().manifests))
            rows = [row | state_json(states[row["id"]]) for row in rows]
            columns[-1:] = ["state", "size", "path"]
    if arguments.json:
        print_json(rows)
    else:
        shown = zip(rows, names, below, strict=True)
        told = [
            _in_words(row, is_below=is_below) | {"name": name.en} for row, name, is_below in shown
        ]
        print_table(told, columns)
        for row in rows:
            if row.get("state_sentence"):
                say(f"{row['id']}: {row['state_sentence']}")
    return 1 if store.problems else 0


def _with_adapters(store: ModelStore) -> list[tuple[Listed, bool]]:
    """The models, each followed by its adapters, and whether it is one of these.

    Adapters of no listed model come last.
    """
    variants = {one.id: one for one in store.variants}
    below: dict[str | None, list[InstalledAdapter]] = {}
    for adapter in store.adapters:
        base = base_among(adapter, store.models, variants)
        below.setdefault(None if base is None else base.id, []).append(adapter)
    found: list[tuple[Listed, bool]] = []
    for model in store.models:
        found.append((model, False))
        found += [(one, True) for one in below.get(model.id, ())]
    return [*found, *((one, False) for one in below.get(None, ()))]


def _in_words(row: dict[str, Any], *, is_below: bool = False) -> dict[str, Any]:
    """A row as a person reads it; `is_below` sets it in, below its model."""
    size = row.get("bytes_on_disk")
    told = {**row, "size": "?" if size is None else size_text(size)}
    return {"family": "", **told, "id": f"  {row['id']}" if is_below else row["id"]}


def _show(arguments: argparse.Namespace) -> int:
    store = model_store()
    facts: dict[str, Any]
    try:
        model = listed_of(store, arguments.id)
    except UnknownModelError:
        facts = _variant_json(store, store.variant(arguments.id))
    else:
        if isinstance(model, InstalledAdapter):
            facts = _adapter_facts(store, model)
            if not arguments.json:
                facts["notes"] = "; ".join(facts["notes"]) or None
                del facts["copied"], facts["bytes_on_disk"]
            (print_json if arguments.json else print_facts)(facts)
            return 0
        facts = _model_facts(store, model)
        if not arguments.json:
            facts["notes"] = "; ".join(facts["notes"]) or None
            del facts["copied"], facts["bytes_on_disk"]
    if arguments.json:
        print_json(facts)
    else:
        print_facts(facts)
    return 0


def _model_facts(store: ModelStore, model: InstalledModel) -> dict[str, Any]:
    """All that is known of a model, with what its folder says if that is here."""
    paths = app_paths()
    state = look_at_all([model], ManifestStore(paths.manifests))[model.id]
    is_here = not state.condition.is_away
    variant = store.variant_of(model)
    own = sampling_in(model.path) if is_here else None  # may be another than the released model's
    used = LastUsed(paths.last_used).of(model.id)
    size = state.bytes_on_disk
    return (
        model_json(model)
        | state_json(state)
        | {
            "size": None if size is None else size_text(size),
            "last_used": None if used is None else used.isoformat(),
            "outdated_exports": list(map(str, _outdated(model))) if is_here else [],
            "copies": [
                one.id
                for one in store.models
                if one.variant is not None and one.variant == model.variant and one.id != model.id
            ],
            "notes": list(map(str, notes(model.path))) if is_here else [],
            "sampling": _sampling_json(own) if own else None,
            "variant": _variant_facts(variant) if variant else None,
        }
    )


def _adapter_facts(store: ModelStore, adapter: InstalledAdapter) -> dict[str, Any]:
    """All that is known of an adapter, with what its folder says if that is here."""
    state = look_at_all([adapter], ManifestStore(app_paths().manifests))[adapter.id]
    known = AdapterDetails() if state.condition.is_away else details(adapter.path)
    size = state.bytes_on_disk
    return (
        adapter_json(adapter)
        | state_json(state)
        | {
            "size": None if size is None else size_text(size),
            "models": [one.id for one in store.models if adapter in store.adapters_of(one)],
            "method": known.method or None,
            "ranks": list(known.ranks),
            "linear_layers": known.layers or None,
            "replaced": list(known.replaced),
            "made_for": known.base_name or None,
            "provenance": dict(known.provenance),
            "notes": list(map(str, known.notes)),
            "error": None if known.error is None else known.error.message,
        }
    )


def _outdated(model: InstalledModel) -> list[Path]:
    """The exports of a model that were made of earlier weights."""
    now = weights_stamp(model.path) if model.export_stamps else None
    stamps = model.export_stamps.items()
    return [folder for folder, stamp in stamps if now is not None and stamp != now]


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

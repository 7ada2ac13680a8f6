"""Collects the parts of a bundle. Nothing is written, and nothing leaves the machine."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from backends.choice.unused_cards import unused_cards
from backends.errors import UserFacingError
from backends.files.plain_file import open_plain
from backends.machine import hardware
from backends.machine.hardware import Machine
from baichuan_desktop import __version__
from baichuan_desktop.services import doctor, input_methods
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.library.adapters.details import details
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.support_bundle.facts import (
    adapter_aliases,
    aliases,
    environment_facts,
    policy_facts,
    registry_facts,
    settings_facts,
    storage_facts,
)
from baichuan_desktop.services.support_bundle.identity import identifying_words
from baichuan_desktop.services.support_bundle.log_lines import telling_lines
from baichuan_desktop.services.support_bundle.redaction import Redaction
from baichuan_desktop.services.support_bundle.values import BundlePart

_LOGS = re.compile(r"(window|engine|job|comparison|terminal)(\.previous|\.\d{1,8})?\.log(\.1)?")
_MOST_LOGS = 20
_LOG_BYTES = 512 * 2**10  #: of a log's end that are read

_README = """\
A bundle for support of Baichuan Desktop, written on this machine alone and sent nowhere.

versions.json     of the app, of Python, of libraries, and the system
hardware.json     the processor, memory and graphics cards
models.json       for each listed model, which precisions run here and why; what adapters are
registry.json     the listed models and adapters, without the names and paths that people gave
settings.json     switches and numbers
policy.json       what an administrator turned off
storage.json      sizes of the app's files
environment.json  variables that change what the app does
logs/             when something went wrong, and which line of the program said so

Left out: conversations, questions and answers; names of folders, files, accounts and of this
machine; what the logs say in words. Models without a name of a release are called model-1, model-2,
and adapters adapter-1, adapter-2.
"""


def collect(
    paths: AppPaths,
    store: ModelStore,
    measurements: Measurements,
    run: RunRequest,
    redaction: Redaction | None = None,
) -> Sequence[BundlePart]:
    """Every part of a bundle, in the order to show them.

    `run` has an engine try what the processor multiplies. `redaction` takes out what tells whose
    machine this is; unless one is given, it is made of what the system says.
    """
    redaction = redaction or Redaction(identifying_words(paths))
    machine = hardware.detect()
    losses = store.published_4bit_losses
    precisions = Precisions(measurements, lambda: machine, published_4bit_losses=losses)
    sections: dict[str, Mapping[str, Any]] = {
        "versions.json": _versions(machine),
        "hardware.json": {
            **_hardware(doctor.machine_facts(machine, run)),
            "warnings": _warnings(machine),
        },
        "models.json": {
            "models": list(_models(store, precisions)),
            "adapters": list(_adapters(store)),
        },
        "registry.json": registry_facts(store),
        "settings.json": settings_facts(paths),
        "policy.json": policy_facts(),
        "storage.json": storage_facts(paths),
        "environment.json": environment_facts(),
    }
    parts = [BundlePart("README.txt", _README)]
    for name, facts in sections.items():
        text = json.dumps(redaction.value(facts), ensure_ascii=False, indent=2)
        parts.append(BundlePart(name, text.encode("utf-8", "replace").decode() + "\n"))
    parts += [
        BundlePart(f"logs/{name}", redaction.text(telling_lines(text)))
        for name, text in _logs(paths.log)
    ]
    return parts


def _versions(machine: Machine) -> dict[str, Any]:
    """Versions, as they are installed: no library is imported, which might do things of its own."""
    return {
        "app": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": dict(machine.libraries),
        "torch_cuda": machine.torch_cuda,
    }


def _hardware(told: Mapping[str, Any]) -> dict[str, Any]:
    """The machine without what tells it from another one that was made alike.

    Of an engine that failed is told only that it did.
    """
    gpus = [{name: one[name] for name in one if name != "uuid"} for one in told["gpus"]]
    facts = {name: value for name, value in told.items() if name != "products_error"}
    return facts | {"gpus": gpus, "products_failed": told["products_error"] is not None}


def _warnings(machine: Machine) -> list[str]:
    """What is wrong with the machine, without what to do, which names folders."""
    unused = unused_cards(machine)
    unreached = input_methods.unreached(os.environ, input_methods.installed_plugins())
    found = []
    if unused is not None:
        found.append(unused.sentence.template)
    if unreached is not None:
        found.append(unreached.sentence.template)
    return found


def _models(store: ModelStore, precisions: Precisions) -> Iterator[dict[str, Any]]:
    """What runs of each model. An error's sentence names files: its topic stands for it."""
    names = aliases(store)
    for model in store.models:
        facts: dict[str, Any] = {"model": names[model.id], "error_topic": None, "precisions": []}
        try:
            opened = precisions.open(model)
        except UserFacingError as error:
            yield facts | {"error_topic": error.help_topic}
            continue
        yield facts | {
            "precisions": list(map(_row, opened.whole.rows)),
            "refused_exports": len(opened.refused),
            "notes": len(opened.notes),
        }


def _adapters(store: ModelStore) -> Iterator[dict[str, Any]]:
    """What each adapter is; of what made it, only how much is said."""
    names = adapter_aliases(store)
    for adapter in store.adapters:
        known = details(adapter.path)
        yield {
            "adapter": names[adapter.id],
            "error_topic": None if known.error is None else known.error.help_topic,
            "method": known.method or None,
            "ranks": list(known.ranks),
            "layers": known.layers,
            "replaced": len(known.replaced),
            "tensor_bytes": known.tensor_bytes,
            "provenance": len(known.provenance),
            "notes": len(known.notes),
        }


def _row(row: PrecisionRow) -> dict[str, Any]:
    """A precision. Of one that cannot run, the sentence may be an administrator's."""
    needs_memory = row.needed_bytes is not None
    quality = None if row.quality is None else row.quality.model_dump(exclude={"text"})
    return doctor.row_facts(row) | {
        "sentence": str(row.sentence) if needs_memory else row.sentence.template,
        "quality": quality,
    }


def _logs(folder: Path) -> Iterator[tuple[str, str]]:
    """The app's logs, by name; of a long one, its end."""
    try:
        names = sorted(file.name for file in folder.iterdir() if _LOGS.fullmatch(file.name))
    except OSError:
        return
    for name in names[:_MOST_LOGS]:
        try:
            with open_plain(folder / name) as stream:
                stream.seek(0, os.SEEK_END)
                stream.seek(max(0, stream.tell() - _LOG_BYTES))
                content = stream.read(_LOG_BYTES)
        except OSError:
            continue
        yield name, content.decode("utf-8", "replace")

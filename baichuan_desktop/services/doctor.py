"""What an administrator wants to know of a machine: facts, and what runs on it and why."""

from __future__ import annotations

import dataclasses
import os
import platform
import threading
from collections.abc import Mapping
from typing import Any

from backends.choice.unused_cards import unused_cards
from backends.errors import UserFacingError, in_gib
from backends.events import ProductsTried
from backends.machine import hardware, processor
from backends.machine.cards.values import VISIBLE_VARIABLE
from backends.precision import Precision, device_or_auto
from backends.printable import one_line
from backends.protocol.engine_requests import ProductsRequest
from baichuan_desktop import __version__
from baichuan_desktop.services import input_methods
from baichuan_desktop.services.admission.told import in_force
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.library.adapters.details import details
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow

#: Providers of ONNX Runtime that exports run on; no other is ever asked for.
_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


def report(
    store: ModelStore,
    measurements: Measurements,
    run: RunRequest,
) -> dict[str, Any]:
    """The report as plain values, for JSON. `run` has an engine try what torch multiplies."""
    machine = hardware.detect()
    losses = store.published_4bit_losses
    precisions = Precisions(measurements, lambda: machine, published_4bit_losses=losses)
    return {
        "app": __version__,
        "system": platform.platform(),
        "python": platform.python_version(),
        "machine": machine_facts(machine, run),
        "policy": str(in_force()),
        "onnx_providers": {name: name in _PROVIDERS for name in hardware.onnx_providers()},
        "warnings": [*_warnings(machine), *(problem.message for problem in store.problems)],
        "models": [_model(model, store, precisions) for model in store.models],
        "adapters": [_adapter(adapter, store) for adapter in store.adapters],
    }


def machine_facts(machine: hardware.Machine, run: RunRequest) -> dict[str, Any]:
    """What a machine is, as plain values; `run` has an engine try what torch multiplies."""
    return {
        "processor": machine.processor,
        "physical_cores": machine.physical_cores,
        "features": sorted(machine.features),
        "features_left_out": sorted(processor.without()),
        "memory_bytes": machine.memory_bytes,
        "free_memory_bytes": machine.free_memory_bytes,
        "memory_limit": str(machine.limit.name) if machine.limit else None,
        "hidden_gpus": machine.hidden_cards,
        "gpus": [dataclasses.asdict(gpu) for gpu in machine.gpus],
        "libraries": dict(machine.libraries),
        "torch_cuda": machine.torch_cuda,
        **_products(machine, run),
    }


def _warnings(machine: hardware.Machine) -> list[str]:
    found = []
    if {"onnxruntime", "onnxruntime-gpu"} <= machine.libraries.keys():
        found.append(
            "onnxruntime and onnxruntime-gpu are both installed; the one installed last wins. "
            "Remove both, then install the one you want."
        )
    unused = unused_cards(machine)
    if unused is not None:
        found.append(f"{unused.sentence} {unused.hint}")
    missing = input_methods.unreached(os.environ, input_methods.installed_plugins())
    if missing is not None:
        found.append(f"{missing.sentence} {missing.hint}")
    return found


def _products(machine: hardware.Machine, run: RunRequest) -> dict[str, Any]:
    """How the processor multiplies in each precision, as an engine tried it.

    Not in this process, which an instruction that the processor lacks would end.
    """
    found: list[dict[str, Any]] = []
    failure = None
    try:
        if "torch" in machine.libraries:
            found += [
                {
                    "precision": event.precision.value,
                    "way": str(event.way),
                    "is_right": event.is_right,
                }
                for event in run(ProductsRequest(), threading.Event())
                if isinstance(event, ProductsTried)
            ]
    except UserFacingError as error:
        failure = error.message
    except OSError as error:  # the engine's log cannot be written
        failure = str(error)
    if {"onnx", "onnxruntime"} <= machine.libraries.keys():
        on_processor = [p for p in Precision if p.is_onnx and p is not Precision.ONNX_FP16]
        found += [
            {"precision": precision.value, "way": "ONNX Runtime", "is_right": True}
            for precision in on_processor
        ]
    return {"products": found, "products_error": failure}


def _model(model: InstalledModel, store: ModelStore, precisions: Precisions) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": model.id,
        "path": str(model.path),
        "outdated_exports": [],
        "refused_exports": [],
        "notes": [],
    }
    try:
        opened = precisions.open(model)
    except UserFacingError as error:
        return entry | {
            "error": error.message,
            "hint": str(error.hint),
            "precisions": [],
        }
    outdated = {str(folder) for folder in opened.exports.outdated}
    refused = [
        {"error": error.message, "hint": str(error.hint)}
        for error in opened.refused
        if error.facts["folder"] not in outdated
    ]
    return entry | {
        "error": None,
        "outdated_exports": [
            {"id": export.id, "path": str(export.path)}
            for export in store.exports_of(model.id)
            if str(export.path) in outdated
        ],
        "precisions": [row_facts(row) for row in opened.whole.rows],
        "refused_exports": refused,
        "notes": list(map(str, opened.notes)),
    }


def _adapter(adapter: InstalledAdapter, store: ModelStore) -> dict[str, Any]:
    known = details(adapter.path)
    return {
        "id": adapter.id,
        "path": str(adapter.path),
        "adapter_for": adapter.base or None,
        "models": [one.id for one in store.models if adapter in store.adapters_of(one)],
        "summary": known.summary or None,
        "bytes": known.tensor_bytes or None,
        "error": None if known.error is None else known.error.message,
        "hint": None if known.error is None else str(known.error.hint),
        "notes": list(map(str, known.notes)),
    }


def row_facts(row: PrecisionRow) -> dict[str, Any]:
    """What a precision needs here, as plain values."""
    return {
        "precision": row.precision.value,
        "label": row.precision.label,
        "backend": row.backend.value,
        "device": row.device_kind.value,
        "device_name": row.device_name,
        "request_device": device_or_auto(row.wanted_device),
        "verdict": row.verdict.value,
        "needed_bytes": row.needed_bytes,
        "host_bytes": row.host_bytes,
        "context_length": row.context_length,
        "embedding_on_host": row.embedding_on_host,
        "head_in_8_bits": row.head_in_8_bits,
        "sentence": str(row.sentence),
        "chosen": row.chosen,
        "tokens_per_second": row.tokens_per_second,
        "published_loss": row.published_loss,
        "quality": row.quality.model_dump() if row.quality else None,
    }


def _cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def _product_lines(machine: dict[str, Any]) -> list[str]:
    lines = []
    if machine["features_left_out"]:
        names = ", ".join(machine["features_left_out"])
        lines.append(f"Taken for missing ({processor.WITHOUT_VARIABLE}): {names}")
    lines += [f"  {product['precision']:<11} {product['way']}" for product in machine["products"]]
    if machine["products_error"]:
        lines.append(f"What it multiplies could not be tried: {machine['products_error']}")
    return lines


def _card_line(gpu: dict[str, Any]) -> str:
    capability = ".".join(map(str, gpu["compute_capability"]))
    cuda = gpu["driver_cuda"]
    driver = f"driver {gpu['driver']}" if gpu["driver"] else ""
    if cuda:
        newest = f"CUDA {cuda[0]}.{cuda[1]}"
        driver = f"{driver} ({newest})" if driver else f"driver for {newest}"
    facts = [
        f"Graphics card {gpu['index']}: {gpu['name']}",
        f"{in_gib(gpu['free_memory_bytes']):.1f} of {in_gib(gpu['memory_bytes']):.1f} GiB free"
        + (", shared with the processor" if gpu["is_unified"] else ""),
        f"compute capability {capability}",
        driver,
        "a display is on it" if gpu["has_display"] else "",
    ]
    return ", ".join(filter(None, facts))


def _missing_card_lines(visible: int, hidden: int) -> list[str]:
    if hidden:
        cards, are = ("card", "is") if hidden == 1 else ("cards", "are")
        more = "more " if visible else ""
        told = f"Graphics cards: {hidden} {more}{cards} that NVIDIA's driver reports {are} hidden"
        return [f"{told} by the variable {VISIBLE_VARIABLE}"]
    return [] if visible else ["Graphics cards: none that NVIDIA's driver reports"]


def _server_line(installed: Mapping[str, str]) -> str:
    missing = [name for name in hardware.SERVER_LIBRARIES if name not in installed]
    if missing:
        return f"Server for other programs: not installed is {', '.join(missing)} (extra “server”)"
    return "Server for other programs: its libraries are installed"


def _adapter_line(adapter: dict[str, Any]) -> str:
    if adapter["error"]:
        return f"  {adapter['error']} {adapter['hint']}"
    models = ", ".join(adapter["models"]) or "no listed model"
    return f"  {adapter['summary']}, {adapter['bytes']:,} bytes, an adapter for {models}"


def as_text(content: dict[str, Any]) -> str:
    """The report for a person."""
    machine = content["machine"]
    lines = [
        f"Baichuan Desktop {content['app']} · Python {content['python']} · {content['system']}",
        (
            f"Processor: {machine['processor']}, {_cores(machine['physical_cores'])}, "
            f"{' '.join(machine['features']) or 'no special features'}"
        ),
        *_product_lines(machine),
        (
            f"Memory: {in_gib(machine['free_memory_bytes']):.1f} of "
            f"{in_gib(machine['memory_bytes']):.1f} GiB free"
            + (f", as {machine['memory_limit']} allows" if machine["memory_limit"] else "")
        ),
    ]
    lines += map(_card_line, machine["gpus"])
    lines += _missing_card_lines(len(machine["gpus"]), machine["hidden_gpus"])
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    lines.append(f"Libraries: {libraries or 'none'}; CUDA of torch: {machine['torch_cuda'] or '-'}")
    providers = (
        name if is_used else f"{name} (untested, never used)"
        for name, is_used in content["onnx_providers"].items()
    )
    lines.append(f"Providers of ONNX Runtime: {', '.join(providers) or 'none'}")
    lines.append(_server_line(machine["libraries"]))
    lines.append(f"Policy: {content['policy']}")
    lines += [f"Warning: {text}" for text in content["warnings"]]
    for model in content["models"]:
        lines += ["", f"{model['id']} ({one_line(model['path'])})"]
        if model["error"]:
            lines.append(f"  {model['error']} {model['hint']}")
        for row in model["precisions"]:
            measured = (
                f" Last {row['tokens_per_second']:,} tokens/s." if row["tokens_per_second"] else ""
            )
            if row["quality"] and row["quality"]["top1_agreement"] is not None:
                differing = 100 * (1 - row["quality"]["top1_agreement"])
                measured += f" {differing:.1f} % of next tokens differ"
                measured += f" from {row['quality']['reference']}."
            mark = "*" if row["chosen"] else " "
            lines.append(
                f"  {mark} {row['label']:<11} {row['verdict']:<13} {row['sentence']}{measured}"
            )
        lines += [
            f"    “{export['id']}” ({one_line(export['path'])}) is left out: the model's weights "
            "were changed since it was made. Delete that folder and export the model again; if the "
            "files were only copied: baichuan-desktop models add FOLDER --export-of "
            f"{model['id']}"
            for export in model["outdated_exports"]
        ]
        lines += [
            f"    {refusal['error']} {refusal['hint']}" for refusal in model["refused_exports"]
        ]
        lines += [f"    Note: {note}" for note in model["notes"]]
    for adapter in content["adapters"]:
        lines += ["", f"{adapter['id']} ({one_line(adapter['path'])})", _adapter_line(adapter)]
        lines += [f"    Note: {note}" for note in adapter["notes"]]
    return "\n".join(lines)

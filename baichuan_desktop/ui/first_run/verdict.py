"""What a machine can run: facts that are looked at away from the window, and their sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from backends.errors import UserFacingError
from backends.events import ModelKind
from backends.machine.hardware import Machine
from baichuan_desktop.services.getting.values import Getting
from baichuan_desktop.services.getting.ways import ways_to_get
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.acquiring.getting import get_texts
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.i18n import is_chinese
from baichuan_desktop.ui.look.numbers import speed_text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out."""

    machine: Machine
    best: Getting | None  #: the largest released chat model that runs here; None: none does
    #: How each model that is here would run, by folder; or why it cannot.
    models: Mapping[Path, PrecisionRow | UserFacingError | None] = field(default_factory=dict)

    def runs(self, model: InstalledModel) -> bool:
        """Whether a model of one's own runs here."""
        return isinstance(self.models.get(model.path), PrecisionRow)


def look(store: ModelStore, precisions: Precisions) -> Verdict:
    """Look at the machine, and at the models that are here. Not for the window's thread."""
    machine = precisions.now()
    released = [
        ways_to_get(variant, machine)
        for variant in store.variants
        if not variant.bundled and not variant.is_intermediate and variant.kind is ModelKind.CHAT
    ]
    running = [one for one in released if any(here.is_chosen for here in one.memory)]
    best = max(running, key=lambda one: (one.variant.parameters, one.disk_bytes), default=None)
    own = [model for model in store.models if not model.bundled]
    return Verdict(machine, best, {model.path: _row_of(precisions, model) for model in own})


def _row_of(precisions: Precisions, model: InstalledModel) -> PrecisionRow | UserFacingError | None:
    try:
        rows: Sequence[PrecisionRow] = precisions.open(model).whole.rows
    except UserFacingError as error:
        return error
    return next((row for row in rows if row.chosen), None)


def of_machine(verdict: Verdict) -> str:
    """What this computer has, and the largest model that runs on it."""
    translate = QCoreApplication.translate
    machine = verdict.machine
    cards = ", ".join(f"{gpu.name} ({size_text(gpu.memory_bytes)})" for gpu in machine.gpus)
    has = translate("FirstRun", "This computer has {memory} of memory, of which {free} are free.")
    sentences = [
        has.format(
            memory=size_text(machine.memory_bytes), free=size_text(machine.free_memory_bytes)
        )
    ]
    if cards:
        sentences.append(translate("FirstRun", "Its cards: {cards}.").format(cards=cards))
    if verdict.best is None:
        none = translate(
            "FirstRun", "No released chat model fits into what is free now; the guide always does."
        )
        return _joined(*sentences, none)
    chosen = next(here for here in verdict.best.memory if here.is_chosen)
    best = translate(
        "FirstRun", "The largest released model that runs here is {name}, in {precision}."
    )
    sentences.append(
        best.format(name=get_texts.name(verdict.best), precision=chosen.precision.label)
    )
    return _joined(*sentences)


def _joined(*sentences: str) -> str:
    """Sentences one after the other, as the language of the window writes them."""
    return ("" if is_chinese() else " ").join(sentences)


def of_model(found: PrecisionRow | UserFacingError | None) -> str:
    """How a model that is here would run."""
    translate = QCoreApplication.translate
    if found is None:
        return translate("FirstRun", "Does not fit this machine now")
    if isinstance(found, UserFacingError):
        return error_texts.message(found)
    text = translate("FirstRun", "Runs here, in {precision}")
    said = text.format(precision=found.precision.label)
    if found.tokens_per_second is not None:
        return f"{said} · {speed_text(found.tokens_per_second)}"
    return said

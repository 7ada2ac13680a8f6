"""In which precision a model is tried, and whether that fits beside the chat's model."""

from __future__ import annotations

from dataclasses import dataclass

from backends.events import ModelReady
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish

_CONTEXT = 2048  # tokens: enough for a question and its answer


@dataclass(frozen=True, slots=True)
class TrialRoom:
    """How the engine of a trial is asked to load its model."""

    wish: LoadWish
    fits_beside: bool  #: the model of the chat need not make room


def find_room(precisions: Precisions, model: InstalledModel, ready: ModelReady | None) -> TrialRoom:
    """The best precision that fits beside the chat's model, else the best without it.

    `ready` is what was said of the chat's model. No export is taken, as an adapter is no part of
    it. Raises CheckpointError, PolicyError.
    """
    opened = precisions.open_freed(model, ready)
    length = min(_CONTEXT, opened.checkpoint.config.context_length)
    rows = opened.at(length)
    best = next((row for row in rows.running if row.chosen and not row.precision.is_onnx), None)
    if best is None:
        best = next((row for row in rows.running if not row.precision.is_onnx), None)
    if best is None:  # the engine says why
        return TrialRoom(LoadWish(context_length=length), fits_beside=True)
    fits = ready is None or best in rows.running_on(precisions.now())
    return TrialRoom(best.wish(length), fits)

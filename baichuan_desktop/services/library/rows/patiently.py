"""Looks at folders of models; a drive that does not answer is given up after a while.

Each drive is asked on a thread of its own, which nobody waits for when the program ends.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from backends.errors import ModelAwayError
from backends.phrases import Phrase
from baichuan_desktop.services.library import states
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.states import Condition, ModelState, look_at

#: Seconds without an answer, after which the drives that are still asked are left alone.
_PATIENCE = 10.0

_Seen = tuple[str, ModelState]


def look_at_all(
    models: Sequence[Listed], manifests: ManifestStore, patience: float = _PATIENCE
) -> Mapping[str, ModelState]:
    """The state of each model or adapter, by its id."""
    by_drive: dict[Path, list[Listed]] = {}
    for model in models:
        by_drive.setdefault(_drive(model), []).append(model)
    seen: queue.SimpleQueue[_Seen] = queue.SimpleQueue()
    for some in by_drive.values():
        _begin(partial(_look, some, manifests, seen))
    found: dict[str, ModelState] = {}
    until = time.monotonic() + patience
    while len(found) < len(models):
        try:
            model_id, state = seen.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        found[model_id] = state
        until = time.monotonic() + patience
    unanswered = {model.id: ModelState(Condition.DRIVE_ABSENT, _unanswered(model))
                  for model in models if model.id not in found}  # fmt: skip
    return found | unanswered


def require_here(model: Listed, patience: float = _PATIENCE) -> None:
    """Raise ModelAwayError if the folder of a listed model, or its drive, is not here now."""
    seen: queue.SimpleQueue[ModelAwayError | None] = queue.SimpleQueue()

    def look() -> None:
        try:
            states.require_here(model)
        except ModelAwayError as error:
            seen.put(error)
        else:
            seen.put(None)

    _begin(look)
    try:
        error = seen.get(timeout=patience)
    except queue.Empty:
        error = ModelAwayError(_unanswered(model), is_drive=True)
    if error is not None:
        raise error


def _begin(look: Callable[[], None]) -> None:
    threading.Thread(target=look, daemon=True, name="look").start()


def _look(
    models: Sequence[Listed],
    manifests: ManifestStore,
    seen: queue.SimpleQueue[_Seen],
) -> None:
    for model in models:
        kept = manifests.kept(model.id)
        manifest, verification = (kept.manifest, kept.verification) if kept else (None, None)
        seen.put((model.id, look_at(model, manifest, verification)))


def _drive(model: Listed) -> Path:
    return model.drive or Path(model.path.anchor)


def _unanswered(model: Listed) -> Phrase:
    return Phrase("The drive “{drive}” does not answer.", drive=str(_drive(model)))

"""How a model is to be loaded, and what is loaded instead where that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from backends.errors import (
    AdapterError,
    BackendUnavailableError,
    CheckpointError,
    ExportRefusedError,
    InvalidRequestError,
    NotAdmittedError,
    PrecisionOffError,
    UserFacingError,
)
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.remedies import CARD_FAILED, OUT_OF_MEMORY
from baichuan_desktop.services.precisions.wish import LoadWish

_OVER = (BackendUnavailableError, InvalidRequestError)  # no later start is any better
_DEVICE_FAILED = (*OUT_OF_MEMORY, *CARD_FAILED)  # who wants more of it fails again


@dataclass(frozen=True, slots=True)
class WantedModel:
    """A model, and how it is wanted."""

    model: InstalledModel
    wish: LoadWish = field(default_factory=LoadWish)
    is_asked: bool = False  #: the wish is a person's of just now, and not how the model ran before
    is_kept: bool = False  #: once it ran, the model is loaded so at the next start too
    is_fallback: bool = False  #: nobody asked for it: another model could not be loaded


def may_run_on_export(wish: LoadWish) -> bool:
    """Whether the app may take an export for this wish, or has to."""
    return wish.precision is None or wish.precision.is_onnx


def alternatives(
    failed: WantedModel, error: UserFacingError, otherwise: WantedModel | None, kept: LoadWish
) -> Iterator[WantedModel]:
    """What may be loaded instead, in order; some of it may have been tried already.

    What was asked for gives way to `otherwise`, which ran before. What nobody asked for gives way
    to the same model as it was `kept`, then as the app chooses: without a loaded model there is no
    menu in which a person could. A precision that cannot be had any more is not kept any longer.
    """
    model, wish = failed.model, failed.wish
    alone = replace(failed, is_asked=False, is_kept=False)
    needs_export = wish.precision is not None and wish.precision.is_onnx
    if isinstance(error, ExportRefusedError):  # which is left out from now on
        ran = otherwise.wish if otherwise and otherwise.model.path == model.path else None
        if ran is not None and needs_export and ran.precision == wish.precision:
            otherwise = ran = None  # on the same export
        if ran is None and needs_export:
            yield replace(alone, wish=replace(wish, precision=None, wanted_device=None))
        elif ran is None:
            yield replace(failed, is_asked=False)
    elif isinstance(error, AdapterError) and wish.adapter is not None:
        without = replace(alone, wish=replace(wish, adapter=None))
        if not failed.is_asked or otherwise is None:  # the drive that it lies on may not be here
            yield without
    elif isinstance(error, NotAdmittedError) and not isinstance(error, PrecisionOffError):
        # No other way to run the model is admitted either, unless it was about the adapter.
        if wish.adapter is not None and not failed.is_asked:
            yield replace(alone, wish=replace(wish, adapter=None))
    elif not failed.is_asked and not isinstance(error, CheckpointError):  # not the model's fault
        # An export may be made again, or be on a drive that is not there.
        is_over = isinstance(error, _OVER) and wish == kept and not needs_export
        if not isinstance(error, _DEVICE_FAILED) or _length(kept) <= _length(wish):
            yield replace(alone, wish=kept)
        if not isinstance(error, InvalidRequestError):
            shorter = replace(wish, precision=None, wanted_device=None)
            yield replace(alone, wish=shorter, is_kept=is_over)
        if not isinstance(error, _DEVICE_FAILED):  # a full context needs more of it
            yield replace(alone, wish=LoadWish(adapter=wish.adapter), is_kept=is_over)
    if otherwise is not None:
        is_fallback = otherwise.is_fallback or otherwise.model.path != model.path
        yield replace(otherwise, is_asked=False, is_kept=False, is_fallback=is_fallback)


def _length(wish: LoadWish) -> float:
    """Tokens of context, for comparing two wishes; infinite for a full context."""
    return float("inf") if wish.context_length is None else wish.context_length

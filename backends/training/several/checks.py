"""What of several processes is refused before anything is loaded, and what is told of it."""

from __future__ import annotations

import contextlib
import importlib.util
from dataclasses import replace
from pathlib import Path

from ...errors import DamagedTrainingError, TrainingLibrariesError, TrainingSettingsError
from ...phrases import Phrase
from ..keeping.resume import resumable
from ..values import Cadence, Compute, Device, Method, TrainingRequest
from .deepspeed_configuration import (
    computed_in,
    configuration_file,
    read_configuration,
    require_agreement,
)
from .places import planned_machines, wants_ranks


def require_several(request: TrainingRequest, cards: int) -> tuple[Phrase, ...]:
    """Check how a training is shared, on a machine with this many CUDA cards; notes for the person.

    Raises HostfileError, DeepSpeedFileError, TrainingLibrariesError, TrainingSettingsError.
    """
    if not wants_ranks(request):
        return ()
    slots = planned_machines(request)[0].slots
    on_cards = cards > 0 and request.device is not Device.CPU
    if request.several.deepspeed is not None:
        notes = _require_deepspeed(request, request.several.deepspeed, on_cards=on_cards)
    else:
        notes = ()
        if request.compute is Compute.FP16:
            what = Phrase("fp16 is not computed by several processes without DeepSpeed")
            raise TrainingSettingsError(what, hint="Choose bf16, or --deepspeed.")
    if on_cards and slots > cards:
        raise TrainingSettingsError(
            Phrase(
                "Each process wants a card of its own, and this machine has {cards} for {slots}",
                cards=cards, slots=slots,
            )
        )  # fmt: skip
    return notes


def settled(request: TrainingRequest) -> TrainingRequest:
    """The request as DeepSpeed computes it: its configuration decides, and nothing is kept.

    Raises DeepSpeedFileError.
    """
    if request.several.deepspeed is None:
        return request
    configuration = read_configuration(configuration_file(request.several.deepspeed))
    return replace(
        request,
        compute=computed_in(configuration, request.compute),
        keeping=replace(request.keeping, save=Cadence.NO),
    )


def _is_learnt(output: Path) -> bool:
    """Whether nothing is left but to write the result, which could not be written."""
    with contextlib.suppress(DamagedTrainingError):
        kept = resumable(output)
        return kept is not None and kept.step >= kept.total_steps
    return False


def _require_deepspeed(
    request: TrainingRequest, given: str, *, on_cards: bool
) -> tuple[Phrase, ...]:
    configuration = read_configuration(configuration_file(given))
    require_agreement(configuration, request)
    if request.method is Method.QLORA and configuration.stage == 3:
        what = Phrase("ZeRO-3 cannot spread matrices of 4 bits over processes")
        raise TrainingSettingsError(
            what, hint="Use LoRA, or a configuration with ZeRO-2 such as deepspeed.json."
        )
    if request.resume and not _is_learnt(Path(request.keeping.output)):
        what = Phrase("A training by DeepSpeed keeps no checkpoints from which it could go on")
        raise TrainingSettingsError(what, hint="Begin anew in another folder.")
    if request.keeping.load_best:
        what = Phrase("A training by DeepSpeed keeps no checkpoints among which one is the best")
        raise TrainingSettingsError(what, hint="Leave out --load_best_model_at_end.")
    if importlib.util.find_spec("deepspeed") is None:
        raise TrainingLibrariesError("deepspeed", "deepspeed")
    slow = Phrase(
        "Without cards DeepSpeed compiles a part of itself at its first start, for minutes, with "
        "the C++ compiler of this machine; without --deepspeed processes share a training, too."
    )
    return (
        *configuration.notes,
        *(() if on_cards else (slow,)),
        Phrase(
            "Checkpoints are not kept: those of DeepSpeed are pickles, which are never written "
            "here. It can be stopped, and not be paused; the result is saved at the end."
        ),
    )

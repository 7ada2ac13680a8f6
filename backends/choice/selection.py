"""Which backend, precision and devices run a model on this machine, and why.

A pure function of facts; nothing is imported or looked at here. Each option that is not chosen
has its sentence; the same one greys out an entry of the window's menu, stands in the report of
`doctor`, and is the error if the person insists.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import BackendUnavailableError, InsufficientMemoryError, UserFacingError
from ..machine.hardware import Machine
from ..phrases import Phrase
from ..precision import DeviceKind, device_or_auto, is_as_wanted
from .options import options
from .values import Decision, Model, Option, Verdict, Wishes


def known_device(wanted: str | None, machine: Machine) -> str | None:
    """The device that a person named, which is there. Raises BackendUnavailableError."""
    if wanted is None:
        return None
    cards = [gpu.device for gpu in machine.gpus]
    if wanted.partition(":")[0] == DeviceKind.CUDA and not cards:
        raise _no_card()
    known = [DeviceKind.CPU, *([DeviceKind.CUDA, *cards] if cards else [])]
    if wanted in known:
        return wanted
    raise BackendUnavailableError(
        "There is no device “{name}”; there are {known}.",
        hint="Choose one of these.",
        name=wanted,
        known=", ".join((device_or_auto(None), *known)),
    )


def choose(model: Model, machine: Machine, wishes: Wishes | None = None) -> Decision:
    """The best option that runs, as the person wishes.

    Raises InsufficientMemoryError or BackendUnavailableError if none does: with the sentence of
    the option asked for, or of the smallest.
    """
    wishes = wishes or Wishes()
    every = options(model, machine, prefer_speed=wishes.prefer_speed)
    wanted = [option for option in every if _as_wished(option, wishes, model)]
    chosen = _best(wanted)
    if chosen is None:
        raise _refusal(wanted, model, machine, wishes)
    return Decision(chosen, _reason(chosen, every, wishes, model), tuple(every))


def automatic(every: Sequence[Option], model: Model) -> Option | None:
    """The option that is chosen where a person wishes nothing; None if none runs."""
    return _best([option for option in every if _as_wished(option, Wishes(), model)])


def _best(wanted: Sequence[Option]) -> Option | None:
    runs = [option for option in wanted if option.verdict.runs]
    # A precision that leaves its margin on the cards goes before a better one that is tight.
    roomy = (o for o in runs if o.device_kind is DeviceKind.CUDA and o.verdict is Verdict.FITS)
    return next(roomy, next(iter(runs), None))


def _as_wished(option: Option, wishes: Wishes, model: Model) -> bool:
    if wishes.precision is not None and option.precision is not wishes.precision:
        return False
    if wishes.wanted_device is None:
        # What is slow runs only if it is asked for, or the files are so.
        return not option.is_slow or wishes.precision is not None or model.stored is not None
    return is_as_wanted(wishes.wanted_device, option.device_kind, option.device)


def _reason(chosen: Option, every: Sequence[Option], wishes: Wishes, model: Model) -> Phrase:
    if wishes.precision is not None:
        return Phrase("You chose this precision. {fact}", fact=chosen.sentence)
    better = next(option for option in every if _as_wished(option, wishes, model))
    if better == chosen:
        return chosen.sentence
    return Phrase("{better} {fact}", better=better.sentence, fact=chosen.sentence)


def _no_card() -> BackendUnavailableError:
    return BackendUnavailableError(
        "This machine has no NVIDIA card that can be used.", hint="Choose the device “auto”."
    )


def _refusal(
    wanted: Sequence[Option], model: Model, machine: Machine, wishes: Wishes
) -> UserFacingError:
    precision = wishes.precision
    too_large = [option for option in wanted if option.verdict is Verdict.TOO_LARGE]
    if too_large:
        smallest = min(too_large, key=lambda o: o.need.total if o.need else 0)
        is_limited = smallest.device_kind.uses_processor and machine.limit is not None
        return InsufficientMemoryError.because(smallest.sentence, is_limited=is_limited)
    if wanted:
        return BackendUnavailableError("{why}", why=wanted[0].sentence)
    if precision is not None and precision.is_onnx:
        return BackendUnavailableError(
            "This model has no export at {precision}.",
            hint="Export it first: baichuan-desktop export-onnx MODEL --precision P. The report of "
            "“baichuan-desktop doctor” names exports that are left out.",
            precision=precision.label,
        )
    if not model.has_tensors:
        return BackendUnavailableError(
            "This is an export, which runs at {precision} only.",
            precision=", ".join(precision.label for precision in model.exports),
        )
    if model.stored is not None:
        return BackendUnavailableError(
            "These files hold {stored} weights, which run as they are and in no other precision.",
            stored=model.stored.label,
        )
    if precision is None:
        return _no_card()
    return BackendUnavailableError(
        "{precision} does not run on {device}.",
        hint="The report of “baichuan-desktop doctor” names the precisions that do.",
        precision=precision.label,
        device=wishes.wanted_device or Phrase("this machine"),
    )

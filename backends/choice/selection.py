"""Which backend, precision and devices run a model on this machine, and why.

A pure function of facts; nothing is imported or looked at here. Each option that is not chosen
has its sentence; the same one greys out an entry of the window's menu, stands in the report of
`doctor`, and is the error if the person insists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import BackendUnavailableError, InsufficientMemoryError, UserFacingError
from ..machine.cards.values import VISIBLE_VARIABLE
from ..machine.hardware import Machine
from ..phrases import Phrase
from ..precision import DeviceKind, Precision, device_or_auto, is_as_wanted
from .options import options
from .unused_cards import unused_cards
from .values import Decision, Model, Option, Verdict, Wishes

_CONTEXT_HINT = "Choose that context length, close other programs, or choose a smaller model."
#: Where no precision runs, a smaller one is no advice.
_NOTHING_HINT = "Close other programs, or choose a smaller context length or model."
_NOTHING_LIMITED_HINT = "Raise that limit, or choose a smaller context length or model."


def known_device(wanted: str | None, machine: Machine) -> str | None:
    """The device that a person named, which is there. Raises BackendUnavailableError."""
    if wanted is None:
        return None
    cards = [gpu.device for gpu in machine.gpus]
    if wanted.partition(":")[0] == DeviceKind.CUDA and not cards:
        raise _no_card(machine)
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
    the option asked for, or of the smallest; PolicyError where each of them is turned off.
    """
    wishes = wishes or Wishes()
    every = options(model, machine, prefer_speed=wishes.prefer_speed)
    wanted = _wanted(every, wishes, model)
    chosen = _best(wanted)
    if chosen is None:
        raise _refusal(wanted, every, model, machine, wishes)
    return Decision(chosen, _reason(chosen, wanted, wishes), tuple(every))


def automatic(every: Sequence[Option], model: Model) -> Option | None:
    """The option that is chosen where a person wishes nothing; None if none runs."""
    return _best(_wanted(every, Wishes(), model))


def told_apart(every: Sequence[Option]) -> list[Option]:
    """One option for each precision and device: what runs where a person asks for both.

    Where none runs, the one that takes least.
    """
    groups: dict[object, list[Option]] = {}
    for option in every:
        key = (option.backend, option.precision, option.device_kind, option.device)
        groups.setdefault(key, []).append(option)
    return [_best(group) or _smallest(group) for group in groups.values()]


def _smallest(options: Sequence[Option]) -> Option:
    return min(options, key=lambda option: option.need.total if option.need else 0)


def _best(wanted: Sequence[Option]) -> Option | None:
    runs = [option for option in wanted if option.verdict.runs]
    # A precision that leaves its margin on the cards goes before a better one that is tight.
    roomy = (o for o in runs if o.device_kind is DeviceKind.CUDA and o.verdict is Verdict.FITS)
    return next(roomy, next(iter(runs), None))


def _wanted(every: Sequence[Option], wishes: Wishes, model: Model) -> list[Option]:
    """The options that are as a person wishes; where all of them are turned off, what is left, too.

    What is slow is not chosen for anybody, but goes before nothing at all.
    """
    found = [option for option in every if _as_wished(option, wishes, model)]
    is_off = bool(found) and all(option.is_forbidden for option in found)
    if wishes.precision is not None or not is_off:
        return found
    return found + [
        option
        for option in every
        if not option.is_forbidden
        and is_as_wanted(wishes.wanted_device, option.device_kind, option.device)
    ]


def _as_wished(option: Option, wishes: Wishes, model: Model) -> bool:
    if wishes.precision is not None and option.precision is not wishes.precision:
        return False
    if wishes.precision is None and option.precision is Precision.FP4 and not model.stored:
        return False  # it takes what NF4 takes, and is worse
    if wishes.wanted_device is None:
        # What is slow runs only if it is asked for, or the files are so.
        return not option.is_slow or wishes.precision is not None or model.stored is not None
    return is_as_wanted(wishes.wanted_device, option.device_kind, option.device)


def _reason(chosen: Option, wanted: Sequence[Option], wishes: Wishes) -> Phrase:
    """Why it is this one of those that are as a person wishes, which are `wanted`, best first."""
    fact = chosen.sentence
    shorter = [option for option in wanted if option.fitting_context is not None]
    if shorter and chosen.device_kind.uses_processor:
        longest = max(shorter, key=lambda option: option.fitting_context or 0)
        fact = Phrase(
            "{fact} In a context of {tokens} tokens, {precision} fits on {device}.",
            fact=fact,
            tokens=longest.fitting_context or 0,
            precision=longest.precision.label,
            device=longest.shown_device,
        )
    if wishes.precision is not None:
        return Phrase("You chose this precision. {fact}", fact=fact)
    if wanted[0] == chosen:
        return fact
    return Phrase("{better} {fact}", better=wanted[0].sentence, fact=fact)


def _no_card(machine: Machine) -> BackendUnavailableError:
    if machine.hidden_cards and not machine.gpus:
        return BackendUnavailableError(
            "The variable {variable} hides every NVIDIA card of this machine.",
            hint="Choose the device “auto”, or start the app without that variable.",
            variable=VISIBLE_VARIABLE,
        )
    return BackendUnavailableError(
        "This machine has no NVIDIA card that can be used.", hint="Choose the device “auto”."
    )


def _memory_hint(
    every: Sequence[Option], model: Model, wishes: Wishes, *, is_limited: bool
) -> str | Phrase:
    """What to do where what was asked for is too large."""
    runs = _what_runs(every, model, wishes)
    if runs is None:
        return _NOTHING_LIMITED_HINT if is_limited else _NOTHING_HINT
    if is_limited:
        return Phrase("Raise that limit, or run the model in another way. {runs}", runs=runs)
    return runs


def _what_runs(every: Sequence[Option], model: Model, wishes: Wishes) -> Phrase | None:
    """What runs instead, by the least change of what a person wishes; None: nothing does."""

    def found(wishes: Wishes) -> Option | None:
        return _best(_wanted(every, wishes, model))

    anywhere = replace(wishes, wanted_device=None)
    option = found(anywhere)
    if option is not None:
        return Phrase(
            "Choose the device “auto”: {precision} runs on {device}.",
            precision=option.precision.label,
            device=option.shown_device,
        )
    # What auto takes by itself goes before what is slow, which runs for those who ask for it.
    best = found(Wishes())
    precisions = dict.fromkeys(o.precision for o in ((best,) if best else ()) + tuple(every))
    for base in dict.fromkeys((wishes, anywhere)):
        for precision in precisions:
            option = found(replace(base, precision=precision))
            if option is not None:
                facts = {
                    "name": precision.value,
                    "precision": precision.label,
                    "device": option.shown_device,
                }
                if base == wishes:
                    return Phrase(
                        "Choose the precision “{name}”: {precision} runs on {device}.", **facts
                    )
                return Phrase(
                    "Choose the device “auto” and the precision “{name}”: {precision} runs on "
                    "{device}.",
                    **facts,
                )
    return None


def _refusal(
    wanted: Sequence[Option],
    every: Sequence[Option],
    model: Model,
    machine: Machine,
    wishes: Wishes,
) -> UserFacingError:
    precision = wishes.precision
    allowed = [option for option in wanted if not option.is_forbidden]
    if wanted and not allowed:
        return machine.forbidden[wanted[0].precision]
    wanted = allowed
    too_large = [option for option in wanted if option.verdict is Verdict.TOO_LARGE]
    if too_large:
        # One device has one figure.
        smallest = _smallest([o for o in too_large if o.devices.single] or too_large)
        if smallest.fitting_context is not None:  # which the sentence names
            return InsufficientMemoryError.because(smallest.sentence, hint=_CONTEXT_HINT)
        is_limited = smallest.device_kind.uses_processor and machine.limit is not None
        return InsufficientMemoryError.because(
            smallest.sentence,
            hint=_memory_hint(every, model, wishes, is_limited=is_limited),
        )
    if wanted:
        first = wanted[0]
        is_torch_on_card = first.device_kind.uses_cards and not first.precision.is_onnx
        if is_torch_on_card and unused_cards(machine) is not None:
            return BackendUnavailableError(
                "{why}",
                hint="The report of “baichuan-desktop doctor” says what to install for it.",
                why=first.sentence,
            )
        return BackendUnavailableError("{why}", why=first.sentence)
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
        return _no_card(machine)
    return BackendUnavailableError(
        "{precision} does not run on {device}.",
        hint="The report of “baichuan-desktop doctor” names the precisions that do.",
        precision=precision.label,
        device=wishes.wanted_device or Phrase("this machine"),
    )

"""Why the cards of a machine are not used, where something could be installed to change that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..machine.cards.values import Gpu
from ..machine.hardware import Machine
from ..phrases import Phrase
from . import card_builds
from .sentences import card_refusal


@dataclass(frozen=True, slots=True)
class UnusedCards:
    """One sentence on why no card is used, and one on what to install."""

    sentence: Phrase
    hint: Phrase


def unused_cards(machine: Machine) -> UnusedCards | None:
    """What to say of a machine whose cards torch does not use; None where nothing can be done.

    PyPI serves torch without CUDA for Windows, so a card is often there and not used. A machine
    that uses one of its cards has no need, and without torch there is more to say than this.
    """
    refused = [(gpu, card_refusal(machine, gpu)) for gpu in machine.gpus]
    if "torch" not in machine.libraries or any(reason is None for _, reason in refused):
        return None
    for gpu, reason in sorted(refused, key=lambda each: each[0].memory_bytes, reverse=True):
        hint = _what_to_install(machine, gpu)
        if reason is not None and hint is not None:
            return UnusedCards(reason, hint)
    return None


def _what_to_install(machine: Machine, gpu: Gpu) -> Phrase | None:
    cuda = machine.torch_cuda
    if cuda is not None and _has_code(card_builds.held_architectures(machine), gpu):
        return _driver(gpu, cuda)
    builds = list(_builds_for(machine, gpu))
    for build in builds:
        if card_builds.driver_runs(build, gpu.driver, gpu.driver_cuda):
            if machine.interpreter is None:
                return Phrase(
                    "This program holds its own torch: run the app from its source, where torch "
                    "for CUDA {cuda} can be installed.",
                    cuda=build,
                )
            return Phrase(
                "Install torch with CUDA: {command}",
                command=_command(machine.interpreter, machine, build),
            )
    if not builds:
        return None
    best = builds[0]  # each wants a newer driver as well
    least = str(card_builds.least_driver(best))
    if machine.interpreter is None:
        return Phrase(
            "This program holds its own torch: install NVIDIA's driver {least} or newer, and run "
            "the app from its source, where torch for CUDA {cuda} can be installed.",
            least=least,
            cuda=best,
        )
    return Phrase(
        "Install NVIDIA's driver {least} or newer, and torch with CUDA: {command}",
        least=least,
        command=_command(machine.interpreter, machine, best),
    )


def _builds_for(machine: Machine, gpu: Gpu) -> Iterator[str]:
    """The CUDA versions of the published builds that have code for a card, the best first."""
    torch, is_arm = machine.libraries["torch"], "asimd" in machine.features
    for cuda in card_builds.PUBLISHED:
        if _has_code(card_builds.published_architectures(cuda, torch, is_arm=is_arm), gpu):
            yield cuda


def _has_code(held: Sequence[str], gpu: Gpu) -> bool:
    return card_builds.runs_on(held, gpu.compute_capability)


def _driver(gpu: Gpu, cuda: str) -> Phrase:
    least = card_builds.least_driver(cuda)
    if least is not None and (not gpu.driver or card_builds.is_too_old(gpu.driver, cuda)):
        return Phrase("Install NVIDIA's driver {least} or newer.", least=str(least))
    # It is new enough by its number, but not what it says of itself.
    return Phrase(
        "Install NVIDIA's newest driver; an older package “cuda-compat” may be in its way."
    )


def _command(interpreter: str, machine: Machine, cuda: str) -> str:
    """What to type; the label in the version keeps pip from being content with what is there.

    A pip by its name alone may be another Python's.
    """
    program = f'"{interpreter}"' if any(map(str.isspace, interpreter)) else interpreter
    label = f"cu{cuda.replace('.', '')}"
    version = machine.libraries["torch"].partition("+")[0]
    source = f"https://download.pytorch.org/whl/{label}"
    return f'{program} -m pip install "torch=={version}+{label}" --index-url {source}'

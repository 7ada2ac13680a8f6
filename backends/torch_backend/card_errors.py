"""What CUDA, cuBLAS and torch raise of a card, as errors for a person about the right card.

torch names a card in one kind of error only. Of any other the card is looked for: the one that
answers no more, has no memory left, or is of a kind that torch has no code for.
"""

from __future__ import annotations

import contextlib
import gc
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import TypeVar

import torch

from ..choice.card_builds import runs_on
from ..errors import (
    BackendError,
    CardUnavailableError,
    GpuLostError,
    InsufficientMemoryError,
)
from ..interface import LayerDevices
from ..phrases import Phrase

_Answer = TypeVar("_Answer")

#: What torch raises of a card; the last where CUDA starts and finds what was put off until then.
_CARD_ERRORS = (RuntimeError, AssertionError, torch.cuda.DeferredCudaCallError)
#: A library of CUDA that does not begin although this much is free lacks something else.
_BEGIN_BYTES = 256 * 2**20
_MOST_LETTERS = 200  # of what a library says


class Trouble(Enum):
    """What is wrong, by what a library says."""

    MEMORY = auto()
    BEGIN = auto()  #: a library does not begin, which mostly is for want of memory
    NO_CODE = auto()  #: torch has none for a card of this kind
    OLD_DRIVER = auto()
    MIXED_DRIVER = auto()
    NO_DRIVER = auto()
    NO_CARD = auto()
    NO_CUDA = auto()  #: torch is built without it
    NO_BINARY = auto()  #: bitsandbytes has none for this CUDA, or cannot load it
    TAKEN = auto()  #: by another program that wants the card alone
    START = auto()
    LIBRARY = auto()  #: a library refuses what it is asked, and the card goes on
    LOST = auto()


_ABOUT_CARDS = "CUDA|CUBLAS|CUDNN|NVIDIA|bitsandbytes|invalid device id"
#: What libraries say of each, as regular expressions; the first trouble that fits is the one.
_SAID = {
    Trouble.MEMORY: (
        "out of memory", "_ALLOC_FAILED", "MemoryAllocation", "ERROR_OUT_OF_MEMORY",
        # Of torch's allocator where it cannot ask NVML what to say of the memory that ran out, as
        # on an instance of a divided card.
        r"NVML_SUCCESS == .*CUDACachingAllocator",
    ),
    Trouble.BEGIN: ("STATUS_NOT_INITIALIZED",),
    Trouble.OLD_DRIVER: (
        "driver on your system is too old", "driver version is insufficient",
        "unsupported toolchain", "unsupported PTX", "forward compatibility",
        "not supported in the installed CUDA driver",
    ),
    Trouble.NO_CODE: (
        "no kernel image", "invalid device function", "kernel image is invalid", "ARCH_MISMATCH",
        "PTX JIT",  # it would have to be compiled for the card, and is not
    ),
    Trouble.MIXED_DRIVER: ("display driver / cuda driver combination", "driver/library version"),
    Trouble.NO_DRIVER: ("Found no NVIDIA driver",),
    Trouble.NO_CARD: (
        "No CUDA GPUs", "no CUDA-capable device is detected", "invalid device ordinal",
        "invalid device id",
    ),
    Trouble.NO_CUDA: ("not compiled with CUDA", "not linked with support for cuda"),
    Trouble.NO_BINARY: (
        "CUDA VERSION MISMATCH", "CUDA SETUP ERROR", "CPU-only version of bitsandbytes",
        "No compatible CUDA binary", "compile the bitsandbytes library",
    ),
    Trouble.TAKEN: ("busy or unavailable", "exclusive.(?:thread|process)"),
    Trouble.START: (
        "cudaGetDeviceCount", "initialization error", "initialization failed",
        "CUDA unknown error", "not yet initialized", "stub library", "OS call failed",
        "failed lazily at initialization", "device < num_gpus", "valid Grid license",
        "MPS control daemon", "MPS server", "MPS client have been", "device connections have been",
    ),
    Trouble.LOST: (
        r"CUDA(?: driver)? error: (?!CU\w+_STATUS_)", "STATUS_EXECUTION_FAILED",
        "STATUS_INTERNAL_ERROR", "STATUS_MAPPING_ERROR", "CUDA_ERROR_",
    ),
    Trouble.LIBRARY: (r"CU\w+_STATUS_", "cuDNN Frontend error", "cublasLt ran into an error"),
}  # fmt: skip


@contextlib.contextmanager
def translated_errors(devices: LayerDevices) -> Iterator[None]:
    """Raise what the cards of a model raise as a BackendError about the card that it is of.

    By then nothing holds what the failed work had in memory: neither a frame of it, nor torch.
    """
    cards = cards_of(devices)
    try:
        yield
    except _CARD_ERRORS as error:
        named = named_error(error, cards)
        if named is None:
            raise
        drop_frames(error)
        give_back()
        raise named from error


def cards_of(devices: LayerDevices) -> Sequence[str]:
    """The cards that hold layers, each once, as torch names them."""
    return [device for device in dict.fromkeys(devices.layers) if device != "cpu"]


def trouble_of(error: BaseException) -> Trouble | None:
    """What an error of torch says is wrong with a card; None if it is about something else."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return Trouble.MEMORY
    is_of_card = isinstance(error, torch.AcceleratorError)
    text = str(error)
    speaks_of_cards = re.search(_ABOUT_CARDS, text, re.IGNORECASE)
    if not is_of_card and not speaks_of_cards:
        return None
    for trouble, said in _SAID.items():
        if re.search("|".join(said), text, re.IGNORECASE):
            return trouble
    return Trouble.LOST if is_of_card else None


def named_error(error: BaseException, cards: Sequence[str]) -> BackendError | None:
    """The error for a person that stands for one of torch; None if that is not about a card."""
    trouble = trouble_of(error)
    text = _first_line(error)
    if trouble is None or (not cards and trouble is not Trouble.LOST):
        return None
    match trouble:
        case Trouble.MEMORY:
            return _out_of_memory(_named_card(str(error), cards) or _fullest(cards), str(error))
        case Trouble.BEGIN:
            fullest = _fullest(cards)
            free = _free(fullest)
            if free is not None and free < _BEGIN_BYTES:
                return _out_of_memory(fullest, text)
            return _library_failed(text, cards)
        case Trouble.LOST:
            lost = [card for card in cards if not answers(card)] or cards
            return GpuLostError(_said(text), device=_names(lost) or None)
        case Trouble.NO_CODE:
            return no_code([card for card in cards if not _asked(has_code, card)] or cards)
        case Trouble.LIBRARY:
            return _library_failed(text, cards)
    return _not_started(trouble, text, cards)


# --- cards that cannot be used ------------------------------------------------------------


def check_code(cards: Sequence[str]) -> None:
    """Raise CardUnavailableError if torch has no code for one of the cards."""
    if lacking := [card for card in cards if not has_code(card)]:
        raise no_code(lacking)


def has_code(card: str) -> bool:
    """Whether torch holds code that runs on a card, as far as it says what it holds."""
    return runs_on(torch.cuda.get_arch_list(), torch.cuda.get_device_capability(card))


def no_code(cards: Sequence[str]) -> CardUnavailableError:
    """The error of cards for which torch has no code."""
    found = [_asked(torch.cuda.get_device_capability, card) for card in cards]
    kinds = dict.fromkeys(f"{kind[0]}.{kind[1]}" for kind in found if kind is not None)
    return CardUnavailableError(
        "The installed PyTorch {version} has no code for {device} (compute capability {kind}).",
        hint="Install a PyTorch whose CUDA version knows this card. Or choose the device “cpu”.",
        version=torch.__version__,
        device=_names(cards),
        kind=", ".join(kinds) or "?",
    )


def _not_started(trouble: Trouble, text: str, cards: Sequence[str]) -> CardUnavailableError:
    """The error of CUDA that does not start."""
    match trouble:
        case Trouble.OLD_DRIVER:
            return CardUnavailableError(
                "The NVIDIA driver of this machine is too old for the installed PyTorch "
                "{version}: {text}.",
                hint="Install NVIDIA's newest driver for the card, and restart the machine. Or "
                "choose the device “cpu”.",
                version=torch.__version__,
                text=_newest_cuda(text) or _said(text),
            )
        case Trouble.MIXED_DRIVER:
            return CardUnavailableError(
                "The parts of the NVIDIA driver are of different versions: {text}.",
                hint="Restart the machine, as after each new driver. Or choose the device “cpu”.",
                text=_said(text),
            )
        case Trouble.NO_DRIVER:
            return CardUnavailableError(
                "There is no NVIDIA driver on this machine, or it is not running.",
                hint="Install NVIDIA's driver for the card, and restart the machine. Or choose "
                "the device “cpu”.",
            )
        case Trouble.NO_CARD:
            there = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
            return CardUnavailableError(
                "CUDA finds no card {device} on this machine.",
                hint="Look whether nvidia-smi lists it, and what CUDA_VISIBLE_DEVICES says. Or "
                "choose the device “cpu”.",
                device=" + ".join([card for card in cards if card not in there] or cards),
            )
        case Trouble.NO_CUDA:
            return CardUnavailableError(
                "The installed PyTorch {version} is built without CUDA, so it uses no card.",
                hint="Install a PyTorch with CUDA. Or choose the device “cpu”.",
                version=torch.__version__,
            )
        case Trouble.NO_BINARY:
            return CardUnavailableError(
                "The installed bitsandbytes does not work on {device}: {text}.",
                hint="Install a bitsandbytes for the CUDA version of the installed PyTorch. Or "
                "choose a precision of 16 bits, or the device “cpu”.",
                device=_names(cards),
                text=_said(text),
            )
        case Trouble.TAKEN:
            return CardUnavailableError(
                "Another program has {device} for itself alone.",
                hint="End that program, or allow several in nvidia-smi (compute mode DEFAULT). "
                "Or choose the device “cpu”.",
                device=_names(cards),
            )
    return CardUnavailableError(
        "CUDA cannot be started on {device}: {text}.",
        hint="Restart the machine. Or choose the device “cpu”.",
        device=_names(cards),
        text=_said(text),
    )


def _library_failed(text: str, cards: Sequence[str]) -> CardUnavailableError:
    return CardUnavailableError(
        "A library of CUDA does not work on {device}: {text}.",
        hint="Install NVIDIA's newest driver for the card. Or choose the device “cpu”.",
        device=_names(cards),
        text=_said(text),
    )


# --- memory -------------------------------------------------------------------------------


def _out_of_memory(card: str, text: str) -> InsufficientMemoryError:
    """The error of a card that is full; what the work that failed holds counts as needed."""
    name, asked = _name(card), _asked_for(text)
    try:
        used = torch.cuda.memory_allocated(card)
        cached = torch.cuda.memory_reserved(card) - used
        free, total = torch.cuda.mem_get_info(card)
    except _CARD_ERRORS:
        return InsufficientMemoryError.because(
            Phrase("The memory of {device} ran out.", device=name)
        )
    room = used + cached + free
    if asked is None or used + asked <= room:  # it lies in pieces, or nobody says how much it was
        return InsufficientMemoryError.because(
            Phrase(
                "The memory of {device} ran out: {free:.1f} GiB of its {total:.1f} GiB is free.",
                device=name,
                free=free / 2**30,
                total=total / 2**30,
            )
        )
    return InsufficientMemoryError(device=name, needed_bytes=used + asked, free_bytes=room)


def _asked_for(message: str) -> int | None:
    """Bytes that could not be allocated, from torch's own sentence; None if it says none."""
    said = r"(?:Tried to allocate|Requested +:) ([\d.]+) (bytes|[KMG]iB)"
    match = re.search(said, message)
    units = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    return int(float(match.group(1)) * units[match.group(2)]) if match else None


def _named_card(text: str, cards: Sequence[str]) -> str | None:
    """The card that torch names in an error of memory."""
    match = re.search(r"\b(?:GPU|on device) (\d+)\b", text)
    card = f"cuda:{match.group(1)}" if match else None
    return card if card in cards else None


def _fullest(cards: Sequence[str]) -> str:
    """The card with the least free memory; the first of those that do not say."""
    return min(cards, key=lambda card: _free(card) or 0)


def _free(card: str) -> int | None:
    memory = _asked(torch.cuda.mem_get_info, card)
    return None if memory is None else memory[0]


def drop_frames(error: BaseException) -> None:
    """Empty the frames that an error, and those behind it, hold: their tensors go.

    A frame that still runs keeps what it has.
    """
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        left += [one.__cause__, one.__context__]


def give_back() -> None:
    """Give what nothing refers to any more back to the cards; a lost one has nothing to give."""
    gc.collect()
    quietly(torch.cuda.empty_cache)


def quietly(act: Callable[[], None]) -> None:
    """Do what matters only as long as the cards work."""
    with contextlib.suppress(*_CARD_ERRORS):
        act()


# --- which card ---------------------------------------------------------------------------


def answers(card: str) -> bool:
    """Whether a card still does what it is asked: an error of it stays with its context."""

    def wait(card: str) -> bool:
        torch.cuda.synchronize(card)
        return True

    return _asked(wait, card) is True


def _asked(ask: Callable[[str], _Answer], card: str) -> _Answer | None:
    """What is told of a card; None if nothing is."""
    try:
        return ask(card)
    except _CARD_ERRORS:
        return None


def _names(cards: Sequence[str]) -> str:
    return " + ".join(_name(card) for card in cards)


def _name(card: str) -> str:
    """The name of a card; with its number where the machine has several."""
    name = _asked(torch.cuda.get_device_name, card)
    if name is None:
        return card
    return f"{name} ({card})" if torch.cuda.device_count() > 1 else name


def _first_line(error: BaseException) -> str:
    lines = (line.strip(" 🚨") for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)


def _newest_cuda(text: str) -> Phrase | None:
    """What torch says a driver that is too old can run; None if it does not say it."""
    match = re.search(r"found version (\d+)(\d\d)\d\b", text)
    if match is None:
        return None
    return Phrase("it runs CUDA {cuda} at most", cuda=f"{match[1]}.{int(match[2])}")


def _said(text: str) -> Phrase:
    """What a library says, as a part of a sentence."""
    text = re.sub(r"^.*\bError \d+: ", "", text)  # what CUDA says, behind what torch guesses
    text = re.split(r"[.!?] (?=[A-Z])", text)[0]
    return Phrase("{text}", text=text[:_MOST_LETTERS].strip(" .!"))

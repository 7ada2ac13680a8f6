"""Facts about this machine. Looks at the world and decides nothing.

Nothing of torch is imported: graphics cards are asked of their driver, libraries by their metadata,
so that the window's process and a report cost nothing.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import logging
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ..errors import InsufficientMemoryError, PolicyError, UserFacingError
from ..operating_system import OWN_THREADS, processor_name
from ..operating_system import read as _read
from ..phrases import Phrase
from ..precision import Precision
from . import control_groups, memory_room, processor
from .cards import lookup
from .cards.values import Gpu
from .memory_room import Bound

log = logging.getLogger(__name__)

_TUNABLES, _HUGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
#: What other programs are served with, of an extra; the last one holds answers to a form.
SERVER_LIBRARIES = ("starlette", "uvicorn", "llguidance")
#: Libraries whose versions matter for what can run.
_LIBRARIES = (
    "torch", "transformers", "bitsandbytes", "onnx", "onnxruntime", "onnxruntime-gpu",
    *SERVER_LIBRARIES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts of a machine that decide what it can run."""

    processor: str
    physical_cores: int  #: that this process may use
    features: frozenset[str]  #: see `processor`; empty: nobody knows them
    memory_bytes: int  #: of the machine, or of the least limit that is set (container, ulimit)
    free_memory_bytes: int  #: that can be had without swapping, and within every limit
    gpus: tuple[Gpu, ...] = ()
    hidden_cards: int = 0  #: that the driver reports too, but CUDA_VISIBLE_DEVICES leaves out
    #: The Python that the libraries are installed for; None where the app is one frozen program.
    interpreter: str | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)  #: installed ones, with versions
    torch_cuda: str | None = None  #: CUDA version that torch was built for; None: CPU build
    #: Whether torch is a wheel of PyTorch's, of which is known what it holds; not one of NVIDIA's
    #: for a board, or of a distribution, or built here.
    is_published_torch: bool = True
    #: Precisions that its processor was found to compute wrongly, with the reason.
    refused: Mapping[Precision, Phrase] = field(default_factory=dict)
    #: Precisions that its administrator has turned off.
    forbidden: Mapping[Precision, PolicyError] = field(default_factory=dict)
    #: What leaves the least free memory, unless that is the machine itself.
    limit: Bound | None = None
    own_limit: Bound | None = None  #: what “ulimit” leaves a process; None where it is not set

    @property
    def multiplies_bf16(self) -> bool:
        """Whether the processor has an instruction for bf16 products."""
        return processor.multiplies_bf16(self.features)

    def shown_name(self, gpu: Gpu) -> str:
        """What a card is called in sentences: with its number, if another one has its name."""
        same = [one for one in self.gpus if one.name == gpu.name]
        return f"{gpu.name} ({gpu.device})" if len(same) > 1 else gpu.name

    def shown_names(self, devices: Iterable[str]) -> str:
        """What devices such as “cuda:0” or “cpu” are called, each once, in their order."""
        names = {gpu.device: self.shown_name(gpu) for gpu in self.gpus} | {"cpu": self.processor}
        return " + ".join(names[device] for device in dict.fromkeys(devices))


def detect() -> Machine:
    """The facts of this machine, looked up now."""
    bounds = memory_room.bounds(_read)
    met = memory_room.tightest(bounds)
    own = [bound for bound in bounds if bound.is_own]
    memory = lookup.memory_within(bounds)
    cards = lookup.cards(memory)
    cuda, is_published = _torch_build()
    return Machine(
        processor=processor_name(),
        physical_cores=usable_cores(),
        features=processor.features(),
        memory_bytes=memory.total,
        free_memory_bytes=memory.free,
        limit=None if met.is_machine else met,
        own_limit=memory_room.tightest(own) if own else None,
        gpus=cards.visible,
        hidden_cards=cards.hidden,
        interpreter=_interpreter(),
        libraries=_libraries(),
        torch_cuda=cuda,
        is_published_torch=is_published,
    )


# --- processor and memory ----------------------------------------------------------------


def usable_cores() -> int:
    """Physical cores that this process may use, and whose time it gets, at least one."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    quota = control_groups.processor_quota(_read)
    if quota is not None:
        cores = min(cores, int(quota))
    return max(cores, 1)


def with_huge_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a process of glibc asks for huge pages for what it allocates.

    Weights are read from one end to the other for every token: 512 times fewer pages are 512 times
    fewer entries to look up. Only read when a process starts, from glibc 2.35 on; elsewhere, and
    where the system has no transparent huge pages, it changes nothing.
    """
    given = environment.get(_TUNABLES, "")
    if "hugetlb" in given:
        return dict(environment)
    joined = f"{given}:{_HUGE_PAGES}" if given else _HUGE_PAGES
    return {**environment, _TUNABLES: joined}


#: What decides how threads of OpenMP wait for each other, by the libraries that torch comes with.
_WAITS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
#: A few tenths of a millisecond: longer than what one thread does alone within a step, so that the
#: others are still awake after it. libgomp's own 300,000 are several milliseconds, which are taken
#: from whoever the thread waits for where that has no core of its own.
_SPINS = 20_000


def with_short_waits(environment: Mapping[str, str], spins: int = _SPINS) -> dict[str, str]:
    """An environment in which threads of libgomp that wait soon sleep instead of spinning.

    Read once, when torch is imported. What a person has set stays. With 0 they sleep at once.
    """
    if any(name in environment for name in _WAITS):
        return dict(environment)
    return {**environment, "GOMP_SPINCOUNT": str(spins)}


def waited_seconds() -> float | None:
    """How long the threads of this process were ready to compute and waited for a core, in all.

    Of the threads that live now. None where the system does not count it.
    """
    waited: int | None = None
    try:
        threads = list(OWN_THREADS.iterdir())
    except OSError:
        return None
    for thread in threads:
        try:
            counts = (thread / "schedstat").read_bytes().split()
        except OSError:  # it has just ended
            continue
        if len(counts) > 1:
            waited = (waited or 0) + int(counts[1])  # nanoseconds
    return None if waited is None else waited / 1e9


class Neighbours:
    """Counts the processor time that is not this process's, from its making on.

    A figure measured while others work is worth little; this tells whether they did.
    """

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._busy = _busy_seconds()
        self._own = time.process_time()

    def cores(self, engine_seconds: float = 0.0) -> float:
        """Cores that others, or the host of a virtual machine, kept busy on average.

        `engine_seconds` of another process are not a neighbour's either.
        """
        wall = time.perf_counter() - self._wall
        own = time.process_time() - self._own + engine_seconds
        others = _busy_seconds() - self._busy - own
        return max(0.0, others / wall) if wall > 0 else 0.0


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    idle: float = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "guest", 0.0)
    return sum(times) - idle


def private_bytes(pid: int) -> int:
    """Memory that comes back when a process ends; 0 if it has ended.

    Pages of a mapped file do not count: the system counts them as available already.
    """
    try:
        used = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    # Windows counts them itself; elsewhere what is shared, or a file's, is subtracted.
    private = getattr(used, "private", used.rss - getattr(used, "shared", 0))
    return max(int(private), 0)


def ran_out_of_memory(error: Exception) -> bool:
    """Whether an error is, or hides, that this process gets no more memory."""
    if memory_room.ran_out(error):
        return True
    # An error of ours that stands for a library's is no more than what the library says.
    is_told = isinstance(error, UserFacingError) and not isinstance(error.__cause__, RuntimeError)
    return not is_told and memory_room.is_exhausted(memory_room.bounds(_read))


def out_of_memory(asked_bytes: int | None = None) -> InsufficientMemoryError:
    """The error of this process getting no more memory now; `asked_bytes` if that is known."""
    bounds, held = memory_room.bounds(_read), private_bytes(os.getpid())
    return memory_room.out_of_memory(bounds, held, processor_name(), asked_bytes)


# --- libraries ---------------------------------------------------------------------------


def _interpreter() -> str | None:
    if getattr(sys, "frozen", False) or not sys.executable:
        return None
    program = Path(sys.executable)
    # Windows has one of that name for windows: it prints nothing, so nobody can use pip with it.
    return str(program.with_name(program.name.replace("pythonw", "python", 1)))


def _libraries() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def onnx_providers() -> tuple[str, ...]:
    """The execution providers of the installed ONNX Runtime, by its own names; imports it."""
    try:
        module = importlib.import_module("onnxruntime")
    except (ImportError, OSError) as error:  # not installed, or a library of it is missing
        log.info("ONNX Runtime tells no providers: %s", error)
        return ()
    return tuple(module.get_available_providers())


def _torch_build() -> tuple[str | None, bool]:
    """The CUDA version in torch/version.py, and whether PyTorch itself published that build.

    It is read as text: importing torch takes a second.
    """
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None, True
    text = _read(Path(spec.origin).with_name("version.py"))
    cuda = re.search(r"^cuda\b[^=\n]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    version = re.search(r"^__version__\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", text, re.MULTILINE)
    if cuda is None:
        return None, True
    label = f"+cu{''.join(cuda[1].split('.')[:2])}"  # of all its wheels, those on PyPI too
    return cuda[1], version is not None and version[1].endswith(label)

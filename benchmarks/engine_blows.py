"""The trials of `engine_trials.py`: what is done to an engine, in which of its phases."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import Enum
from typing import Final

import psutil


class Phase(Enum):
    """What the engine does when it is struck."""

    LOAD = "load"
    PREFILL = "prefill"
    DECODE = "decode"
    IDLE = "idle"


class Blow(Enum):
    """What is done to the engine process."""

    KILL = signal.SIGKILL
    STOP = signal.SIGSTOP
    SEGV = signal.SIGSEGV
    ABRT = signal.SIGABRT
    BUS = signal.SIGBUS
    ILL = signal.SIGILL
    MEMORY = "RLIMIT_AS"  #: it gets no address space beyond what it has

    def strike(self, pid: int) -> None:
        """Strike the process `pid`; nothing happens if it has ended already."""
        try:
            if isinstance(self.value, signal.Signals):
                os.kill(pid, self.value)
            else:
                process = psutil.Process(pid)
                size = process.memory_info().vms
                process.rlimit(psutil.RLIMIT_AS, (size, size))
        except (ProcessLookupError, psutil.NoSuchProcess):
            return


@dataclass(frozen=True, slots=True)
class Trial:
    """One blow in one phase."""

    blow: Blow
    phase: Phase
    presses_stop: bool = False  #: instead of waiting for the notice and its button

    def __str__(self) -> str:
        name = self.blow.value.name if isinstance(self.blow.value, signal.Signals) else "RLIMIT_AS"
        return f"{name} in {self.phase.value}" + (", then Stop" if self.presses_stop else "")


TRIALS: Final = (
    *(
        Trial(blow, phase)
        for blow in (Blow.KILL, Blow.STOP, Blow.MEMORY, Blow.SEGV, Blow.ABRT)
        for phase in Phase
    ),
    Trial(Blow.STOP, Phase.PREFILL, presses_stop=True),
    Trial(Blow.STOP, Phase.DECODE, presses_stop=True),
    Trial(Blow.BUS, Phase.PREFILL),
    Trial(Blow.BUS, Phase.DECODE),
    Trial(Blow.ILL, Phase.LOAD),
    Trial(Blow.ILL, Phase.IDLE),
)

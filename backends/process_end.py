"""Why a process ended, whatever the system that ended it."""

from __future__ import annotations

from enum import Enum, auto


class End(Enum):
    """Why a process ended that nobody asked to end, as far as its exit code tells."""

    KILLED = auto()  #: by the system, as it does when memory runs out
    NO_MEMORY = auto()  #: it asked for memory, and got none
    CRASH = auto()
    STACK_OVERFLOW = auto()
    ABORT = auto()
    UNREADABLE_FILE = auto()  #: that was mapped
    NO_INSTRUCTION = auto()  #: of the kind that it came to
    NO_LIBRARY = auto()

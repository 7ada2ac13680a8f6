"""Why an engine ended that nobody asked to end, as a sentence."""

from __future__ import annotations

import re
import signal

from backends.errors import EngineCardError, EngineCrashedError, EngineKilledError
from backends.machine import memory_room
from backends.operating_system import end_of, is_status
from backends.phrases import Phrase
from backends.process_end import End

_ENDS = {
    End.KILLED: "the system ended it ({code}), as it does when memory runs out",
    End.NO_MEMORY: "the system gave it no more memory ({code})",
    End.CRASH: "it crashed in native code ({code})",
    End.STACK_OVERFLOW: "it needed more stack than there is ({code})",
    End.ABORT: "a library aborted it ({code})",
    End.UNREADABLE_FILE: "a model file became unreadable while in use ({code})",
    End.NO_INSTRUCTION: "this processor lacks an instruction that a library uses ({code})",
    End.NO_LIBRARY: "a library that it needs cannot be loaded ({code})",
}


#: What ends a process without a word to Python, and what it writes before: bitsandbytes calls
#: exit(1), and an exception of C++ that nobody catches aborts.
_LAST_WORDS = (
    re.compile(r"^Error (?P<text>.+) at line \d+ in file .+$", re.MULTILINE),
    re.compile(r"^\s*what\(\):\s+(?P<text>.*\b(?:CUDA|cuBLAS)\b.*)$", re.MULTILINE),
    re.compile(r"^(?P<text>(?:CUBLAS ERROR|BLAS Lt API failed)\b.*)$", re.MULTILINE),
)
_MOST_LETTERS = 200


def ended(code: int | None, log_tail: str, device_name: str = "") -> EngineCrashedError:
    """The error of a process that nobody asked to end, from its exit code and its last words.

    A library that gets no memory aborts, crashes or exits, each as it likes, but mostly says so.
    `device_name` is what the model is on, or was to be loaded onto, if that is known.
    """
    reason = _reason(code)
    if code is not None and end_of(code) in (End.KILLED, End.NO_MEMORY):
        return EngineKilledError(reason)
    if code not in (0, None) and (text := _of_card(log_tail)) is not None:
        return _card_failed(text, device_name or Phrase("the graphics card"))
    if code != 0 and memory_room.says_no_memory(log_tail):
        return EngineKilledError(Phrase("memory ran out, and {reason}", reason=reason))
    return EngineCrashedError(reason)


def _of_card(log_tail: str) -> str | None:
    """What a library said of a card before it ended the process; None if none did."""
    found = [match for words in _LAST_WORDS for match in words.finditer(log_tail)]
    last = max(found, key=lambda match: match.start(), default=None)
    return None if last is None else last["text"].strip(" .")[:_MOST_LETTERS]


def _card_failed(text: str, device: str | Phrase) -> EngineCrashedError:
    if re.search("out of memory|ALLOC_FAILED", text, re.IGNORECASE):
        return EngineKilledError(
            Phrase("the memory of {device} ran out, and a library ended it", device=device)
        )
    return EngineCardError(
        Phrase("a library ended it after an error of {device} ({text})", device=device, text=text)
    )


def _reason(code: int | None) -> str | Phrase:
    """Why a process ended, from its exit code."""
    if code is None:
        return "it closed its pipe but did not end"
    if (end := end_of(code)) is not None:
        return Phrase(_ENDS[end], code=_number(code))
    if is_status(code):
        return Phrase("the system ended it with the code {code}", code=_number(code))
    if code >= 0:
        return Phrase("it ended by itself with code {code}", code=str(code))
    try:
        return Phrase("the signal {name} ended it", name=signal.Signals(-code).name)
    except ValueError:
        return Phrase("signal {number} ended it", number=-code)


def _number(code: int) -> str | Phrase:
    """An exit code as manuals name it: a signal's number, or that of one of Windows' statuses."""
    return Phrase("signal {number}", number=-code) if code < 0 else f"0x{code:08X}"

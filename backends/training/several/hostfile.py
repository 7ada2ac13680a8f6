"""Which machines share a training: a line each, as DeepSpeed's launcher has them.

`10.0.0.1 slots=8`, of which the first is the machine where it is begun; `#` begins a remark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import HostfileError
from ...files.plain_file import read_plain
from ...files.small_files import not_read
from ...phrases import Phrase

_MAX_BYTES: Final = 2**20
#: Cards of one machine; the largest that are sold have 16.
MOST_SLOTS: Final = 64
#: A name or an address, IPv6 too. None begins as an option of ssh would.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9:][A-Za-z0-9._:-]*")
_SLOTS: Final = re.compile(r"slots=([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a training."""

    address: str
    slots: int  #: processes on it: its cards


def read_hostfile(file: Path) -> tuple[Machine, ...]:
    """The machines of a hostfile, in its order; one at least. Raises HostfileError."""
    try:
        text = read_plain(file, _MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HostfileError(file, Phrase("it is not a text in UTF-8")) from error
    except (OSError, ValueError) as error:
        raise HostfileError(file, not_read(error)) from error
    machines: dict[str, Machine] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        machine = _machine(words)
        if isinstance(machine, Phrase):
            raise HostfileError(file, machine, line=number)
        if machine.address in machines:
            what = Phrase("“{address}” stands there a second time", address=machine.address)
            raise HostfileError(file, what, line=number)
        machines[machine.address] = machine
    if not machines:
        raise HostfileError(file, Phrase("it names no machine"))
    return tuple(machines.values())


def _machine(words: list[str]) -> Machine | Phrase:
    """The machine that a line names, or what is wrong with the line."""
    address = words[0]
    if not _ADDRESS.fullmatch(address):
        return Phrase("“{address}” is no address of a machine", address=address)
    if len(words) == 1:
        return Phrase("behind “{address}” there is no slots=NUMBER", address=address)
    if len(words) > 2 or not (match := _SLOTS.fullmatch(words[1])):
        return Phrase("“{words}” is not slots=NUMBER", words=" ".join(words[1:]))
    slots = int(match.group(1))
    if not 1 <= slots <= MOST_SLOTS:
        return Phrase(
            "a machine has 1 to {most} slots, and not {slots}", most=MOST_SLOTS, slots=slots
        )
    return Machine(address, slots)

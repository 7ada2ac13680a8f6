"""Where the processes of a training run, and what each machine is told to start its own."""

from __future__ import annotations

import ipaddress
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import HostfileError, TrainingSettingsError
from ...phrases import Phrase
from ..values import TrainingRequest
from .hostfile import MOST_SLOTS, Machine, read_hostfile

LOOPBACK: Final = "127.0.0.1"
#: In the environment of a process that starts the ranks of one of several machines: its `Place`.
PLACE_VARIABLE: Final = "BAICHUAN_DESKTOP_TRAINING_PLACE"
#: In the environment of a rank: the folder in which it finds what is asked for.
RANK_VARIABLE: Final = "BAICHUAN_DESKTOP_TRAINING_RANKS"
#: In the environment of a rank, as torch's launcher has it: its number among all.
NUMBER_VARIABLE: Final = "RANK"

#: Addresses by the name of their network interface.
Interfaces = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """One machine among those that share a training."""

    number: int  #: from 0; process 0 runs on the first machine
    machines: tuple[Machine, ...]
    address: str = LOOPBACK  #: of the first machine, as numbers
    port: int = 0  #: where the first one listens for the others; 0: there are no others

    @property
    def is_alone(self) -> bool:
        """Nothing leaves this machine."""
        return len(self.machines) == 1

    @property
    def processes(self) -> int:
        """Of all machines."""
        return sum(machine.slots for machine in self.machines)

    @property
    def slots(self) -> int:
        """Processes of this machine."""
        return self.machines[self.number].slots


def wants_ranks(request: TrainingRequest) -> bool:
    """Whether it is computed by processes that are started for it, and not by one alone."""
    several = request.several
    return several.processes != 1 or several.hostfile is not None or several.deepspeed is not None


def planned_machines(request: TrainingRequest) -> tuple[Machine, ...]:
    """The machines that a request names, the first of them this one.

    Raises HostfileError, TrainingSettingsError.
    """
    wanted = request.several.processes
    if request.several.hostfile is None:
        if not 1 <= wanted <= MOST_SLOTS:
            raise TrainingSettingsError(
                Phrase(
                    "A machine shares a training among 1 to {most} processes, and not {wanted}",
                    most=MOST_SLOTS, wanted=wanted,
                )
            )  # fmt: skip
        return (Machine(LOOPBACK, wanted),)
    machines = read_hostfile(Path(request.several.hostfile))
    if wanted not in (1, machines[0].slots):
        raise TrainingSettingsError(
            Phrase(
                "The hostfile gives this machine {slots} processes, and the settings {wanted}",
                slots=machines[0].slots, wanted=wanted,
            )
        )  # fmt: skip
    return machines


def first_place(machines: Sequence[Machine], file: Path | None, interfaces: Interfaces) -> Place:
    """The place of the machine that a training is begun on. Raises HostfileError.

    `file` is the hostfile that names the machines; None: there is this machine alone. The first of
    several is this one, and reached by the others at an address which is asked of this system.
    """
    if file is None:
        return Place(0, tuple(machines))
    first = machines[0]
    address = resolved(first.address)
    if address is None or interface_of(address, interfaces) is None:
        what = Phrase(
            "its first machine is “{address}”, which is not this one", address=first.address
        )
        raise HostfileError(file, what)
    if len(machines) == 1:
        return Place(0, tuple(machines))
    others = [resolved(machine.address) for machine in machines[1:]]
    if _is_loopback(address) and not all(other and _is_loopback(other) for other in others):
        what = Phrase(
            "“{name}” is {address} on this machine, where no other reaches it: its address in "
            "the network belongs there",
            name=first.address, address=address,
        )  # fmt: skip
        raise HostfileError(file, what)
    return Place(0, tuple(machines), address)


def resolved(address: str) -> str | None:
    """The address of a machine as numbers, as this system knows it; None: it knows none."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    return str(found[0][4][0])


def interface_of(address: str, interfaces: Interfaces) -> str | None:
    """The network interface of this machine that has an address; None: it is another machine's.

    All of 127.0.0.0/8 is the interface of 127.0.0.1.
    """
    wanted = LOOPBACK if _is_loopback(address) and ":" not in address else address
    for name, addresses in interfaces.items():
        if wanted in {known.partition("%")[0] for known in addresses}:
            return name
    return None


def own_interfaces() -> dict[str, tuple[str, ...]]:
    """The addresses that this machine has now."""
    import psutil

    return {
        name: tuple(entry.address for entry in entries)
        for name, entries in psutil.net_if_addrs().items()
    }


def remote_command(
    address: str, command: Sequence[str], variables: Mapping[str, str], folder: str
) -> list[str]:
    """What starts a command on another machine, in the same folder, with some variables.

    ssh asks for nothing: where it would need a password, it fails, and its sentence is seen.
    """
    told = " ".join(f"{name}={shlex.quote(value)}" for name, value in sorted(variables.items()))
    line = f"cd {shlex.quote(folder)} && exec env {told} {shlex.join(command)}"
    # A machine that is switched off is noticed after two minutes.
    options = ("BatchMode=yes", "ServerAliveInterval=30", "ServerAliveCountMax=4")
    return ["ssh", "-T", *(f"-o{option}" for option in options), "--", address, line]


def own_card(visible: str | None, local: int) -> str:
    """Which card a rank has, as CUDA_VISIBLE_DEVICES names it; `visible` is what it says of all.

    Each has one alone, which it calls the first: libraries that think themselves alone take that.
    """
    if visible is None:
        return str(local)
    names = visible.split(",")
    return names[local] if local < len(names) else ""


def threads_of(slots: int, cores: int) -> int:
    """How many threads each of a machine's processes computes with."""
    return max(1, cores // slots)


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback

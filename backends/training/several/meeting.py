"""How torch's launchers of several machines find each other, and the ranks that they start.

torch's own ways listen on every address of a machine. Here a training of one machine listens
nowhere, and one of several on the address that the hostfile names.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import torch
from torch.distributed import FileStore, HashStore, PrefixStore, Store, TCPStore
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous.api import (
    RendezvousHandler,
    RendezvousInfo,
    RendezvousParameters,
    RendezvousStoreInfo,
    rendezvous_handler_registry,
)
from torch.distributed.launcher.api import LaunchConfig, launch_agent

from ...errors import RankLostError
from .places import Place

_NAME = "baichuan-desktop"


class EndedBySignalError(Exception):
    """The ranks of this machine were ended, as this process was asked to end."""


def start_ranks(
    place: Place, command: list[str], folder: Path, listening: socket.socket | None
) -> None:
    """Start the ranks of this machine by torch's launcher, and return when all have ended well.

    `listening` is where the first of several machines is reached; the others have None. Raises
    RankLostError if one ends otherwise, by which all of this machine end, and EndedBySignalError
    once they have because this process is asked to. To be called by the main thread.
    """
    store: Store = HashStore() if place.is_alone else _store_of_all(place, listening)

    def handler(_: RendezvousParameters) -> RendezvousHandler:
        return _Meeting(place, PrefixStore("launchers", store))

    rendezvous_handler_registry.register(_NAME, handler)
    config = LaunchConfig(
        min_nodes=len(place.machines),
        max_nodes=len(place.machines),
        nproc_per_node=place.slots,
        run_id=_NAME,
        rdzv_backend=_NAME,
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=str(folder)),
        local_addr=place.address,
    )
    try:
        launch_agent(config, command[0], command[1:])
    except SignalException as error:
        raise EndedBySignalError from error
    except ChildFailedError as error:
        raise _lost(error) from error


def card_count() -> int:
    """How many CUDA cards this machine has for us."""
    return torch.cuda.device_count()


def ranks_store(folder: Path) -> Store:
    """Where the ranks of a training find each other: by torch's launcher's variables."""
    port, count = int(os.environ["MASTER_PORT"]), int(os.environ["WORLD_SIZE"])
    if port == 0:  # in a folder that nobody else may enter
        return FileStore(str(folder / "meeting"), count)
    return PrefixStore("ranks", TCPStore(os.environ["MASTER_ADDR"], port, is_master=False))


def _store_of_all(place: Place, listening: socket.socket | None) -> Store:
    if listening is None:
        return TCPStore(place.address, place.port, is_master=False)
    return TCPStore(
        place.address,
        place.port,
        is_master=True,
        wait_for_workers=False,
        master_listen_fd=listening.detach(),
    )


def _lost(error: Any) -> RankLostError:
    """Which rank ended first: one that was killed, before those that lost it."""
    failures = sorted(
        error.failures.items(), key=lambda item: (item[1].exitcode >= 0, item[1].timestamp)
    )
    rank, failure = failures[0]
    return RankLostError(rank, failure.exitcode)


class _Meeting(RendezvousHandler):  # type: ignore[misc]  # its module is not followed
    """Every machine knows its number and how many there are; there is nothing to negotiate."""

    def __init__(self, place: Place, store: Store) -> None:
        self._place = place
        self._store = store

    def get_backend(self) -> str:
        return _NAME

    def next_rendezvous(self) -> RendezvousInfo:
        reached = RendezvousStoreInfo(self._place.address, self._place.port)
        return RendezvousInfo(self._store, self._place.number, len(self._place.machines), reached)

    def is_closed(self) -> bool:
        return False

    def set_closed(self) -> None:
        """Nobody joins later, so nobody has to be told."""

    def num_nodes_waiting(self) -> int:
        return 0

    def get_run_id(self) -> str:
        return _NAME

    def shutdown(self) -> bool:
        return True

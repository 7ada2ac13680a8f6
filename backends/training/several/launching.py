"""Starts the processes that share a training, tells what the first of them tells, and ends all.

    this process (torch's launcher)  ==>  rank 0, rank 1, ... on this machine
                                     ==>  ssh, a process like this one, ranks of another machine

Rank 0 has this process's stdin, so that a pause or a stop reaches it as in a training alone. What
it writes is read here and passed on in whole frames, so nobody reads half of one when it is killed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import TracebackType
from typing import BinaryIO, Final, NoReturn, Self

from ...errors import (
    EngineProtocolError,
    MachineLostError,
    RankLostError,
    TrainingSettingsError,
    UserFacingError,
    system_reason,
)
from ...operating_system import lock_folder, start_child
from ...phrases import Phrase
from ...protocol.frames import Done, Failed
from ...protocol.typed_json import from_json, to_json
from ..events import TrainingNote
from ..values import TrainingRequest
from ..wire import TrainingPayload, read_training, write_training
from . import places
from .checks import require_several, settled
from .places import Place

log = logging.getLogger(__name__)

_REQUEST: Final = "request.json"
#: How the folders of ranks begin, and when one that nobody holds is of a process that was killed.
_FOLDERS: Final = "baichuan-ranks-"
_STALE_SECONDS: Final = 3600
#: How long other processes have to end by themselves once all of this machine have.
_SECONDS_TO_END: Final = 20.0
_TRIES: Final = 100
#: What another machine's process has of this one's environment, where it is set.
_TOLD_VARIABLES: Final = ("PYTHONPATH", "PYTHONUTF8")


def is_rank() -> bool:
    """Whether this process is one of those that `run_ranks` starts."""
    return places.RANK_VARIABLE in os.environ


def own_place() -> Place | None:
    """The place of this machine where another one started this process; None otherwise."""
    told = os.environ.get(places.PLACE_VARIABLE)
    place: Place | None = None if told is None else from_json(Place, json.loads(told))
    return place


def ranks_folder() -> Path:
    """Of a rank: the folder of its machine's ranks, which nobody else may enter."""
    return Path(os.environ[places.RANK_VARIABLE])


def rank_request() -> TrainingRequest:
    """What a rank is asked to compute."""
    told = json.loads((ranks_folder() / _REQUEST).read_bytes())
    request: TrainingRequest = from_json(TrainingRequest, told)
    return request


def take_own_card() -> None:
    """Have a rank see one card alone; to be called before torch is imported."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = places.own_card(visible, int(os.environ["LOCAL_RANK"]))
    os.environ["LOCAL_RANK"] = "0"  # as DeepSpeed asks for it


def fail_rank(error: UserFacingError) -> NoReturn:
    """End a rank, and leave its error for the process that started it."""
    number = os.environ[places.NUMBER_VARIABLE]
    told = json.dumps(to_json(Failed.of(error))).encode()
    half = ranks_folder() / f"half-{number}.json"
    half.write_bytes(told)
    half.replace(ranks_folder() / f"failed-{number}.json")
    os._exit(1)  # threads that wait for other ranks do not hold it up


def run_ranks(request: TrainingRequest, command: Sequence[str], out: BinaryIO) -> None:
    """Have a training computed by several processes, each of which `command` starts.

    To be called by the main thread of a process of its own, whose stdin is the pipe from whoever
    watches: rank 0 has it too. Every frame is written to `out`, the last one (`Done` or `Failed`)
    too, and by this process alone; what is printed to stdout afterwards goes to stderr.
    """
    with _Relay(out) as relay:
        try:
            with tempfile.TemporaryDirectory(prefix=_FOLDERS) as name:
                _take_stale_away(Path(name))
                place = own_place()
                if place is None:
                    _run_first(request, command, Path(name), relay)
                else:
                    threading.Thread(
                        target=_end_with_stdin, args=(Path(name),), daemon=True
                    ).start()
                    _run_here(request, command, place, Path(name), None)
                    relay.tell(Done())
        except UserFacingError as error:  # the folder is gone by now: whoever is told may end us
            relay.drain()  # rank 0 may have said more of it
            relay.tell(Failed.of(error))


def _take_stale_away(own: Path) -> None:
    """Keep a folder of ranks, and take those away whose process was killed."""
    for folder in (own, *own.parent.glob(f"{_FOLDERS}*")):
        with contextlib.suppress(OSError):  # another one's, or in use
            unlock = lock_folder(folder)
            if folder != own:
                is_stale = time.time() - folder.stat().st_mtime > _STALE_SECONDS
                if is_stale:
                    shutil.rmtree(folder)
                unlock()


def _run_first(
    request: TrainingRequest, command: Sequence[str], folder: Path, relay: _Relay
) -> None:
    """Start the ranks of all machines from the first one. Raises UserFacingError."""
    hostfile = request.several.hostfile
    place = places.first_place(
        places.planned_machines(request),
        None if hostfile is None else Path(hostfile),
        places.own_interfaces(),
    )
    from . import meeting  # imports torch

    for note in require_several(request, meeting.card_count()):
        relay.tell(TrainingNote(note))
    with _listening(place) as port:
        if port is not None:
            place = Place(0, place.machines, place.address, port.getsockname()[1])
        request = settled(request)
        with _Others(request, command, place, relay, folder) as others:
            _run_here(request, command, place, folder, port)
            others.wait()
    relay.drain()
    if not relay.has_ended:
        raise EngineProtocolError("The first process of the training ended without a word.")


def _run_here(
    request: TrainingRequest,
    command: Sequence[str],
    place: Place,
    folder: Path,
    listening: socket.socket | None,
) -> None:
    """Start the ranks of this machine and wait for them. Raises UserFacingError."""
    from . import meeting  # imports torch

    (folder / _REQUEST).write_text(json.dumps(to_json(request)), encoding="utf-8")
    os.environ.update(_variables_of_ranks(place, folder))
    try:
        meeting.start_ranks(place, list(command), folder, listening)
    except meeting.EndedBySignalError as error:  # they are ended
        raise SystemExit(1) from error
    except RankLostError:
        # What a rank says of its end tells more than that it ended.
        for file in sorted(folder.glob("failed-*.json")):
            failed: Failed = from_json(Failed, json.loads(file.read_bytes()))
            raise failed.exception() from None
        raise


def _variables_of_ranks(place: Place, folder: Path) -> Mapping[str, str]:
    own = places.LOOPBACK if place.is_alone else place.machines[place.number].address
    interface = places.interface_of(places.resolved(own) or own, places.own_interfaces())
    told = {
        places.RANK_VARIABLE: str(folder),
        "OMP_NUM_THREADS": str(places.threads_of(place.slots, os.cpu_count() or 1)),
    }
    if interface is not None:  # otherwise the name of the host is looked up: another address
        told |= {"GLOO_SOCKET_IFNAME": interface, "NCCL_SOCKET_IFNAME": f"={interface}"}
    return told


@contextlib.contextmanager
def _listening(place: Place) -> Iterator[socket.socket | None]:
    """A port of the first of several machines, open at the address that the others know."""
    if place.is_alone:
        yield None
        return
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as port:
        port.bind((place.address, 0))
        port.listen()
        yield port


def _end_with_stdin(folder: Path) -> None:
    """On another machine: end once the first one is gone, and the ranks of this one with us."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    _end_at_once(folder)


def _end_at_once(folder: Path) -> NoReturn:
    """End this process and its children, whatever the main thread does meanwhile."""
    _end_children()
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():  # otherwise the main thread has put something there
            break
    os._exit(1)


def _end_children() -> None:
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


# --- what ranks tell ---------------------------------------------------------------------------


class _Relay:
    """Passes whole frames on to whoever watches; meanwhile stdout of children leads here."""

    def __init__(self, out: BinaryIO) -> None:
        self.has_ended = False  #: the last frame was passed on
        self._lock = threading.Lock()
        self._out = out
        reading, writing = os.pipe()
        os.dup2(writing, 1)
        os.close(writing)
        self._frames = os.fdopen(reading, "rb")
        self._thread = threading.Thread(target=self._pass_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drain()

    def tell(self, payload: TrainingPayload) -> None:
        """Write one frame, unless the last was written already. Raises OSError."""
        with self._lock:
            if not self.has_ended:
                self.has_ended = isinstance(payload, Done | Failed)
                write_training(self._out, payload)

    def drain(self) -> None:
        """Pass on what is left, once the ranks of this machine have ended."""
        os.dup2(2, 1)  # the pipe is closed with the last that has it
        self._thread.join(_SECONDS_TO_END)

    def _pass_on(self) -> None:
        """Until all have closed it, or rank 0 was killed in the middle of a frame."""
        try:
            while (payload := read_training(self._frames)) is not None:
                self.tell(payload)
                if self.has_ended:  # the others too, even those that wait for rank 0
                    ending = threading.Timer(_SECONDS_TO_END, _end_children)
                    ending.daemon = True
                    ending.start()
        except EngineProtocolError as error:
            log.info("%s", error.message)
        except OSError:
            log.info("Nobody listens any more.")


# --- other machines ----------------------------------------------------------------------------


class _Others:
    """The processes on other machines that start ranks there; each has ssh's pipes to us."""

    def __init__(
        self,
        request: TrainingRequest,
        command: Sequence[str],
        place: Place,
        relay: _Relay,
        folder: Path,
    ) -> None:
        self._request = request
        self._command = command
        self._place = place
        self._relay = relay
        self._folder = folder  # of this machine's ranks
        self._started: list[Popen[bytes]] = []
        self._threads: list[threading.Thread] = []
        self._is_over = False

    def __enter__(self) -> Self:
        told = {name: os.environ[name] for name in _TOLD_VARIABLES if name in os.environ}
        for number, machine in enumerate(self._place.machines[1:], start=1):
            place = Place(number, self._place.machines, self._place.address, self._place.port)
            told[places.PLACE_VARIABLE] = json.dumps(to_json(place))
            self._start(
                machine.address,
                places.remote_command(machine.address, self._command, told, str(Path.cwd())),
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them: each ends with its stdin."""
        self._is_over = True
        for child in self._started:
            assert child.stdin is not None
            with contextlib.suppress(OSError):
                child.stdin.close()
        for child in self._started:
            try:
                child.wait(_SECONDS_TO_END)
            except TimeoutExpired:
                child.kill()

    def wait(self) -> None:
        """Wait until those of all machines have ended well, as this one's have."""
        for thread in self._threads:
            thread.join(_SECONDS_TO_END)

    def _start(self, address: str, command: Sequence[str]) -> None:
        log.info("On %s: %s", address, command)
        try:
            with os.fdopen(os.dup(2), "wb") as log_of_both:
                child = start_child(command, log_of_both, os.environ)
        except OSError as error:
            raise TrainingSettingsError(
                Phrase(
                    "Other machines are reached by ssh, which cannot be started ({reason})",
                    reason=system_reason(error),
                ),
                hint="Install it, or leave out --hostfile.",
            ) from error
        self._started.append(child)
        with contextlib.suppress(OSError):  # it has ended, which is seen below
            assert child.stdin is not None
            write_training(child.stdin, self._request)
        thread = threading.Thread(target=self._watch, args=(address, child), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _watch(self, address: str, child: Popen[bytes]) -> None:
        """Read what one says of its end; where it is not a good one, this process ends too.

        The main thread may wait for that machine inside of torch, where nothing interrupts it.
        """
        assert child.stdout is not None
        end: TrainingPayload | None = None
        with contextlib.suppress(EngineProtocolError):  # not a frame: what a login prints
            end = read_training(child.stdout)
        code = child.wait()
        if isinstance(end, Done) or self._is_over:
            return
        failed = end if isinstance(end, Failed) else Failed.of(MachineLostError(address, code))
        with contextlib.suppress(OSError):
            self._relay.tell(failed)
        _end_at_once(self._folder)

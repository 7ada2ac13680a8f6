"""Tokens a second with the app's own number of threads and with fixed ones, alone and disturbed.

    PYTHONPATH=. python benchmarks/threads.py
    PYTHONPATH=. python benchmarks/threads.py --model guide --rounds 2 --seconds 1

Each way has a process of its own, which loads the model once. They decode one after the other,
round by round, first on the machine as it is, then beside busy loops that this starts and ends.
What counts is the ratio of two ways in the same round, in the median of all rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from backends.checkpoint.folder import Checkpoint
from backends.engine import heavy_modules
from backends.interface import LayerDevices, LoadedModel, LoadOptions
from backends.machine import hardware
from backends.precision import BackendName, Precision
from baichuan_desktop.services.precisions.measurements import NOTICEABLE_CORES
from benchmarks import machine
from benchmarks.random_checkpoint import NotEnoughDiskError, cache_folder, make_or_reuse

#: “small” takes 20 to 40 ms a token; a token of the guide is so short that its threads do little
#: but wait for each other.
MODELS: Final = ("guide", "small")
_GUIDE: Final = machine.ROOT / "baichuan_desktop" / "resources" / "guide_model"
_PROMPT: Final = 16  # tokens
_CONTEXT: Final = 256
#: libgomp's own number of spins, which was the app's too.
_LONG_WAITS: Final = {"GOMP_SPINCOUNT": "300000"}
_LEFT: Final = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS")
#: What has to hold: (phase, the way that the default is compared with, least ratio).
GOALS: Final = (("alone", "all threads", 0.97), ("busy", "1 thread", 0.80))
_LOOP: Final = """
import sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    pass
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of choosing threads."""

    name: str
    threads: int | None  #: None: the app's own choice
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """One way in one round."""

    way: str
    tokens_per_second: float
    threads: int  #: at its end


@dataclass(frozen=True, slots=True)
class Phase:
    """All rounds, alone or beside busy loops."""

    name: str
    neighbour_cores: float  #: that neither the ways nor the loops kept busy
    rounds: tuple[tuple[Run, ...], ...]

    def speeds(self, way: str) -> list[float]:
        """Tokens a second of one way, round by round."""
        return [run.tokens_per_second for runs in self.rounds for run in runs if run.way == way]

    def ratio(self, way: str, other: str) -> float:
        """How many times faster one way is than another: the median over the rounds."""
        pairs = zip(self.speeds(way), self.speeds(other), strict=True)
        return median(one / two for one, two in pairs)


def ways(cores: int) -> tuple[Way, ...]:
    """The ways on a machine with so many cores."""
    return (
        Way("default", None, {}),
        Way("1 thread", 1, {}),
        Way("all threads", cores, {}),
        Way("all, spinning", cores, _LONG_WAITS),
    )


def main() -> int:
    """Measure and print."""
    options = _arguments()
    if options.child:
        _serve(options)
        return 0
    reports: list[tuple[str, list[Phase]]] = []
    for model in MODELS if options.model is None else (options.model,):
        try:
            folder = _GUIDE if model == "guide" else make_or_reuse(model, options.reuse)
        except NotEnoughDiskError as error:
            print(error, file=sys.stderr)
            return 1
        phases = _measure(folder, options)
        reports.append((model, phases))
    if options.json:
        print(json.dumps([_as_json(model, phases, options) for model, phases in reports]))
        return 0
    print("\n".join(f"{name.capitalize():14}{fact}" for name, fact in machine.facts().items()))
    for model, phases in reports:
        print("\n" + table(model, options.precision, phases))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", choices=MODELS, help="default: both")
    parser.add_argument("--precision", choices=("fp32", "bf16", "4bit", "8bit"), default="fp32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one way in one round")
    parser.add_argument("--busy", type=int, default=2, help="busy loops of the second phase")
    parser.add_argument(
        "--reuse", type=Path, default=cache_folder(), help="folder that keeps the checkpoints"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or options.busy < 0:
        parser.error("--rounds and --seconds must be more than 0, --busy not less")
    return options


# --- the processes that are measured ----------------------------------------------------------


def _serve(options: argparse.Namespace) -> None:
    """Load, then decode for the seconds of each line that comes; a line of JSON for each."""
    cores = machine.physical_cores()
    with _load(options.folder, Precision(options.precision), options.threads, cores) as model:
        print(json.dumps({"loaded": True}), flush=True)
        for line in sys.stdin:
            speed = decode_speed(model, float(line))
            threads = model.threads or options.threads or cores
            print(json.dumps({"tokens_per_second": speed, "threads": threads}), flush=True)


def _load(folder: Path, precision: Precision, threads: int | None, cores: int) -> LoadedModel:
    checkpoint = Checkpoint.open(folder)
    backend = BackendName.BITSANDBYTES if precision.is_quantized else BackendName.TORCH_CPU
    loading = heavy_modules.backend_module(backend).load(
        checkpoint,
        LoadOptions(
            precision,
            min(_CONTEXT, checkpoint.config.context_length),
            cores if threads is None else threads,
            LayerDevices.all_on("cpu", checkpoint.config.num_layers),
            may_take_fewer=threads is None,
        ),
    )
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: LoadedModel = finished.value
            return model


def decode_speed(model: LoadedModel, seconds: float) -> float:
    """Tokens a second, after a prompt that does not count, of at least one token."""
    model.truncate(0)
    model.prefill(range(5, 5 + _PROMPT))
    tokens, started = 0, time.perf_counter()
    while True:
        if len(model.cached_ids) == model.context_length:
            model.truncate(_PROMPT)
        model.decode(5 + tokens % 200)
        tokens += 1
        elapsed = time.perf_counter() - started
        if elapsed >= seconds:
            return tokens / elapsed


# --- the rounds -------------------------------------------------------------------------------


class _Child:
    """The process of one way."""

    def __init__(self, way: Way, folder: Path, precision: str) -> None:
        self.way = way
        command = [sys.executable, "-m", "benchmarks.threads", "--child", "--folder", str(folder)]
        command += ["--precision", precision]
        command += [] if way.threads is None else ["--threads", str(way.threads)]
        inherited = machine.child_environment()
        clean = {name: value for name, value in inherited.items() if name not in _LEFT}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**clean, **way.environment},
        )

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"“{self.way.name}” ended with code {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def run(self, seconds: float) -> Run:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        found = self.answer()
        return Run(self.way.name, found["tokens_per_second"], found["threads"])


def _measure(folder: Path, options: argparse.Namespace) -> list[Phase]:
    children: list[_Child] = []
    try:
        for way in ways(machine.physical_cores()):
            children.append(_Child(way, folder, options.precision))
            children[-1].answer()  # it is loaded
        found = [_phase("alone", children, options)]
        if options.busy:
            # A step beside the loops may take seconds itself.
            most = 60 + 20 * options.seconds * len(children) * options.rounds
            with _busy_loops(options.busy, most) as loops:
                found.append(_phase("busy", children, options, loops))
        return found
    finally:
        for child in children:
            child.process.kill()
            child.process.wait()


@contextlib.contextmanager
def _busy_loops(count: int, most_seconds: float) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs that each keep a core busy; they end with the context, or by themselves."""
    loops: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            loops.append(subprocess.Popen([sys.executable, "-c", _LOOP, str(most_seconds)]))
        yield loops
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _phase(
    name: str,
    children: Sequence[_Child],
    options: argparse.Namespace,
    loops: Sequence[subprocess.Popen[bytes]] = (),
) -> Phase:
    pids = [child.process.pid for child in children] + [loop.pid for loop in loops]
    before, neighbours = _processor_seconds(pids), hardware.Neighbours()
    rounds = []
    for number in range(options.rounds):
        turned = _turned(children, number)
        rounds.append(tuple(child.run(options.seconds) for child in turned))
        print(f"{name}: round {number + 1} of {options.rounds}", file=sys.stderr)
    cores = neighbours.cores(_processor_seconds(pids) - before)
    return Phase(name, cores, tuple(rounds))


def _turned(children: Sequence[_Child], number: int) -> Sequence[_Child]:
    """The children in the order of a round: each round begins with another one."""
    first = number % len(children)
    return (*children[first:], *children[:first])


def _processor_seconds(pids: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


# --- what is printed ----------------------------------------------------------------------


def verdicts(phases: Sequence[Phase]) -> list[tuple[str, str, float, float]]:
    """Of each goal whose phase was measured: phase, other way, ratio, least ratio."""
    return [
        (phase.name, other, phase.ratio("default", other), least)
        for phase in phases
        for name, other, least in GOALS
        if phase.name == name
    ]


def table(model: str, precision: str, phases: Sequence[Phase]) -> str:
    """The figures of one model, and whether the goals are met."""
    heading = f"{model}, {precision}, tokens/s"
    lines = [f"{heading:30}{'median':>9}{'least':>9}{'most':>9}  threads at the end"]
    for phase in phases:
        busy = f"others kept {phase.neighbour_cores:.1f} cores busy"
        lines.append(f"  {phase.name}, {len(phase.rounds)} rounds; {busy}")
        for way in dict.fromkeys(run.way for runs in phase.rounds for run in runs):
            speeds = phase.speeds(way)
            threads = [run.threads for runs in phase.rounds for run in runs if run.way == way]
            three = (median(speeds), min(speeds), max(speeds))
            figures = "".join(f"{value:9.1f}" for value in three)
            lines.append(f"    {way:26}{figures}  {' '.join(map(str, threads))}")
    for name, other, ratio, least in verdicts(phases):
        verdict = "PASS" if ratio >= least else "FAIL"
        lines.append(f"  {name}: default is {ratio:.2f} x {other} (goal {least:.2f}): {verdict}")
    disturbed = [phase.name for phase in phases if phase.neighbour_cores > NOTICEABLE_CORES]
    if disturbed:
        lines.append(f"  Others disturbed this ({', '.join(disturbed)}): measure again.")
    return "\n".join(lines)


def _as_json(model: str, phases: Sequence[Phase], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "model": model,
        "precision": options.precision,
        "cores": os.cpu_count(),
        "phases": [asdict(phase) for phase in phases],
        "ratios": [
            {"phase": name, "other": other, "ratio": ratio, "goal": least, "met": ratio >= least}
            for name, other, ratio, least in verdicts(phases)
        ],
    }


if __name__ == "__main__":
    sys.exit(main())

"""Change valid models, caches and documents in thousands of ways, and count what came of it.

python -m tests.fuzz.run [--format NAME …] [--cases N] [--seed N] [--jobs N] [--only NUMBER]

Each worker is a process that a case may end, run out of its time or fill: the next case then runs
in a fresh one. The exit code is 1 if a case did anything but give a model or a sentence.
"""

from __future__ import annotations

import argparse
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

_CPU_SECONDS = 2.0
_RESIDENT_BYTES = 200 * 10**6
#: After which a case is ended: more than the limit, so that the limit is seen to be missed.
_END_CPU_SECONDS = 20.0
_SPARE_ADDRESSES = 4 * 2**30
#: Of as many cases of another format, one of a cache, and one of a document.
_CACHE_SHARE = 100
_DOCUMENT_SHARE = 10
#: Without a sign of life; nothing is waited for, so only a case that hangs takes as long.
_SILENCE_SECONDS = 300.0


@dataclass
class Tally:
    """What came of the cases of a format."""

    stages: Counter[str] = field(default_factory=Counter)
    signals: int = 0
    slow: int = 0
    large: int = 0
    outside: int = 0
    slowest: float = 0.0
    largest: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """All of them."""
        return sum(self.stages.values()) + self.signals

    @property
    def is_clean(self) -> bool:
        """Every case gave a model or a sentence, within the limits."""
        return not (
            self.stages["failed"] or self.signals or self.slow or self.large or self.outside
        )

    def add(self, other: Tally) -> None:
        """Count what another worker counted."""
        self.stages += other.stages
        self.signals += other.signals
        self.slow += other.slow
        self.large += other.large
        self.outside += other.outside
        self.slowest = max(self.slowest, other.slowest)
        self.largest = max(self.largest, other.largest)
        self.notes += other.notes

    def line(self, name: str) -> str:
        """One line of the table."""
        ran = self.stages["ran"]
        accepted = ran + self.stages["accepted"]
        return (
            f"{name:<18}{self.cases:>8}{self.stages['failed']:>9}{self.signals:>9}{self.slow:>10}"
            f"{self.large:>10}{self.outside:>9}{accepted / max(self.cases, 1):>10.1%}"
            f"{ran / max(self.cases, 1):>9.1%}{self.slowest:>9.2f} s"
            f"{self.largest / 10**6:>7.0f} MB"
        )


_HEAD = (
    f"{'format':<18}{'cases':>8}{'untyped':>9}{'signals':>9}{'over 2 s':>10}{'>200 MB':>10}"
    f"{'outside':>9}{'accepted':>10}{'forward':>9}{'slowest':>11}{'largest':>10}"
)


# --- the worker --------------------------------------------------------------------------


def work(name: str, seed: int, numbers: range) -> None:
    """Run cases; a line for each on standard output: number, stage, seconds, bytes, files."""
    report = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import torch

    from tests.fuzz.adapter_cases import ADAPTERS, AdapterCases
    from tests.fuzz.cache_cases import CACHES, CacheCases
    from tests.fuzz.cases import Cases
    from tests.fuzz.document_cases import DOCUMENTS, DocumentCases

    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-", dir=os.environ.get("FUZZ_FOLDER")))
    kinds: dict[str, type[AdapterCases | CacheCases | DocumentCases]] = {
        **dict.fromkeys(ADAPTERS, AdapterCases),
        **dict.fromkeys(CACHES, CacheCases),
        **dict.fromkeys(DOCUMENTS, DocumentCases),
    }
    cases = kinds.get(name, Cases)(name, folder, seed=seed)
    for _ in range(2):  # what is imported or allocated at first use is no case's
        cases.run_unchanged()
    opened: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            opened.append(os.path.realpath(os.fsdecode(arguments[0])))

    sys.addaudithook(watch)
    # What is imported late is no case's file.
    allowed = tuple(f"{path}/" for path in (folder, sys.prefix, sys.base_prefix, Path.cwd()))
    in_use = _status("VmSize") + _SPARE_ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (in_use, in_use))
    for number in numbers:
        cases.write(number)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak
        before, started = _status("VmRSS"), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, _END_CPU_SECONDS)
        opened.clear()
        outcome = cases.open_and_run()
        outside = [path for path in opened if not path.startswith(allowed)]
        signal.setitimer(signal.ITIMER_PROF, 0)
        seconds, grown = time.process_time() - started, _status("VmHWM") - before
        print(
            number,
            outcome.stage.value,
            f"{seconds:.3f}",
            grown,
            len(outside),
            file=report,
            sep="\t",
        )
        for line in (outcome.trace.splitlines()[-12:]) + [f"opened {p}" for p in outside]:
            print("#", ascii(line), file=report)
    shutil.rmtree(folder)


def _status(name: str) -> int:
    """Bytes, from /proc."""
    with Path("/proc/self/status").open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    raise ValueError(name)


# --- the table ---------------------------------------------------------------------------


def _run_chunk(name: str, seed: int, numbers: range, scratch: Path) -> Tally:
    """Run cases in workers, a fresh one after each that a case ended."""
    tally = Tally()
    first = numbers.start
    while first < numbers.stop:
        command = [sys.executable, "-m", "tests.fuzz.run", "--worker", name,
                   str(seed), str(first), str(numbers.stop)]  # fmt: skip
        environment = os.environ | {"FUZZ_FOLDER": str(scratch)}
        # A file takes what libraries say, whatever its length; a pipe that nobody reads fills.
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=environment
            ) as worker,
        ):
            done = first
            assert worker.stdout is not None
            for line in _lines(worker):
                if line.startswith("#"):
                    tally.notes.append(f"    {line[2:]}")
                    continue
                count(tally, name, line)
                done = int(line.split("\t", 1)[0]) + 1
            worker.wait()
            errors.seek(0)
            last_error = errors.read()[-500:]
        if done < numbers.stop:
            tally.signals += 1
            ended = f"ended by {worker.returncode}: {last_error.decode(errors='replace')!a}"
            tally.notes.append(f"{name} {done}: {ended}")
            done += 1
        first = done
    return tally


def _lines(worker: subprocess.Popen[bytes]) -> Iterator[str]:
    """The lines of a worker; one that says nothing for long is killed."""
    assert worker.stdout is not None
    while True:
        readable, _, _ = select.select([worker.stdout], [], [], _SILENCE_SECONDS)
        if not readable:
            worker.kill()
            return
        line = worker.stdout.readline()
        if not line:
            return
        yield line.decode().rstrip("\n")


def count(tally: Tally, name: str, line: str) -> None:
    """Count a line of a worker."""
    number, stage, seconds, grown, outside = line.split("\t")
    tally.stages[stage] += 1
    tally.slow += float(seconds) > _CPU_SECONDS
    tally.large += int(grown) > _RESIDENT_BYTES
    tally.outside += int(outside) > 0
    tally.slowest = max(tally.slowest, float(seconds))
    tally.largest = max(tally.largest, int(grown))
    if (
        stage == "failed"
        or int(outside)
        or float(seconds) > _CPU_SECONDS
        or int(grown) > _RESIDENT_BYTES
    ):
        tally.notes.append(f"{name} {number}: {stage}, {seconds} s, {int(grown) // 10**6} MB")


def main() -> int:
    """Run the cases of the command line; 1 if one failed."""
    if sys.argv[1:2] == ["--worker"]:
        name, seed, first, end = sys.argv[2:]
        work(name, int(seed), range(int(first), int(end)))
        return 0
    from tests.fuzz.adapter_cases import ADAPTERS
    from tests.fuzz.cache_cases import CACHES
    from tests.fuzz.document_cases import DOCUMENTS
    from tests.fuzz.formats import FORMATS

    names = [*FORMATS, *ADAPTERS, *CACHES, *DOCUMENTS]
    shares = dict.fromkeys(CACHES, _CACHE_SHARE) | dict.fromkeys(DOCUMENTS, _DOCUMENT_SHARE)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--format", action="append", choices=names, help="all, if not given")
    parser.add_argument(
        "--cases",
        type=int,
        default=20_000,
        help="of each format (20000); of each of the caches, of which one case writes a whole one, "
        f"1 in {_CACHE_SHARE}; of documents 1 in {_DOCUMENT_SHARE}",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, help="one case, whose error is shown")
    arguments = parser.parse_args()
    names = arguments.format or names
    print(_HEAD)
    clean = True
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            for name in names:
                tally = Tally()
                numbers = range(arguments.cases // shares.get(name, 1))
                if arguments.only is not None:
                    numbers = range(arguments.only, arguments.only + 1)
                size = -(-len(numbers) // arguments.jobs)  # a worker takes seconds to start
                chunks = [numbers[at : at + size] for at in range(0, len(numbers), size)]
                for part in pool.map(
                    lambda chunk, name=name: _run_chunk(name, arguments.seed, chunk, scratch),
                    chunks,
                ):
                    tally.add(part)
                print(tally.line(name), *tally.notes[:200], sep="\n", flush=True)
                clean &= tally.is_clean
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

"""Everything that a machine with an NVIDIA card is wanted for, by one command, within its minutes.

    PYTHONPATH=. python3 -m benchmarks.cards.day OUT

The tests that need a card, what no test asks (`probe.py`), and `cuda.py`: each writes a file into
the folder OUT while it runs. What takes too long is ended, and what is left out is named. Nothing
needs to be installed beside torch, transformers, pytest and what the engine imports; bitsandbytes
adds the 4-bit rows. `--device cpu --shapes tiny` is a dry run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.machine import ROOT

#: Tests that are skipped without a card, and the packages that each file imports beside torch.
CARD_TESTS: Final[Mapping[str, tuple[str, ...]]] = {
    "tests/backends/torch_backend/test_on_a_card.py": (),
    "tests/backends/torch_backend/test_cuda.py": (),
    "tests/backends/torch_backend/test_low_bits.py": ("bitsandbytes",),
    "tests/backends/onnx_backend/test_card_memory.py": ("onnx", "onnxruntime"),
}
_LAST_LINES: Final = 60
_TEST_SECONDS: Final = 150
_PROBE_SECONDS: Final = 110
#: How long a part may go on that began just before its time was up.
_PROBE_ENDS, _BENCHMARK_ENDS = 20, 80


@dataclass(frozen=True, slots=True)
class Part:
    """One command, and when it is ended."""

    name: str
    command: tuple[str, ...]
    most_seconds: float


def tests(files: Sequence[str], left: float) -> Part:
    """The tests with a card; this machine's packages are not the locked ones, and may warn."""
    options = ("-q", "-rs", "--maxfail=6", "-p", "no:cacheprovider", "-W", "default", "-k", "card")
    command = (sys.executable, "-m", "pytest", *options, *files)
    return Part("tests", command, min(_TEST_SECONDS, left))


def probe(device: str, shapes: str, left: float) -> Part:
    """What no test asks."""
    seconds = max(min(_PROBE_SECONDS, left - _PROBE_ENDS), 0)
    options = ("--device", device, "--shapes", shapes, "--seconds", f"{seconds:.0f}")
    command = (sys.executable, "-m", "benchmarks.cards.probe", *options)
    return Part("probe", command, min(_PROBE_SECONDS + _PROBE_ENDS, left))


def benchmark(device: str, shapes: str, out: Path, left: float) -> Part:
    """Speed and memory, in all the time that is left."""
    minutes = max(left - _BENCHMARK_ENDS, 0) / 60
    options = ("--device", device, "--shapes", shapes, "--minutes", f"{minutes:.2f}", "--new", "32")
    command = (sys.executable, "-m", "benchmarks.cuda", *options, "--json", str(out / "cuda.json"))
    return Part("cuda", command, left)


def missing(packages: Sequence[str]) -> list[str]:
    """Those of some packages that cannot be imported here."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def main() -> int:
    """Run all parts; 1 if one of them failed or was ended."""
    options = _arguments()
    ends = time.monotonic() + options.seconds
    options.out.mkdir(parents=True, exist_ok=True)
    facts = json.dumps(machine.facts(), indent=1, ensure_ascii=False)
    (options.out / "machine.txt").write_text(f"{facts}\n{_driver()}", encoding="utf-8")
    files, left_out = [], []
    for file, packages in CARD_TESTS.items():
        if lacking := missing(packages):
            left_out.append(f"{file}: {', '.join(lacking)} cannot be imported")
        else:
            files.append(file)
    device, shapes, out = options.device, options.shapes, options.out.resolve()
    makers: tuple[Callable[[float], Part], ...] = (
        lambda left: tests(files, left),
        lambda left: probe(device, shapes, left),
        lambda left: benchmark(device, shapes, out, left),
    )
    succeeded = True
    for make in makers:
        part = make(ends - time.monotonic())
        print(f"== {part.name} ({part.most_seconds:.0f} s at most)", flush=True)
        if part.most_seconds <= 0:
            left_out.append(f"{part.name}: the time was used up")
            continue
        succeeded &= _run(part, out)
    print(_end(left_out))
    return 0 if succeeded else 1


def _end(left_out: Sequence[str]) -> str:
    """What is said last. A part may have left out something of its own, and said so itself."""
    if left_out:
        return "\n".join(["Left out:", *left_out])
    return "Every part was begun. What one of them left out stands in its file."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path, help="folder for what is found; made if it is not there")
    parser.add_argument("--seconds", type=float, default=570.0, help="all parts together")
    parser.add_argument("--device", default="cuda:0", help="one card, or cpu for a dry run")
    parser.add_argument("--shapes", default="baichuan2-7b,baichuan2-13b")
    return parser.parse_args()


def _run(part: Part, out: Path) -> bool:
    """Whether a part ended by itself, and well; its last lines are printed."""
    file = out / f"{part.name}.txt"
    environment = {
        **machine.child_environment(),
        "PYTHONUNBUFFERED": "1",  # what is ended has written what it found
        "PYTHONDONTWRITEBYTECODE": "1",
        "BAICHUAN_DESKTOP_HOME": str(out / "home"),
    }
    with file.open("w", encoding="utf-8") as text:
        try:
            code = subprocess.run(
                part.command,
                cwd=ROOT,
                env=environment,
                stdout=text,
                stderr=subprocess.STDOUT,
                timeout=part.most_seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    lines = file.read_text(encoding="utf-8").splitlines()
    print("\n".join(line[:700] for line in lines[-_LAST_LINES:]))
    print(f"== {part.name}: {'ended, it took too long' if code is None else f'exit {code}'}")
    return code == 0


def _driver() -> str:
    try:
        return subprocess.run(
            ["nvidia-smi"], stdout=subprocess.PIPE, text=True, timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"nvidia-smi: {error}\n"


if __name__ == "__main__":
    sys.exit(main())

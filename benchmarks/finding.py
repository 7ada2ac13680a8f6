"""What looking for models costs: processor time for 10,000 folders, listings, and files opened.

    PYTHONPATH=. python benchmarks/finding.py [--folders 10000] [--files 8] [--models 20]

The folders lie in a tree of their own, a hundred in each, with files of ordinary names; some are
models that the search recognises by opening them. The processor time of the process counts: the
clock depends on the drive.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from baichuan_desktop.services.app_paths import AppPaths, resource
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import Found
from baichuan_desktop.services.library.store import ModelStore

_GOAL: Final = 5.0  # seconds of processor time for 10,000 folders
_IN_EACH: Final = 100
_NAMES: Final = (
    "notes.txt",
    "picture.jpg",
    "data.bin",
    "index.html",
    "a.py",
    "b.json",
    "c",
    "d.md",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one search took."""

    folders: int
    models: int
    processor_seconds: float
    seconds: float
    listings: int  #: of folders
    opened: int  #: files in the tree


def make_tree(root: Path, folders: int, files: int, models: int) -> int:
    """Write the tree; the number of its folders."""
    made = 1
    for number in range(folders - models):
        folder = root / f"{number // _IN_EACH:04}" / f"{number:06}"
        made += 1 + (not folder.parent.exists())
        folder.mkdir(parents=True)
        for name in range(files):
            (folder / f"{name}{_NAMES[name % len(_NAMES)]}").touch()
    for number in range(models):
        shutil.copytree(resource("guide_model"), root / f"model {number:04}")
    return made + models


def search(root: Path, paths: AppPaths) -> Cost:
    """Look through the tree once."""
    counts: Counter[str] = Counter()
    inside = str(root)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("open", "os.scandir") and str(arguments[0]).startswith(inside):
            counts[event] += 1

    sys.addaudithook(watch)
    store = ModelStore(paths)
    begun, clock = time.process_time(), time.perf_counter()
    found = [
        event for event in find(store, [root], cancel=threading.Event()) if isinstance(event, Found)
    ]
    return Cost(
        folders=0,
        models=len(found),
        processor_seconds=time.process_time() - begun,
        seconds=time.perf_counter() - clock,
        listings=counts["os.scandir"],
        opened=counts["open"],
    )


def main() -> int:
    """Print what it costs; 1 if it is more than promised."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folders", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=8, help="in each folder")
    parser.add_argument("--models", type=int, default=20, help="of the folders")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root, home = Path(scratch, "tree"), Path(scratch, "home")
        root.mkdir()
        folders = make_tree(root, arguments.folders, arguments.files, arguments.models)
        paths = AppPaths(home / "c", home / "l", home / "k", home / "d", home / "site.yaml")
        cost = search(root, paths)
    facts = asdict(cost) | {"folders": folders}
    if arguments.json:
        print(json.dumps(facts))
    else:
        for name, value in facts.items():
            print(f"{name.replace('_', ' '):20} {value:,.2f}")
    return int(cost.processor_seconds > _GOAL * folders / 10_000)


if __name__ == "__main__":
    sys.exit(main())

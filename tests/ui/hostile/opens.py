"""Which files and sockets the window opens for hostile texts, and not for harmless ones.

    python -m tests.ui.hostile.opens

Needs `strace`. The exit code is 1 if there is one outside of the app's own folders.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
_CALLS = "open,openat,openat2,creat,execve,socket,connect,readlink,readlinkat"
_FONTS = ("/usr/share/fonts/", "/usr/local/share/fonts/")
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FAMILY = re.compile(r"socket\((AF_\w+)")
_OWN_PROCESS = re.compile(r"/proc/(self|\d+)/")
_RANDOM = re.compile(r"[0-9a-f]{8,}|\d+|(?<=[-_.])[A-Za-z0-9_]{6,8}(?=\.|$)")


@dataclass(slots=True)
class Seen:
    """What a process and its children asked the system for."""

    calls: int = 0
    files: set[str] = field(default_factory=set)  #: also such as are not there
    programs: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)  #: of sockets


def command(bait: str) -> list[str]:
    """What shows the texts."""
    return [sys.executable, "-X", "faulthandler", "-m", "tests.ui.hostile.window_child", bait]


def environment(home: Path) -> dict[str, str]:
    """With a home of its own."""
    return {
        **os.environ,
        "BAICHUAN_DESKTOP_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }


def can_trace() -> bool:
    """Whether strace is here and may look at a process."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(["strace", "-e", "trace=none", "true"], check=False, capture_output=True)
    return tried.returncode == 0


def seen(bait: str, folder: Path) -> Seen:
    """Show the texts in a window; `folder` gets its home and the log, and is the working folder."""
    log = folder / "log"
    log.unlink(missing_ok=True)
    shutil.rmtree(folder / "home", ignore_errors=True)
    subprocess.run(
        ["strace", "-f", "-s", "4096", "-e", f"trace={_CALLS}", "-o", str(log), *command(bait)],
        cwd=folder,
        env=environment(folder / "home"),
        check=True,
        capture_output=True,
    )
    found = Seen()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        found.calls += 1
        if family := _FAMILY.search(line):
            found.families.add(family[1])
        if path := _PATH.search(line):
            (found.programs if "execve(" in line else found.files).add(path[1])
    return found


def outside(files: set[str], folder: Path) -> set[str]:
    """Those that lie neither in the app's home nor in its own code, alike names as one.

    Rare letters take another font: those of the system are no more than that.
    """
    own = (str(folder / "home"), str(ROOT), sys.prefix, sys.base_prefix, *_FONTS)
    return {
        _RANDOM.sub("*", one)
        for one in files
        if not one.startswith(own) and not _OWN_PROCESS.match(one)
    }


def compare(folder: Path) -> tuple[Seen, Seen, set[str]]:
    """What hostile texts and harmless ones open, and what of it only the former do."""
    bait = folder / "bait" / "bait.png"
    bait.parent.mkdir()
    bait.write_bytes(b"bait")
    hostile, harmless = seen(str(bait), folder / "bait"), seen("plain", folder / "bait")
    more = outside(hostile.files, bait.parent) - outside(harmless.files, bait.parent)
    return hostile, harmless, more | (hostile.programs - harmless.programs)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Compare and print; 1 if hostile texts open more."""
    with tempfile.TemporaryDirectory() as name:
        hostile, harmless, more = compare(Path(name))
    for what, one in (("hostile", hostile), ("harmless", harmless)):
        _say(
            f"{what}: {one.calls:,} calls, {len(one.files):,} paths, {len(one.programs)} programs, "
            f"sockets: {', '.join(sorted(one.families)) or 'none'}"
        )
    _say(f"for hostile texts only: {sorted(more) or 'nothing'}")
    return int(bool(more or hostile.families & {"AF_INET", "AF_INET6"}))


if __name__ == "__main__":
    sys.exit(main())

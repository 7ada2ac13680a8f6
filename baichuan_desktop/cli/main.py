"""`baichuan-desktop`, and the engine of a frozen one, which is the same program."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from backends.engine import process as engine


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. The window and torch are imported where one needs them."""
    if list(sys.argv[1:] if argv is None else argv) == [engine.OPTION]:
        engine.main()
        return 0
    # An engine binds itself to its window first of all: nothing is imported before.
    from baichuan_desktop.cli.commands import run
    from baichuan_desktop.console import guarded_output

    with guarded_output():
        return run(argv)

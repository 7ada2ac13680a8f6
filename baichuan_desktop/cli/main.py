"""`baichuan-desktop`, and the processes and helpers of a frozen one: they are the same program."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from backends.engine import process as engine
from backends.training import process as training


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. The window and torch are imported where one needs them."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for process in (engine, training):
        if arguments == [process.OPTION]:
            process.main()
            return 0
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # while something was being imported, which takes a moment
        return 130


def _run(arguments: list[str]) -> int:
    # An engine binds itself to its window first of all: nothing is imported before.
    from baichuan_desktop.cli.completion import ids

    if arguments[:1] == [ids.OPTION]:  # a shell waits for it
        ids.print_listed_ids(arguments[1:])
        return 0
    from baichuan_desktop.services.documents import process as document_reader
    from baichuan_desktop.services.tokens import process as counter
    from baichuan_desktop.services.training import previewing
    from baichuan_desktop.services.typesetting import process as typesetter

    for helper in (counter, document_reader, previewing, typesetter):
        if arguments == [helper.OPTION]:
            helper.main()
            return 0
    from baichuan_desktop.console import guarded_output

    with guarded_output():
        if arguments[:1] in (["serve"], ["web"]):
            from baichuan_desktop.cli.program.server_commands import run
        else:
            from baichuan_desktop.cli.commands import run
        return run(arguments)

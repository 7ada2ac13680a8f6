"""`serve` and `web` alone: a server stays for long, and keeps what other commands import."""

from __future__ import annotations

from collections.abc import Sequence

from baichuan_desktop.cli.program.running import parser_of, run_command
from baichuan_desktop.cli.verbs.serving import serve, web


def run(argv: Sequence[str] | None) -> int:
    """Run one of them; the exit code."""
    return run_command(parser_of((serve, web)), argv)

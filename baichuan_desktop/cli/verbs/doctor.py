"""`doctor`: facts of this machine, and for every model what would run and why; for support too."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from backends.errors import InvalidRequestError
from backends.printable import one_line, printable
from baichuan_desktop.cli.arguments import Commands, add_dry_run, add_json, path
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.cli.text_input import NotUtf8Error, typed_line
from baichuan_desktop.services import doctor
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.support_bundle.collecting import collect
from baichuan_desktop.services.support_bundle.values import BundlePart
from baichuan_desktop.services.support_bundle.writing import write

_QUESTION = "Write this bundle? [y/N, s shows all of it] "


def add_to(commands: Commands) -> None:
    """Add `doctor`."""
    parser = commands.add_parser("doctor", help="this machine, and what runs on it and why")
    parser.set_defaults(run=_run)
    parser.add_argument(
        "--bundle",
        type=path,
        metavar="FILE",
        help="write a zip file for support, without anything private; it is shown first",
    )
    parser.add_argument("--yes", action="store_true", help="write the bundle without a question")
    add_dry_run(parser)
    add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.bundle is not None:
        return _bundle(arguments)
    if arguments.yes or arguments.dry_run:
        raise InvalidRequestError(
            "--yes and --dry-run are for a bundle.", hint="Name its file: --bundle FILE."
        )
    paths = app_paths()
    run = JobEngine(paths.job_log).run
    report = doctor.report(ModelStore(paths), Measurements(paths.measurements), run)
    if arguments.json:
        print_json(report)
    else:
        say(doctor.as_text(report))
    return 0


def _bundle(arguments: argparse.Namespace) -> int:
    """Show what a bundle holds, and write it if that is wanted; 1 if it is not."""
    can_be_asked = sys.stdin.isatty() and sys.stdout.isatty() and not arguments.json
    if not (arguments.yes or arguments.dry_run or can_be_asked):
        raise InvalidRequestError(
            "A bundle is shown before it is written, and nobody can answer here.",
            hint="--dry-run shows what it holds; --yes writes it.",
        )
    paths = app_paths()
    run = JobEngine(paths.job_log).run
    parts = collect(paths, ModelStore(paths), Measurements(paths.measurements), run)
    if not arguments.json:
        _show(parts)
    if arguments.dry_run:
        is_written = False
    elif arguments.yes or _is_wanted(parts):
        write(parts, arguments.bundle)
        is_written = True
    else:
        print("Nothing was written.")
        return 1
    _tell(arguments, parts, is_written=is_written)
    return 0


def _show(parts: Sequence[BundlePart]) -> None:
    print_table([{"part": part.name, "bytes": part.size} for part in parts], ("part", "bytes"))
    say(
        "It holds no conversations, and no names of folders, files, accounts or of this machine. "
        "It stays here until you send it."
    )


def _is_wanted(parts: Sequence[BundlePart]) -> bool:
    while True:
        try:
            answer = typed_line(_QUESTION).strip().lower()
        except (EOFError, NotUtf8Error):
            return False
        if answer != "s":
            return answer in ("y", "yes", "是")
        for part in parts:
            say(printable(f"--- {part.name} ---\n{part.text}"))


def _tell(arguments: argparse.Namespace, parts: Sequence[BundlePart], *, is_written: bool) -> None:
    file: Path = arguments.bundle
    if arguments.json:
        print_json(
            {
                "file": str(file),
                "written": is_written,
                "parts": [{"name": part.name, "bytes": part.size} for part in parts],
            }
        )
    elif is_written:
        say(one_line(f"The bundle is written to {file}"))
    else:
        say("Nothing was written.")

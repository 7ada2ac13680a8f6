"""`doctor`: facts of this machine, and for every model what would run and why."""

from __future__ import annotations

import argparse

from baichuan_desktop.cli.arguments import Commands, add_json
from baichuan_desktop.cli.tables import print_json, say
from baichuan_desktop.services import doctor
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements


def add_to(commands: Commands) -> None:
    """Add `doctor`."""
    parser = commands.add_parser("doctor", help="this machine, and what runs on it and why")
    parser.set_defaults(run=_run)
    add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    paths = app_paths()
    run = JobEngine(paths.job_log).run
    report = doctor.report(ModelStore(paths), Measurements(paths.measurements), run)
    if arguments.json:
        print_json(report)
    else:
        say(doctor.as_text(report))
    return 0

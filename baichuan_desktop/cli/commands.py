"""The commands: the window without a verb, everything else with one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from baichuan_desktop.cli.program.running import parser_of, run_command
from baichuan_desktop.cli.verbs import (
    bench,
    chat,
    complete,
    completion,
    copies,
    doctor,
    export_onnx,
    models,
    policy,
    quality,
    window,
)
from baichuan_desktop.cli.verbs.finetuning import finetune
from baichuan_desktop.cli.verbs.own import backup, conversations, presets
from baichuan_desktop.cli.verbs.serving import serve, web

#: In the order of the help text.
_VERBS = (
    window,
    chat,
    complete,
    serve,
    web,
    finetune,
    copies,
    export_onnx,
    bench,
    quality,
    doctor,
    models,
    policy,
    conversations,
    presets,
    backup,
    completion,
)


def run(argv: Sequence[str] | None) -> int:
    """Run a verb; the exit code."""
    return run_command(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    return parser_of(_VERBS, without_verb=window.run)

"""What a command line of `finetune` asks for, without a model."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from baichuan_desktop.cli.program.running import parser_of
from baichuan_desktop.cli.verbs.finetuning import finetune
from baichuan_desktop.cli.verbs.finetuning.asking import Asked, Base, asked
from tests.helpers.machines import (
    BAICHUAN2_7B,
    BAICHUAN2_13B,
    BAICHUAN_7B,
    BAICHUAN_13B,
    card,
    machine,
)

MODELS = {
    "b1-7b": BAICHUAN_7B,
    "b1-13b": BAICHUAN_13B,
    "b2-7b": BAICHUAN2_7B,
    "b2-13b": BAICHUAN2_13B,
    "small": replace(BAICHUAN2_7B, num_layers=1, vocab_size=4096),
}

#: What each command line has to have, of this app's own.
OWN = "--model m --data d.json --output o"
FINE_TUNE = "--model m --data_path d.json --output o"


def parsed(line: str) -> argparse.Namespace:
    """The flags of a command line without its program and verb; exits for what is wrong."""
    return parser_of((finetune,)).parse_args(["finetune", *shlex.split(line)])


def asked_of(
    line: str, name: str = "b2-7b", cards: int = 0, context: int = 4096, own: Path | None = None
) -> Asked:
    """What it asks for, of a released model, on a machine with so many cards.

    `own` is a file of what the model answers already.
    """
    config = replace(MODELS[name], context_length=context)
    return asked(
        parsed(line),
        lambda _model: Base(config, own),
        lambda: machine(*[card(24)] * cards),
    )


def whole(path: str) -> str:
    """A path as a request has it."""
    return str(Path(path).absolute())

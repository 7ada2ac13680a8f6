"""The arguments that several verbs take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from backends.precision import parse_device

#: What `add_subparsers` gives: a verb is added to it.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

MODEL_HELP = "an id of `models list`, or the path of a checkpoint folder"
ADAPTER_HELP = "a folder, or an id or a name of `models list`"
DEBUG_HELP = "print where an error comes from"


def path(text: str) -> Path:
    """The path that `text` names, as the `type` of an argument."""
    if not text:  # which a Path takes for the folder that one is in
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(text)


def add_debug_to(commands: Commands) -> None:
    """Allow `--debug` after each verb too, without taking back what stood before it."""
    for verb in commands.choices.values():
        verb.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help=DEBUG_HELP
        )


def add_model(parser: argparse.ArgumentParser, *, default: str | None = None) -> None:
    """Add MODEL, which may be left out if there is a default."""
    parser.add_argument(
        "model",
        nargs=None if default is None else "?",
        default=default,
        metavar="MODEL",
        help=MODEL_HELP,
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add `--dry-run`."""
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )


def add_copy_options(parser: argparse.ArgumentParser) -> None:
    """Add where a copy goes, and `--json`."""
    parser.add_argument(
        "--out",
        type=path,
        metavar="FOLDER",
        help="default: beside the model, named after it; of the guide, in your home folder",
    )
    add_json(parser)


def add_device(parser: argparse._ActionsContainer) -> None:
    """Add `--device`."""
    parser.add_argument(
        "--device",
        type=parse_device,
        metavar="D",
        help="auto, cpu, cuda, or one card such as cuda:1",
    )


def add_threads(parser: argparse._ActionsContainer) -> None:
    """Add `--threads`."""
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="default: the physical cores, fewer while other programs keep them busy",
    )


def add_adapter(
    parser: argparse._ActionsContainer, what: str = "use the model with this adapter"
) -> None:
    """Add `--adapter`, for `library.adapter_of`; `what` says what is done with it."""
    parser.add_argument("--adapter", metavar="FOLDER|NAME", help=f"{what}: {ADAPTER_HELP}")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add how a model is loaded and how its answers are sampled, for `session.load`."""
    sampling = parser.add_argument_group(
        "sampling", "what is not given stays as the model asks for"
    )
    sampling.add_argument(
        "--greedy", action="store_true", default=None, help="always pick the most likely token"
    )
    sampling.add_argument("--temperature", type=float, metavar="T", help="0 is greedy")
    sampling.add_argument("--top-k", type=int, metavar="K", help="0 is all tokens")
    sampling.add_argument(
        "--top-p", type=float, metavar="P", help="the likeliest that reach this share; 1 is all"
    )
    sampling.add_argument("--repetition-penalty", type=float, metavar="R", help="1 is none")
    sampling.add_argument("--max-new-tokens", type=int, metavar="N")
    sampling.add_argument("--seed", type=int, metavar="N", help="the same seed, the same answer")
    sampling.add_argument(
        "--stop", type=str, action="append", metavar="TEXT", help="ends the answer; may be repeated"
    )
    add_adapter(parser)
    add_machine_options(parser)


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """Add how a model is loaded, for `session.wish_of`."""
    machine = parser.add_argument_group("machine")
    machine.add_argument(
        "--precision",
        default="auto",
        metavar="P",
        help="auto, bf16, fp16, fp32, 8bit, 4bit, fp4; of an export: onnx-int4 and so on",
    )
    add_device(machine)
    machine.add_argument(
        "--prefer-speed", action="store_true", help="4 bits before 8 bits where 16 do not fit"
    )
    machine.add_argument(
        "--context-length", type=int, metavar="N", help="tokens, at most the model's"
    )
    add_threads(machine)

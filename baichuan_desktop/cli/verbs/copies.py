"""The verbs that write a copy of a model: `quantize`, `models convert`, `models fold-head`."""

from __future__ import annotations

import argparse
from pathlib import Path

from backends.precision import COPY_PRECISIONS, parse_name
from backends.printable import one_line
from backends.protocol.requests import CopyRequest
from baichuan_desktop.cli.arguments import Commands, add_copy_options, add_model
from baichuan_desktop.cli.jobs import run_copy
from baichuan_desktop.cli.library import model_json, store_to_list_in
from baichuan_desktop.cli.tables import print_json
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.copies import copy_folder
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.sizes import size_text


def add_to(commands: Commands) -> None:
    """Add `quantize`."""
    parser = commands.add_parser("quantize", help="write a copy of a model in 8 or 4 bits")
    parser.set_defaults(run=_quantize)
    add_model(parser)
    parser.add_argument("--precision", required=True, metavar="P", help="8bit, 4bit (NF4), or fp4")
    add_copy_options(parser)


def add_to_models(commands: Commands) -> None:
    """Add `models convert` and `models fold-head`."""
    convert = commands.add_parser("convert", help="write a copy of a .bin model as safetensors")
    convert.set_defaults(run=_convert)
    fold = commands.add_parser(
        "fold-head", help="write a copy of a Baichuan 2 model that engines for Baichuan 1 run"
    )
    fold.set_defaults(run=_fold_head)
    for parser in (convert, fold):
        add_model(parser)
        add_copy_options(parser)


def _quantize(arguments: argparse.Namespace) -> int:
    model = store_to_list_in().model(arguments.model)
    precision = parse_name(arguments.precision, COPY_PRECISIONS)
    out = arguments.out or copy_folder(model, precision)
    return _copy(arguments, CopyRequest(str(model.path), str(out), precision))


def _convert(arguments: argparse.Namespace) -> int:
    model = store_to_list_in().model(arguments.model)
    out = arguments.out or copy_folder(model, "safetensors")
    return _copy(arguments, CopyRequest(str(model.path), str(out)))


def _fold_head(arguments: argparse.Namespace) -> int:
    model = store_to_list_in().model(arguments.model)
    out = arguments.out or copy_folder(model, "folded")
    return _copy(arguments, CopyRequest(str(model.path), str(out), fold_head=True))


def _copy(arguments: argparse.Namespace, request: CopyRequest) -> int:
    """Write a copy and list it."""
    ready = run_copy(request)
    model = ModelStore(app_paths()).add(Path(ready.folder))
    if arguments.json:
        print_json(model_json(model) | {"bytes_on_disk": ready.bytes_on_disk})
    else:
        print(one_line(f"{model.id}: {size_text(ready.bytes_on_disk)} at {ready.folder}"))
    return 0

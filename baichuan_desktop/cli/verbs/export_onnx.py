"""`export-onnx`: write a copy of a model for ONNX Runtime."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from backends.precision import EXPORT_PRECISIONS, ONNX_BLOCK, parse_name
from backends.printable import one_line
from backends.protocol.engine_requests import ExportRequest
from baichuan_desktop.cli.arguments import Commands, add_adapter, add_copy_options, add_model
from baichuan_desktop.cli.jobs import run_copy
from baichuan_desktop.cli.library import adapter_of, model_json, print_notes, store_to_list_in
from baichuan_desktop.cli.tables import print_json
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs import onnx_export
from baichuan_desktop.services.jobs.copies import (
    MadeCopy,
    adapter_suffix,
    copy_folder,
    copy_job,
    export_suffix,
)
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.sizes import size_text


def add_to(commands: Commands) -> None:
    """Add `export-onnx`."""
    parser = commands.add_parser("export-onnx", help="write a copy of a model for ONNX Runtime")
    parser.set_defaults(run=_run)
    add_model(parser)
    parser.add_argument(
        "--precision",
        metavar="P",
        help="int4, int8, fp32, or fp16 (for CUDA); default int4, with --portable fp32",
    )
    parser.add_argument(
        "--block-size",
        type=int,
        default=ONNX_BLOCK,
        metavar="N",
        help=f"weights that share a scale in int4 and int8; default {ONNX_BLOCK}",
    )
    parser.add_argument(
        "--symmetric", action="store_true", help="int4 and int8 without zero points"
    )
    parser.add_argument(
        "--portable",
        action="store_true",
        help="write for other ONNX runtimes, with operators of the standard only",
    )
    add_adapter(parser, "export the model with this adapter merged into it")
    add_copy_options(parser)


def _run(arguments: argparse.Namespace) -> int:
    """Write an export and list it, as a precision of its model, or with an adapter by itself."""
    store = ModelStore(app_paths()) if arguments.portable else store_to_list_in()
    model = store.model(arguments.model)
    adapter = adapter_of(store, arguments.adapter, model)
    request = ExportRequest(
        str(model.path),
        str(arguments.out or ""),
        parse_name(
            arguments.precision or ("fp32" if arguments.portable else "int4"), EXPORT_PRECISIONS
        ),
        block_size=arguments.block_size,
        symmetric=arguments.symmetric,
        portable=arguments.portable,
        adapter=None if adapter is None else str(adapter.path),
    )
    if arguments.out is None:
        suffix = export_suffix(request)
        if adapter is not None:
            suffix = adapter_suffix(adapter.path, suffix)
        request = replace(request, out=str(copy_folder(model, suffix)))
    made = run_copy(copy_job(store, model, request, onnx_export.OFFER.words))
    facts: dict[str, Any]
    if isinstance(made, MadeCopy):
        ready = made.ready
        facts = model_json(made.listed) | {"export_of": made.listed.export_of}
    else:  # for other programs, and so not listed
        ready = made
        facts = {"path": ready.folder, "export_of": None}
    if arguments.json:
        print_json(facts | {"bytes_on_disk": ready.bytes_on_disk})
    else:
        size = f"{size_text(ready.bytes_on_disk)} at {ready.folder}"
        print(one_line(f"{facts['id']}: {size}" if "id" in facts else size))
    print_notes(ready.notes)
    return 0

"""Verbs that write a copy: `quantize`, `merge-adapter`, `models convert`, `models fold-head`."""

from __future__ import annotations

import argparse

from backends.phrases import Phrase
from backends.precision import COPY_PRECISIONS, MERGE_PRECISIONS, Precision, parse_name
from backends.printable import one_line
from backends.protocol.engine_requests import CopyRequest, MergeRequest
from baichuan_desktop.cli.arguments import ADAPTER_HELP, Commands, add_copy_options, add_model
from baichuan_desktop.cli.jobs import run_copy
from baichuan_desktop.cli.library import adapter_of, model_json, print_notes, store_to_list_in
from baichuan_desktop.cli.tables import print_json
from baichuan_desktop.services.jobs import merged, quantised, safetensors_copy
from baichuan_desktop.services.jobs.copies import MadeCopy, adapter_suffix, copy_folder, copy_job
from baichuan_desktop.services.jobs.job import Job, JobWords
from baichuan_desktop.services.sizes import size_text

#: The terminal alone has this job.
_FOLD_HEAD = JobWords(Phrase("Fold the output head"), Phrase("Folding the output head"))


def add_to(commands: Commands) -> None:
    """Add `quantize` and `merge-adapter`."""
    parser = commands.add_parser("quantize", help="write a copy of a model in 8 or 4 bits")
    parser.set_defaults(run=_quantize)
    add_model(parser)
    parser.add_argument("--precision", required=True, metavar="P", help="8bit, 4bit (NF4), or fp4")
    add_copy_options(parser)
    merge = commands.add_parser(
        "merge-adapter", help="write a copy of a model with an adapter merged into it"
    )
    merge.set_defaults(run=_merge)
    add_model(merge)
    merge.add_argument("adapter", metavar="ADAPTER", help=ADAPTER_HELP)
    merge.add_argument(
        "--precision", metavar="P", help="bf16, fp16 or fp32; default: as the model is stored"
    )
    add_copy_options(merge)


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
    precision = parse_name(arguments.precision, COPY_PRECISIONS)
    return _copy(arguments, quantised.OFFER.words, precision, precision)


def _convert(arguments: argparse.Namespace) -> int:
    return _copy(arguments, safetensors_copy.OFFER.words, "safetensors")


def _fold_head(arguments: argparse.Namespace) -> int:
    return _copy(arguments, _FOLD_HEAD, "folded", fold_head=True)


def _merge(arguments: argparse.Namespace) -> int:
    """Write a copy with an adapter in it and list it, as a model of its own."""
    precision = None
    if arguments.precision is not None:
        precision = parse_name(arguments.precision, MERGE_PRECISIONS)
    store = store_to_list_in()
    model = store.model(arguments.model)
    adapter = adapter_of(store, arguments.adapter, model)
    assert adapter is not None
    suffix = adapter_suffix(adapter.path, merged.merged_suffix(precision))
    out = arguments.out or copy_folder(model, suffix)
    request = MergeRequest(str(model.path), str(adapter.path), str(out), precision)
    return _write(arguments, copy_job(store, model, request, merged.OFFER.words))


def _copy(
    arguments: argparse.Namespace,
    words: JobWords,
    suffix: str,
    precision: Precision | None = None,
    *,
    fold_head: bool = False,
) -> int:
    """Write a copy and list it."""
    store = store_to_list_in()
    model = store.model(arguments.model)
    out = arguments.out or copy_folder(model, suffix)
    request = CopyRequest(str(model.path), str(out), precision, fold_head=fold_head)
    return _write(arguments, copy_job(store, model, request, words))


def _write(arguments: argparse.Namespace, job: Job) -> int:
    made = run_copy(job)
    assert isinstance(made, MadeCopy)
    size = made.ready.bytes_on_disk
    if arguments.json:
        print_json(model_json(made.listed) | {"bytes_on_disk": size})
    else:
        print(one_line(f"{made.listed.id}: {size_text(size)} at {made.ready.folder}"))
    print_notes(made.ready.notes)
    return 0

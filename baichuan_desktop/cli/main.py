"""`baichuan-desktop`: the window without a verb, everything else with one.

Nothing of Qt or torch is imported before a verb needs it.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from backends.errors import InvalidRequestError, UserFacingError
from backends.generation.sampling import SamplingParams
from backends.precision import (
    COPY_PRECISIONS,
    EXPORT_PRECISIONS,
    ONNX_BLOCK,
    parse_name,
    parse_precision,
)
from backends.printable import one_line
from backends.protocol.requests import CopyRequest, ExportRequest, LoadRequest
from baichuan_desktop import __version__
from baichuan_desktop.cli import chat
from baichuan_desktop.cli.errors import print_error
from baichuan_desktop.cli.tables import print_facts, print_json, print_table
from baichuan_desktop.console import guarded_output
from baichuan_desktop.services import doctor
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.jobs.copies import copy_folder, export_suffix
from baichuan_desktop.services.library.registry import InstalledModel, UnknownModelError, Variant
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore, notes
from baichuan_desktop.services.measuring.quality import DEFAULT_TOKENS
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.sizes import size_text

_PROGRAM = "baichuan-desktop"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; the exit code. An error is one sentence on stderr and code 1."""
    with guarded_output():
        return _run(argv)


def _run(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.ERROR)  # what libraries warn of is not for the person
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - what a library raises, nobody foresaw
        chat.progress("")
        print_error(_PROGRAM, error, app_paths().terminal_log, debug=arguments.debug)
        return 1


# --- verbs -------------------------------------------------------------------------------


def _window(arguments: argparse.Namespace) -> int:
    if not (_has_display() or os.environ.get("QT_QPA_PLATFORM")):  # Qt would abort
        raise InvalidRequestError(
            "There is no display for the window.",
            hint="“baichuan-desktop chat” chats in the terminal.",
        )
    from baichuan_desktop.app import main as window

    return window(["--model", arguments.model] if arguments.model else [])


def _start(arguments: argparse.Namespace) -> int:
    """The window if there is a display, else the terminal, else one question to the guide."""
    if _has_display():
        return _window(arguments)
    arguments.model = arguments.model or GUIDE_ID
    if sys.stdin.isatty() and sys.stdout.isatty():
        print("There is no display, so the chat opens in this terminal.")
        return _chat(arguments)
    session, _ = _load(arguments)
    return chat.ask_once(session, chat.FIRST_QUESTION)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _chat(arguments: argparse.Namespace) -> int:
    session, name = _load(arguments)
    return chat.chat(session, name, system_prompt=arguments.system, as_chat=arguments.as_chat)


def _complete(arguments: argparse.Namespace) -> int:
    prompt = _prompt(arguments)
    session, _ = _load(arguments)
    return chat.complete(session, prompt, echo=arguments.echo)


def _prompt(arguments: argparse.Namespace) -> str:
    if arguments.prompt is not None and arguments.prompt != "-":
        return str(arguments.prompt)
    try:
        if arguments.prompt_file is not None:
            text = arguments.prompt_file.read_text(encoding="utf-8-sig")
        else:
            text = sys.stdin.buffer.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserFacingError("The prompt cannot be read: {reason}.", reason=str(error)) from error
    # An editor ends a file with a newline that nobody typed as a part of the prompt.
    return str(text).removesuffix("\n").removesuffix("\r")


def _models_list(arguments: argparse.Namespace) -> int:
    """List models; 1 if a registry is wrong, and so some may be missing."""
    store = chat.model_store()
    if arguments.known:
        rows = [_variant_json(variant) for variant in store.variants]
        columns = ("id", "name", "family", "kind", "context_length")
    else:
        rows = [_model_json(model) for model in store.models]
        columns = ("id", "name", "family", "kind", "path")
    if arguments.json:
        print_json(rows)
    else:
        print_table([{**row, "name": row["name"]["en"]} for row in rows], columns)
    return 1 if store.problems else 0


def _models_show(arguments: argparse.Namespace) -> int:
    store = chat.model_store()
    facts: dict[str, Any]
    try:
        model = store.model(arguments.id)
    except UnknownModelError:
        facts = _variant_json(store.variant(arguments.id))
    else:
        variant = store.variant_of(model)
        said = list(map(str, notes(model.path)))
        facts = _model_json(model) | {
            "notes": said if arguments.json else "; ".join(said) or None,
            "variant": _variant_json(variant) if variant else None,
        }
    if arguments.json:
        print_json(facts)
    else:
        print_facts(facts)
    return 0


def _models_add(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    if arguments.export_of is None:
        model = store.add(arguments.folder)
    else:
        model = store.join_export(arguments.export_of, arguments.folder, chat.comparing)
        chat.progress("")
    said = notes(model.path)
    if arguments.json:
        print_json(_model_json(model) | {"notes": list(map(str, said))})
    else:
        line = f"{model.id}: {model.name.en} ({model.family}, {model.kind}) at {model.path}"
        print(one_line(line))
        chat.print_notes(said)
    return 0


def _models_remove(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    exports = {one.id for one in store.exports_of(arguments.id)}
    model = store.remove(arguments.id)
    if arguments.json:
        print_json(_model_json(model))
    else:
        print(one_line(f"{model.id} is not listed any more; its files are still at {model.path}"))
        for export in sorted(exports):
            print(f"its export {export} is a model of its own now")
    return 0


def _models_convert(arguments: argparse.Namespace) -> int:
    model = _store_to_list_in().model(arguments.model)
    out = arguments.out or copy_folder(model, "safetensors")
    return _copy(arguments, CopyRequest(str(model.path), str(out)))


def _models_fold_head(arguments: argparse.Namespace) -> int:
    model = _store_to_list_in().model(arguments.model)
    out = arguments.out or copy_folder(model, "folded")
    return _copy(arguments, CopyRequest(str(model.path), str(out), fold_head=True))


def _quantize(arguments: argparse.Namespace) -> int:
    model = _store_to_list_in().model(arguments.model)
    precision = parse_name(arguments.precision, COPY_PRECISIONS)
    out = arguments.out or copy_folder(model, precision)
    return _copy(arguments, CopyRequest(str(model.path), str(out), precision))


def _store_to_list_in() -> ModelStore:
    """The models; raises RegistryError at once if what is written then could not be listed."""
    store = ModelStore(app_paths())
    store.require_writable()
    return store


def _copy(arguments: argparse.Namespace, request: CopyRequest) -> int:
    """Write a copy and list it."""
    ready = chat.copy(request)
    model = ModelStore(app_paths()).add(Path(ready.folder))
    if arguments.json:
        print_json(_model_json(model) | {"bytes_on_disk": ready.bytes_on_disk})
    else:
        print(one_line(f"{model.id}: {size_text(ready.bytes_on_disk)} at {ready.folder}"))
    return 0


def _export_onnx(arguments: argparse.Namespace) -> int:
    """Write an export and list it as a precision of its model."""
    store = ModelStore(app_paths()) if arguments.portable else _store_to_list_in()
    model = store.model(arguments.model)
    request = ExportRequest(
        str(model.path),
        str(arguments.out or ""),
        parse_name(
            arguments.precision or ("fp32" if arguments.portable else "int4"), EXPORT_PRECISIONS
        ),
        block_size=arguments.block_size,
        symmetric=arguments.symmetric,
        portable=arguments.portable,
    )
    if arguments.out is None:
        request = replace(request, out=str(copy_folder(model, export_suffix(request))))
    ready = chat.copy(request)
    facts: dict[str, Any] = {"path": ready.folder, "export_of": None}
    if not request.portable:  # which is for other programs
        export = store.add_export(model, Path(ready.folder))
        facts = _model_json(export) | {"export_of": export.export_of}
    if arguments.json:
        print_json(facts | {"bytes_on_disk": ready.bytes_on_disk})
    else:
        size = f"{size_text(ready.bytes_on_disk)} at {ready.folder}"
        print(one_line(f"{facts['id']}: {size}" if "id" in facts else size))
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from baichuan_desktop.cli.speed import bench

    return bench(arguments)


def _quality(arguments: argparse.Namespace) -> int:
    from baichuan_desktop.cli.quality import quality

    return quality(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    """Facts of this machine, and for every model what would run and why."""
    paths = app_paths()
    run = JobEngine(paths.job_log).run
    report = doctor.report(ModelStore(paths), Measurements(paths.measurements), run)
    if arguments.json:
        print_json(report)
    else:
        print(doctor.as_text(report))
    return 0


# --- what verbs share --------------------------------------------------------------------


def _load(arguments: argparse.Namespace) -> tuple[chat.TerminalSession, str]:
    """The loaded model and its name. Options that were not given stay what the model asks for."""
    given = {field.name: getattr(arguments, field.name) for field in fields(SamplingParams)}
    given = {name: value for name, value in given.items() if value is not None}
    if "greedy" not in given and {"temperature", "top_k", "top_p"} & given.keys():
        given["greedy"] = False  # a person who sets a temperature wants it to be used
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    SamplingParams(**given)  # says what is wrong before minutes of loading
    model = chat.model_store().model(arguments.model)
    measurements = Measurements(app_paths().measurements)
    request = LoadRequest(
        str(model.path),
        precision=parse_precision(arguments.precision),
        context_length=arguments.context_length,
        threads=arguments.threads,
        wanted_device=arguments.device,
        prefer_speed=arguments.prefer_speed,
        measured=measurements.peaks(model.path),
        exports=tuple(map(str, model.exports)),
    )
    session = chat.load(
        request, model.name.en, lambda params: replace(params, **given), measurements
    )
    return session, model.name.en


def _model_json(model: InstalledModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name.model_dump(),
        "family": model.family,
        "kind": model.kind,
        "context_length": model.context_length,
        "path": str(model.path),
        "exports": [str(path) for path in model.exports],
        "outdated_exports": [str(export.path) for export in model.outdated_exports],
        "variant": model.variant,
        "bundled": model.bundled,
    }


def _variant_json(variant: Variant) -> dict[str, Any]:
    def plain(value: object) -> object:
        return value.model_dump() if hasattr(value, "model_dump") else value

    facts = {field.name: plain(getattr(variant, field.name)) for field in fields(Variant)}
    return facts | {"published_memory_gib": dict(variant.published_memory_gib)}


# --- arguments ---------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Runs the open Baichuan models on this machine, without any network.",
        epilog="Without a command it opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    parser.set_defaults(run=_window, model=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    start = commands.add_parser(
        "start", help="the window, or the terminal where there is no display"
    )
    start.set_defaults(run=_start, model=None, system=None, as_chat=False)
    _add_run_options(start)

    chat = commands.add_parser("chat", help="chat in the terminal")
    chat.set_defaults(run=_chat)
    chat.add_argument("model", nargs="?", default=GUIDE_ID, metavar="MODEL", help=_MODEL_HELP)
    chat.add_argument("--system", metavar="TEXT", help="the system prompt")
    chat.add_argument(
        "--as-chat", action="store_true", help="a base model that was fine-tuned on conversations"
    )
    _add_run_options(chat)

    complete = commands.add_parser("complete", help="continue a text, for base models")
    complete.set_defaults(run=_complete)
    complete.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    source = complete.add_mutually_exclusive_group(required=True)
    source.add_argument("--prompt", metavar="TEXT", help="the text; - reads standard input")
    source.add_argument(
        "--prompt-file", type=_path, metavar="FILE", help="a UTF-8 file with the text"
    )
    complete.add_argument(
        "--echo", action="store_true", help="print the text before its continuation"
    )
    _add_run_options(complete)

    quantize = commands.add_parser("quantize", help="write a copy of a model in 8 or 4 bits")
    quantize.set_defaults(run=_quantize)
    quantize.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    quantize.add_argument(
        "--precision", required=True, metavar="P", help="8bit, 4bit (NF4), or fp4"
    )
    _add_copy_options(quantize)

    export = commands.add_parser("export-onnx", help="write a copy of a model for ONNX Runtime")
    export.set_defaults(run=_export_onnx)
    export.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    export.add_argument(
        "--precision",
        metavar="P",
        help="int4, int8, fp32, or fp16 (for CUDA); default int4, with --portable fp32",
    )
    export.add_argument(
        "--block-size",
        type=int,
        default=ONNX_BLOCK,
        metavar="N",
        help=f"weights that share a scale in int4 and int8; default {ONNX_BLOCK}",
    )
    export.add_argument(
        "--symmetric", action="store_true", help="int4 and int8 without zero points"
    )
    export.add_argument(
        "--portable",
        action="store_true",
        help="write for other ONNX runtimes, with operators of the standard only",
    )
    _add_copy_options(export)

    bench = commands.add_parser("bench", help="measure how fast a model is on this machine")
    bench.set_defaults(run=_bench)
    bench.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    bench.add_argument(
        "--precision",
        "--precisions",
        dest="precision",
        default="auto",
        metavar="P,…",
        help="several, separated by commas; or all",
    )
    bench.add_argument("--device", default="auto", metavar="D", help=_DEVICE_HELP)
    bench.add_argument("--threads", type=int, metavar="N", help=_THREADS_HELP)
    bench.add_argument("--json", action="store_true", help="print JSON")

    quality = commands.add_parser(
        "quality", help="compare the precisions of a model on a text of yours"
    )
    quality.set_defaults(run=_quality)
    quality.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    quality.add_argument(
        "--text",
        type=_path,
        metavar="PATH",
        help="a UTF-8 file, or a folder of .txt and .md files; default: a sample in two languages",
    )
    quality.add_argument(
        "--precisions", default="all", metavar="P,…", help="separated by commas; default: all"
    )
    quality.add_argument(
        "--tokens", type=int, default=DEFAULT_TOKENS, metavar="N", help=_TOKENS_HELP
    )
    quality.add_argument("--device", default="auto", metavar="D", help=_DEVICE_HELP)
    quality.add_argument("--threads", type=int, metavar="N", help=_THREADS_HELP)
    quality.add_argument("--json", action="store_true", help="print JSON")

    report = commands.add_parser("doctor", help="this machine, and what runs on it and why")
    report.set_defaults(run=_doctor)
    report.add_argument("--json", action="store_true", help="print JSON")

    models = commands.add_parser("models", help="the models on this machine")
    verbs = models.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = verbs.add_parser("list", help="list the models on this machine")
    listing.add_argument("--known", action="store_true", help="list every released model instead")
    listing.set_defaults(run=_models_list)
    show = verbs.add_parser("show", help="what is known of a model")
    show.add_argument("id", metavar="ID", help="a model on this machine, or a released one")
    show.set_defaults(run=_models_show)
    add = verbs.add_parser("add", help="list a checkpoint folder; nothing is copied")
    add.add_argument("folder", type=_path, metavar="FOLDER")
    add.add_argument(
        "--export-of", metavar="ID", help="it is an export, and a precision of this model"
    )
    add.set_defaults(run=_models_add)
    remove = verbs.add_parser("remove", help="forget a model; its files stay")
    remove.add_argument("id", metavar="ID")
    remove.set_defaults(run=_models_remove)
    convert = verbs.add_parser("convert", help="write a copy of a .bin model as safetensors")
    convert.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    convert.set_defaults(run=_models_convert)
    _add_copy_options(convert)
    fold = verbs.add_parser(
        "fold-head", help="write a copy of a Baichuan 2 model that engines for Baichuan 1 run"
    )
    fold.add_argument("model", metavar="MODEL", help=_MODEL_HELP)
    fold.set_defaults(run=_models_fold_head)
    _add_copy_options(fold)
    for verb in (listing, show, add, remove):
        verb.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--debug", action="store_true", help=_DEBUG_HELP)
    for verb in {*commands.choices.values(), *verbs.choices.values()}:
        # After the verb too, without taking back what stood before it.
        verb.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help=_DEBUG_HELP
        )
    return parser


_MODEL_HELP = "an id of `models list`, or the path of a checkpoint folder"
_DEBUG_HELP = "print where an error comes from"
_TOKENS_HELP = f"read at most so many tokens of the text; default: {DEFAULT_TOKENS}"
_OUT_HELP = "default: beside the model, named after it; of the guide, in your home folder"
_DEVICE_HELP = "auto, cpu, cuda, or one card such as cuda:1"
_THREADS_HELP = "default: the physical cores, fewer while other programs keep them busy"


def _path(text: str) -> Path:
    if not text:  # which a Path takes for the folder that one is in
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(text)


def _add_copy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=_path, metavar="FOLDER", help=_OUT_HELP)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
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
    machine = parser.add_argument_group("machine")
    machine.add_argument(
        "--precision",
        default="auto",
        metavar="P",
        help="auto, bf16, fp16, fp32, 8bit, 4bit, fp4; of an export: onnx-int4 and so on",
    )
    machine.add_argument("--device", default="auto", metavar="D", help=_DEVICE_HELP)
    machine.add_argument(
        "--prefer-speed", action="store_true", help="4 bits before 8 bits where 16 do not fit"
    )
    machine.add_argument(
        "--context-length", type=int, metavar="N", help="tokens, at most the model's"
    )
    machine.add_argument("--threads", type=int, metavar="N", help=_THREADS_HELP)

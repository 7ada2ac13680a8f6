"""`quality`: how far the precisions of a model are from the best one, as a table or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from backends.precision import name_of, parse_precision
from baichuan_desktop.cli.arguments import (
    Commands,
    add_adapter,
    add_device,
    add_json,
    add_model,
    add_threads,
    path,
)
from baichuan_desktop.cli.errors import print_refusal
from baichuan_desktop.cli.jobs import run_measurement
from baichuan_desktop.cli.library import adapter_json, adapter_of, model_store, print_adapter
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.services.admission.engines import job_engine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import PrecisionFailed
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.measuring.quality import (
    DEFAULT_TOKENS,
    LeanParts,
    PrecisionJudged,
    compared_precisions,
    leaner_precisions,
    quality_job,
    quality_texts,
)
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish


def add_to(commands: Commands) -> None:
    """Add `quality`."""
    parser = commands.add_parser(
        "quality", help="compare the precisions of a model on a text of yours"
    )
    parser.set_defaults(run=_run)
    add_model(parser)
    parser.add_argument(
        "--text",
        type=path,
        metavar="PATH",
        help="a UTF-8 file, or a folder of .txt and .md files; default: a sample in two languages",
    )
    parser.add_argument(
        "--precisions", default="all", metavar="P,…", help="separated by commas; default: all"
    )
    parser.add_argument(
        "--reference",
        default="auto",
        metavar="P",
        help="the precision to compare with; default: the best that fits",
    )
    parser.add_argument(
        "--tokens",
        type=int,
        default=DEFAULT_TOKENS,
        metavar="N",
        help=f"read at most so many tokens of the text; default: {DEFAULT_TOKENS}",
    )
    parts = parser.add_argument_group(
        "small cards",
        "hold parts of the model as on a card that is too small, in all but the reference",
    )
    parts.add_argument(
        "--embedding-on-host",
        action="store_true",
        help="the embedding in the machine's memory, which changes nothing",
    )
    parts.add_argument(
        "--head-in-8-bits", action="store_true", help="the output head in 8 bits instead of 16"
    )
    add_adapter(parser)
    add_device(parser)
    add_threads(parser)
    add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    """Compare, with progress on stderr, and print; Ctrl+C prints what there is until then."""
    paths = app_paths()
    measurements = Measurements(paths.measurements)
    store = model_store()
    model = store.model(arguments.model)
    adapter = adapter_of(store, arguments.adapter, model)
    texts = quality_texts(arguments.text, arguments.tokens)
    opened = Precisions(measurements).open(model)
    parts = LeanParts(arguments.embedding_on_host, arguments.head_in_8_bits)
    compared = leaner_precisions if parts.names else compared_precisions
    reference = parse_precision(arguments.reference)
    precisions = compared(
        arguments.precisions,
        opened,
        arguments.device,
        reference,
        with_adapter=adapter is not None,
    )
    folder = None if adapter is None else adapter.path
    wishes = [
        LoadWish(name, arguments.device, threads=arguments.threads, adapter=folder)
        for name in precisions
    ]
    job = quality_job(
        model,
        wishes,
        lambda: texts,
        measurements,
        paths.cache,
        max_tokens=arguments.tokens,
        parts=parts,
    )
    done = run_measurement(job, job_engine().run, PrecisionJudged)
    judged, failed = done.found, done.failed
    if arguments.json:
        print_json(_as_json(model.id, adapter, judged, failed))
    else:
        _print(judged)
        print_adapter(adapter, [one.ready for one in judged])
    for failure in failed:
        print_refusal(failure.precision, failure.error)
    if done.is_interrupted:
        raise KeyboardInterrupt
    return 1 if failed and len(judged) < 2 else 0  # the reference alone compares nothing


def _as_json(
    model_id: str,
    adapter: InstalledAdapter | None,
    judged: Sequence[PrecisionJudged],
    failed: Sequence[PrecisionFailed],
) -> dict[str, Any]:
    return {
        "model": model_id,
        "adapter": None if adapter is None else adapter_json(adapter),
        "compared": [
            {
                "precision": found.ready.precision,
                "backend": found.ready.backend,
                "device": found.ready.device_name,
                "embedding_on_host": found.parts.embedding_on_host,
                "head_in_8_bits": found.parts.head_in_8_bits,
                **found.quality.model_dump(mode="json"),
                "text_is_cut": found.is_cut,
            }
            for found in judged
        ],
        "failed": [{"precision": name_of(f.precision), "error": f.error.message} for f in failed],
    }


def _print(judged: Sequence[PrecisionJudged]) -> None:
    if not judged:
        return
    print_table(
        [_row(found) for found in judged],
        ("precision", "backend", "perplexity", "KL_divergence", "same_next_token"),
    )
    entry = judged[0].quality
    say(f"Scored on {entry.scored_tokens:,} tokens of “{entry.text}”.")
    if judged[0].is_cut:
        say("There is more text than that; --tokens N reads more of it.")
    say(f"KL divergence from {entry.reference}, in nats a token; 0 is no difference.")


def _row(found: PrecisionJudged) -> dict[str, Any]:
    entry = found.quality
    row = {
        "precision": ", ".join((found.ready.precision, *found.parts.names)),
        "backend": found.ready.backend,
        "perplexity": f"{entry.perplexity:,.{3 if entry.perplexity < 1000 else 0}f}",
        "KL_divergence": "reference",
        "same_next_token": "",
    }
    if entry.kl_divergence is not None and entry.top1_agreement is not None:
        row["KL_divergence"] = f"{entry.kl_divergence:.5f}"
        row["same_next_token"] = f"{100 * entry.top1_agreement:.1f} %"
    return row

"""`models verify` and `models override`: whether files are what they are known to be."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backends.errors import InvalidRequestError, SumsError, UserFacingError
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_json, path
from baichuan_desktop.cli.jobs import no_engine, run_job
from baichuan_desktop.cli.library import is_listed, listed_of, model_store
from baichuan_desktop.cli.tables import print_json, say
from baichuan_desktop.services.account import account
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.model_files.verifying import verify_job
from baichuan_desktop.services.library.integrity.making import listed_files
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.matching import match
from baichuan_desktop.services.library.integrity.sentences import confirmed, summary
from baichuan_desktop.services.library.integrity.sums import read_sums
from baichuan_desktop.services.library.integrity.values import KnownHash, Verification
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore


def add_to(verbs: Commands) -> None:
    """Add `verify` and `override`."""
    verify = verbs.add_parser(
        "verify",
        help="read all files of models and adapters, and say which are not what they should be",
    )
    verify.add_argument(
        "models", nargs="*", metavar="ID", help="a model or an adapter on this machine, or a folder"
    )
    verify.add_argument("--all", action="store_true", help="verify every listed model and adapter")
    verify.add_argument(
        "--against",
        type=path,
        metavar="FILE",
        help="compare with a list that sha256sum wrote, too",
    )
    verify.set_defaults(run=_verify)
    override = verbs.add_parser(
        "override", help="have a model load although verifying it failed, until its files change"
    )
    override.add_argument("id", metavar="ID")
    override.add_argument(
        "--dry-run", action="store_true", help="say what is wrong with it, and change nothing"
    )
    override.set_defaults(run=_override)
    for verb in (verify, override):
        add_json(verb)


def _verify(arguments: argparse.Namespace) -> int:
    """Verify models; 1 if one of them failed, or could not be verified."""
    store = model_store()
    manifests = ManifestStore(app_paths().manifests)
    sums = None if arguments.against is None else read_sums(arguments.against)
    rows: list[dict[str, Any]] = []
    is_failed = False
    for model, listed in _chosen(store, arguments.models, is_all=arguments.all):
        try:
            stated = None
            if sums is not None:
                stated = _stated(arguments.against, sums, model, manifests)
            job = verify_job(manifests, model, is_listed=listed, against=stated)
            result = run_job(job, no_engine)
        except UserFacingError as error:
            if not arguments.all and len(arguments.models) == 1:
                raise
            is_failed = True
            say(f"{model.id}: {error.message} {error.hint}".rstrip(), sys.stderr)
            continue
        if result is None:
            raise KeyboardInterrupt
        assert isinstance(result.found, Verification)
        is_failed |= result.found.has_failed
        rows.append(_row(model, result.found))
        if not arguments.json:
            _print(model, result.found)
    if arguments.json:
        print_json(rows)
    return 1 if is_failed else 0


def _chosen(
    store: ModelStore, names: Sequence[str], *, is_all: bool
) -> Sequence[tuple[Listed, bool]]:
    """The models and adapters to verify, exports of theirs too, and whether each is listed.

    Raises InvalidRequestError, UnknownModelError.
    """
    if is_all == bool(names):
        raise InvalidRequestError(
            "Which models are verified is not said: name them, or give --all.",
            hint="In the terminal, “baichuan-desktop models list” shows every id.",
        )
    asked: list[Listed] = [*store.models, *store.adapters]
    if not is_all:
        asked = [listed_of(store, name) for name in names]
    found: dict[str, tuple[Listed, bool]] = {
        one.id: (one, is_all or is_listed(store, one)) for one in asked
    }
    for one in asked:
        found |= {export.id: (export, True) for export in store.exports_of(one.id)}
    return list(found.values())


def _stated(
    file: Path, sums: Mapping[str, str], model: Listed, manifests: ManifestStore
) -> Mapping[str, KnownHash]:
    """What a list says of a model's files. Raises SumsError where it names none of them."""
    kept = manifests.read(model.id)
    names = {*listed_files(model), *(kept.files if kept is not None else ())}
    matched = match(sums, model, names, file.name)
    if not matched.count:
        raise SumsError(file, "names none of the model's files")
    return matched.stated


def _row(model: Listed, found: Verification) -> dict[str, Any]:
    return {
        "id": model.id,
        "path": str(model.path),
        "when": found.when.isoformat(timespec="seconds"),
        "failed": found.has_failed,
        "faults": [
            {
                "name": one_line(fault.name),
                "fault": fault.fault.value,
                "serious": fault.is_serious,
                "against": fault.against.value if fault.against else None,
                "sentence": str(fault.sentence),
            }
            for fault in found.faults
        ],
        "checked": {origin.value: count for origin, count in found.checked.items()},
        "files": found.files,
        "new": found.new,
        "bytes_read": found.bytes_read,
        "stamp": found.stamp,
    }


def _print(model: Listed, found: Verification) -> None:
    say(str(summary(model.shown_name.en, found)))
    for fault in found.faults:
        say(f"  {fault.sentence}")
    for sentence in confirmed(found.checked):
        say(f"  {sentence}")


def _override(arguments: argparse.Namespace) -> int:
    """Remember that a model is to be loaded all the same."""
    model = listed_of(model_store(), arguments.id)
    manifests = ManifestStore(app_paths().manifests)
    found = manifests.failed(model.id)
    if not arguments.dry_run:
        manifests.override(model.id, account())
    if arguments.json:
        print_json(_row(model, found) | {"overridden": not arguments.dry_run})
        return 0
    _print(model, found)
    if not arguments.dry_run:
        print(one_line(f"{model.id} loads all the same, until its files change"))
    return 0

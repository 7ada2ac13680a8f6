"""`models hashes`: the hashes of a model's files, and what a site's list says of them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backends.errors import IntegrityError, InvalidRequestError, SumsError, system_reason
from backends.files.plain_file import begin_anew
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_json, path
from baichuan_desktop.cli.jobs import no_engine, run_job
from baichuan_desktop.cli.library import is_listed, listed_of, model_store
from baichuan_desktop.cli.tables import print_json, say
from baichuan_desktop.console import unguarded
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.model_files.verifying import verify_job
from baichuan_desktop.services.library.integrity.making import first_manifest, listed_files
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.matching import Matched, is_named_by, match
from baichuan_desktop.services.library.integrity.sums import read_sums, write_sums
from baichuan_desktop.services.library.integrity.values import Manifest, Verification
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore

_IMPORT, _FORGET = "import", "forget"


def add_to(verbs: Commands) -> None:
    """Add `hashes`."""
    hashes = verbs.add_parser(
        "hashes",
        usage="%(prog)s ID [--out FILE] | %(prog)s import FILE [ID] [--dry-run] | "
        "%(prog)s forget ID",
        help="the SHA-256 of a model's files as sha256sum prints it, or a list that it must match",
        description="Prints the SHA-256 of a model's files, for “sha256sum -c”. With “import”, "
        "remembers what a list that sha256sum wrote says of one model or of all; verifying "
        "compares with it from then on. With “forget”, takes that back.",
    )
    hashes.add_argument("id", metavar="ID", help="a listed model; or the word “import” or “forget”")
    hashes.add_argument(
        "operands", nargs="*", metavar="FILE [ID]", help="of “import”; of “forget” the ID alone"
    )
    hashes.add_argument("--out", type=path, metavar="FILE", help="write the list there")
    hashes.add_argument(
        "--dry-run", action="store_true", help="with “import”: say what matches, change nothing"
    )
    hashes.set_defaults(run=_run)
    add_json(hashes)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.id == _IMPORT:
        if arguments.out is not None or len(arguments.operands) not in (1, 2):
            raise InvalidRequestError("“models hashes import” takes a file, and a model or none.")
        return _import(arguments)
    if arguments.id == _FORGET:
        if arguments.out is not None or arguments.dry_run or len(arguments.operands) != 1:
            raise InvalidRequestError("“models hashes forget” takes a model.")
        return _forget(arguments)
    if arguments.dry_run or arguments.operands:
        raise InvalidRequestError(
            "“models hashes” takes one model, or the word “import” or “forget”."
        )
    return _print(arguments)


def _print(arguments: argparse.Namespace) -> int:
    """Print the hashes of a model; 1 if its files are not what they should be."""
    model = _listed(model_store(), arguments.id)
    manifests = ManifestStore(app_paths().manifests)
    manifest = manifests.read(model.id)
    failed = None
    if manifest is None or any(one.sha256 is None for one in manifest.files.values()):
        result = run_job(verify_job(manifests, model), no_engine)  # which reads them
        if result is None:
            raise KeyboardInterrupt
        assert isinstance(result.found, Verification)
        failed = result.sentence if result.found.has_failed else None
        manifest = manifests.read(model.id)
    assert manifest is not None
    if arguments.json:
        print_json({"id": model.id, "files": _facts(manifest)})
    else:
        _write(write_sums(manifest), arguments.out)
    if failed is not None:
        say(str(failed), sys.stderr)
        return 1
    return 0


def _listed(store: ModelStore, name: str) -> Listed:
    """The listed model, or adapter, of this name. Raises InvalidRequestError for another folder."""
    model = listed_of(store, name)
    if not is_listed(store, model):
        raise InvalidRequestError(
            "“{name}” is not listed, and hashes are kept of listed models.",
            hint="List it: baichuan-desktop models add FOLDER.",
            name=name,
        )
    return model


def _facts(manifest: Manifest) -> Mapping[str, Any]:
    return {
        one_line(name): {
            "size": record.size,
            "sha256": record.sha256,
            "known": [
                {
                    "origin": known.origin.value,
                    "source": known.source,
                    "sha256": known.sha256,
                    "git_sha1": known.git_sha1,
                    "since": known.since.isoformat(timespec="seconds") if known.since else None,
                }
                for known in record.known
            ],
        }
        for name, record in sorted(manifest.files.items())
    }


def _write(text: str, out: Path | None) -> None:
    """Write a list; a name in it may be bytes that are no text. Raises IntegrityError."""
    if out is None:
        stream = unguarded(sys.stdout)
        if stream.isatty():
            print(text, end="")
        else:
            stream.flush()
            stream.buffer.write(os.fsencode(text))
            stream.flush()
        return
    try:
        with begin_anew(out) as file:
            file.write(os.fsencode(text))
    except (OSError, ValueError) as error:
        raise IntegrityError(
            "“{file}” cannot be written: {reason}.",
            file=str(out),
            reason=Phrase("{text}", text=system_reason(error)),
        ) from error


def _import(arguments: argparse.Namespace) -> int:
    """Remember what a list says, and tell which of its files are not there."""
    file = path(arguments.operands[0])
    sums = read_sums(file)
    store, manifests = model_store(), ManifestStore(app_paths().manifests)
    models: Sequence[Listed]
    if len(arguments.operands) == 2:
        models = [_listed(store, arguments.operands[1])]
    else:
        listed: Sequence[Listed] = [*store.models, *store.adapters]
        models = [one for one in listed if is_named_by(sums, one)]
        if not models:
            raise SumsError(file, "does not say in its paths which model it is of")
    rows = []
    for model in models:
        files = listed_files(model)
        matched = match(sums, model, files, file.name)
        if not matched.count:
            raise SumsError(file, "names none of the model's files")
        if not arguments.dry_run:
            _remember(manifests, model, matched)
        missing = sorted(name for name in matched.stated if name not in files)
        rows.append({"id": model.id, "matched": matched.count, "missing": missing})
        if not arguments.json:
            of = f"{matched.count} of its {len(files)} files"
            print(one_line(f"{model.id}: the list names {of}"))
            for name in missing:
                print(one_line(f"  “{name}” is in the list, and not there"))
    if arguments.json:
        print_json(rows)
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    """Take back what a list said of a model: it may have been another model's."""
    model = _listed(model_store(), arguments.operands[0])
    count = ManifestStore(app_paths().manifests).state(model.id, {})
    if arguments.json:
        print_json({"id": model.id, "forgotten": count})
    else:
        print(one_line(f"{model.id}: what a list said of {count} of its files is forgotten"))
    return 0


def _remember(manifests: ManifestStore, model: Listed, matched: Matched) -> None:
    kept = manifests.read(model.id)
    if kept is None or kept.folder != model.path:
        manifests.write(first_manifest(model))
    manifests.state(model.id, matched.stated)

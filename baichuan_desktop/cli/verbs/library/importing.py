"""`models import`, `models unfinished` and `models folders`: models brought into the library."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.errors import InvalidRequestError
from backends.files.plain_file import absolute_path
from backends.files.small_files import is_folder
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_json, path
from baichuan_desktop.cli.jobs import no_engine, run_job
from baichuan_desktop.cli.library import listed_json, print_notes, store_to_list_in
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.model_files.importing import import_job
from baichuan_desktop.services.library.adapters.details import details
from baichuan_desktop.services.library.importing.model_folders import model_folders, with_folder
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.unfinished import (
    discard,
    resume_plan,
    unfinished,
)
from baichuan_desktop.services.library.importing.values import (
    ImportPlan,
    ModelFolder,
    Resumed,
    Unfinished,
    Way,
)
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.store import ModelStore, notes
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.services.sizes import size_text

_DOES = {Way.LINK: "Lists", Way.COPY: "Copies", Way.MOVE: "Moves"}


def add_to(verbs: Commands) -> None:
    """Add `import`, `unfinished` and `folders`."""
    bring = verbs.add_parser(
        "import", help="bring a model or adapter into the library, or list it in place"
    )
    bring.add_argument("folder", type=path, metavar="FOLDER")
    ways = bring.add_mutually_exclusive_group(required=True)
    for way, what in (
        (Way.COPY, "copy it into a model folder; the source stays"),
        (Way.MOVE, "take it away from where it lies, once the copy is whole"),
        (Way.LINK, "list it where it lies; nothing is copied"),
    ):
        ways.add_argument(f"--{way.value}", dest="way", action="store_const", const=way, help=what)
    bring.add_argument(
        "--to", type=path, metavar="FOLDER", help="default: the first one of `models folders`"
    )
    bring.add_argument(
        "--base",
        metavar="MODEL",
        help="it is an adapter for this model; default: as it says",
    )
    bring.add_argument("--name", metavar="NAME", help="what it is called in the list")
    bring.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    bring.set_defaults(run=_import)
    halves = verbs.add_parser("unfinished", help="imports that were ended on their way")
    choice = halves.add_mutually_exclusive_group()
    choice.add_argument("--resume", metavar="NAME", help="go on with this one")
    choice.add_argument("--discard", metavar="NAME", help="take away what there is of this one")
    halves.set_defaults(run=_unfinished)
    folders = verbs.add_parser("folders", help="the folders that imports go into")
    choice = folders.add_mutually_exclusive_group()
    choice.add_argument(
        "--add", type=path, metavar="FOLDER", help="have imports go into this one from now on"
    )
    choice.add_argument(
        "--remove", type=path, metavar="FOLDER", help="offer it no more; what is in it stays"
    )
    folders.set_defaults(run=_folders)
    for verb in (bring, halves, folders):
        add_json(verb)


# --- import ------------------------------------------------------------------------------


def _import(arguments: argparse.Namespace) -> int:
    store = store_to_list_in()
    settings = SettingsFile(app_paths().settings)
    folder = _absolute(arguments.to) if arguments.to else _offered(settings)[0].folder
    away = {one.folder for one in _offered(settings) if one.free_bytes is None}
    if arguments.way is not Way.LINK and folder in away:
        raise InvalidRequestError(
            "The model folder “{folder}” is not there now.",
            hint="Connect its drive, or name another folder with --to.",
            folder=str(folder),
        )
    plan = plan_import(
        store,
        arguments.folder,
        arguments.way,
        folder,
        name=arguments.name,
        base=arguments.base,
    )
    if arguments.dry_run:
        _print_plan(plan, as_json=arguments.json)
        return 0
    if arguments.to and plan.way is not Way.LINK:  # where what is left of it is looked for
        chosen = settings.current.model_folders or (app_paths().model_folder,)
        _keep(settings, (*chosen, folder))
    return _run(store, plan, as_json=arguments.json)


def _run(store: ModelStore, plan: ImportPlan, *, as_json: bool) -> int:
    """Do it; Ctrl+C keeps what is copied."""
    job = import_job(store, ManifestStore(app_paths().manifests), plan)
    if job.pause is not None:
        job.pause.wanted.set()
    resumed: list[Resumed] = []

    def hear(event: object) -> None:
        if isinstance(event, Resumed):
            resumed.append(event)

    result = run_job(job, no_engine, hear)
    if result is None:
        raise KeyboardInterrupt
    model = result.found
    assert isinstance(model, InstalledModel | InstalledAdapter)
    if isinstance(model, InstalledAdapter):
        kind = f"an adapter for {model.base}"
        said: Sequence[Phrase] = details(model.path).notes
    else:
        kind = f"{model.family}, {model.kind}"
        said = notes(model.path)
    if as_json:
        facts: dict[str, Any] = {"imported": model.path == plan.target}
        if resumed:
            facts["kept_bytes"] = resumed[0].kept_bytes
            facts["read_again_bytes"] = resumed[0].read_again_bytes
        print_json(listed_json(model) | {"notes": list(map(str, said))} | facts)
        return 0
    say(str(result.sentence))
    print(one_line(f"{model.id}: {model.shown_name.en} ({kind}) at {model.path}"))
    for one in plan.left_out if model.path == plan.target else ():
        say(f"Left out: {one_line(one.name)}: {one.why}")
    print_notes(said)
    return 0


def _print_plan(plan: ImportPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "way": plan.way.value,
                "source": str(plan.source),
                "target": str(plan.target),
                "files": [one.name for one in plan.files],
                "bytes": plan.total_bytes,
                "needed_bytes": plan.needed_bytes,
                "free_bytes": plan.free_bytes,
                "kept_bytes": plan.kept_bytes,
                "renamed": plan.is_renamed,
                "left_out": {one.name: str(one.why) for one in plan.left_out},
                "listed_as": plan.same_as.id if plan.same_as else None,
                "compared_with": [model.id for model in plan.compared_with],
            }
        )
        return
    size = f"{len(plan.files)} files, {size_text(plan.total_bytes)}"
    say(one_line(f"{_DOES[plan.way]} {size}: {plan.source} to {plan.target}"))
    if plan.way is Way.LINK:
        if plan.same_as is not None:
            print(f"it is listed already, as {plan.same_as.id}")
        return
    if plan.is_renamed:
        print("on one drive, so nothing is copied")
    else:
        needed, free = size_text(plan.needed_bytes), size_text(plan.free_bytes)
        print(f"needs {needed} of {free} that are free")
    if plan.kept_bytes:
        print(f"goes on: {size_text(plan.kept_bytes)} are there already")
    for model in plan.compared_with:
        print(f"weights of the same sizes: {model.id}; if they are the same, nothing is copied")
    for one in plan.left_out:
        say(f"left out: {one_line(one.name)}: {one.why}")


# --- what was ended, and where models go ---------------------------------------------------


def _unfinished(arguments: argparse.Namespace) -> int:
    offered = _offered(SettingsFile(app_paths().settings))
    found = unfinished([one.folder for one in offered])
    if arguments.resume is not None:
        plan = resume_plan(_named(arguments.resume, found))
        return _run(store_to_list_in(), plan, as_json=arguments.json)
    if arguments.discard is not None:
        one = _named(arguments.discard, found)
        discard(one)
        found = [other for other in found if other is not one]
    rows = [
        {
            "name": one.name,
            "way": one.way.value,
            "source": str(one.source),
            "target": str(one.target),
            "done_bytes": one.done_bytes,
            "total_bytes": one.total_bytes,
            "whole": one.is_whole,
        }
        for one in found
    ]
    if arguments.json:
        print_json(rows)
    elif rows:
        shown = [
            {**row, "done": size_text(one.done_bytes), "size": size_text(one.total_bytes)}
            for row, one in zip(rows, found, strict=True)
        ]
        print_table(shown, ("name", "way", "done", "size", "source"))
    else:
        print("No import was ended on its way.")
    return 0


def _named(name: str, found: Sequence[Unfinished]) -> Unfinished:
    """The unfinished import of a name, or of the path of its target."""
    for one in found:
        if name in (one.name, str(one.target), str(one.partial)):
            return one
    raise InvalidRequestError(
        "No import called “{name}” was ended on its way.",
        hint="“baichuan-desktop models unfinished” lists those that were.",
        name=name,
    )


def _folders(arguments: argparse.Namespace) -> int:
    settings = SettingsFile(app_paths().settings)
    chosen = settings.current.model_folders
    if arguments.add is not None:
        folder = _absolute(arguments.add)
        if not is_folder(folder):
            raise InvalidRequestError(
                "“{folder}” is no folder.", hint="Make it first.", folder=str(folder)
            )
        _keep(settings, with_folder(chosen, folder))
    elif arguments.remove is not None:
        folder = _absolute(arguments.remove)
        if folder not in chosen:
            raise InvalidRequestError(
                "“{folder}” is none of the folders that were added.", folder=str(folder)
            )
        _keep(settings, [one for one in chosen if one != folder])
    offered = _offered(settings)
    rows = [
        {"folder": str(one.folder), "free_bytes": one.free_bytes, "default": one.is_default}
        for one in offered
    ]
    if arguments.json:
        print_json(rows)
    else:
        shown = [
            {**row, "free": "not here" if one.free_bytes is None else size_text(one.free_bytes)}
            for row, one in zip(rows, offered, strict=True)
        ]
        print_table(shown, ("folder", "free", "default"))
    return 0


def _offered(settings: SettingsFile) -> Sequence[ModelFolder]:
    return model_folders(settings.current.model_folders, app_paths().model_folder)


def _keep(settings: SettingsFile, folders: Sequence[Path]) -> None:
    """Remember the folders. Raises InvalidRequestError where that cannot be written."""
    settings.change(model_folders=tuple(dict.fromkeys(folders)))
    if settings.unkept is not None:
        raise InvalidRequestError(
            "The model folders cannot be remembered: {reason}.", reason=settings.unkept
        )


def _absolute(folder: Path) -> Path:
    try:
        return absolute_path(folder.expanduser())
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidRequestError("“{folder}” is no folder.", folder=str(folder)) from error

"""`models get`: how somebody without weights gets a released model. Nothing is downloaded here."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from backends.errors import in_gib
from backends.machine import hardware
from backends.printable import printable
from baichuan_desktop.cli.arguments import Commands, add_json
from baichuan_desktop.cli.library import model_store
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.services.getting.values import ExpectedFile, Getting, PrecisionHere, Use
from baichuan_desktop.services.getting.ways import ways_to_get
from baichuan_desktop.services.sizes import size_text

_USES = {
    Use.NEEDED: "needed",
    Use.READ: "read where it is there",
    Use.LICENCE: "the licence",
    Use.UNUSED: "code, which is never run and may be left out",
}


def add_to(verbs: Commands) -> None:
    """Add `get`."""
    parser = verbs.add_parser(
        "get", help="how to get a released model, by commands for a machine with a network"
    )
    parser.add_argument(
        "id",
        nargs="?",
        metavar="RELEASED",
        help="the id of a released model; without one, all are listed",
    )
    parser.set_defaults(run=_run)
    add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    store = model_store()
    machine = hardware.detect()
    if arguments.id is None:
        released = [ways_to_get(one, machine) for one in store.variants if not one.bundled]
        if arguments.json:
            print_json([_json(one) for one in released])
        else:
            print_table([_row(one) for one in released], ("id", "name", "on_disk", "runs_here"))
            say("“baichuan-desktop models get ID” shows how to get one.")
        return 0
    getting = ways_to_get(store.variant(arguments.id), machine)
    if arguments.json:
        print_json(_json(getting))
    else:
        for line in _lines(getting):
            say(printable(line))
    return 0


def _row(getting: Getting) -> dict[str, Any]:
    chosen = next((row for row in getting.memory if row.is_chosen), None)
    return {
        "id": getting.variant.id,
        "name": getting.variant.name.en,
        "on_disk": size_text(getting.disk_bytes),
        "runs_here": f"yes, in {chosen.precision.label}" if chosen else "no",
    }


def _lines(getting: Getting) -> Iterator[str]:
    variant = getting.variant
    yield f"{variant.name.en} ({variant.id})"
    yield f"On disk: {size_text(getting.disk_bytes)}"
    yield "\nMemory on this machine:"
    yield from map(_memory_line, getting.memory)
    yield f"\nLicence: {getting.licence.name}"
    yield f"Read it: baichuan-desktop models licence {variant.id}"
    if variant.bundled:
        yield "\nIt ships with the app and is here already."
        return
    if not getting.ways:
        yield "\nNo place is known where it was published."
    else:
        yield "\nThis app never connects. On a machine with a network, one of these:"
    for way in getting.ways:
        yield f"\n  {way.site.value}, with {way.tool.value}:"
        for line in way.lines:
            yield f"    {line}"
    yield "\nThe folder must then hold:"
    yield from map(_file_line, getting.files)
    yield "\nBring the folder here, on a drive or a share. Then it is found by:"
    yield "  baichuan-desktop models find FOLDER"


def _memory_line(row: PrecisionHere) -> str:
    mark = "*" if row.is_chosen else " "
    return f"  {mark} {row.precision.label:<11} {row.sentence}"


def _file_line(file: ExpectedFile) -> str:
    names = " or ".join((file.name, " with ".join(file.others))) if file.others else file.name
    size = ""
    if file.size is not None:
        size = f", {'at least ' if file.is_least else ''}{file.size:,} bytes"
        if in_gib(file.size) >= 1:
            size += f" ({size_text(file.size)})"
    return f"  {names}{size}: {_USES[file.use]}"


def _json(getting: Getting) -> dict[str, Any]:
    return {
        "id": getting.variant.id,
        "name": getting.variant.name.model_dump(),
        "disk_bytes": getting.disk_bytes,
        "bundled": getting.variant.bundled,
        "folder_name": getting.folder_name,
        "licence": {
            "name": getting.licence.name,
            "text": getting.licence.text,
            "text_zh": getting.licence.text_zh,
            "sha256": getting.licence.sha256,
        },
        "memory": [
            {
                "precision": row.precision.value,
                "backend": row.backend.value,
                "device": row.device_kind.value,
                "device_name": row.device_name,
                "needed_bytes": row.needed_bytes,
                "host_bytes": row.host_bytes,
                "runs": row.runs,
                "chosen": row.is_chosen,
                "sentence": str(row.sentence),
            }
            for row in getting.memory
        ],
        "ways": [
            {
                "site": way.site.value,
                "tool": way.tool.value,
                "revision": way.revision,
                "lines": list(way.lines),
            }
            for way in getting.ways
        ],
        "files": [{**asdict(file), "use": file.use.value} for file in getting.files],
    }

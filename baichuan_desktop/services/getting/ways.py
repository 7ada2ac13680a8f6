"""How to get a released model: what it takes, under which licence, and by which commands."""

from __future__ import annotations

from backends.machine import hardware
from backends.machine.hardware import Machine
from baichuan_desktop.services.getting.commands import folder_name, ways
from baichuan_desktop.services.getting.expected_files import expected_files
from baichuan_desktop.services.getting.memory_here import memory_here
from baichuan_desktop.services.getting.values import Getting
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.licences.texts import registry_text


def ways_to_get(variant: Variant, machine: Machine | None = None) -> Getting:
    """What to tell of a variant; `machine` is this one, which is looked at, unless one is given.

    Not for the window's thread.
    """
    folder = folder_name(variant.sources, variant.id)
    return Getting(
        variant=variant,
        disk_bytes=variant.weights_bytes,
        memory=memory_here(variant, machine or hardware.detect()),
        licence=registry_text(variant.licence),
        ways=ways(variant.sources, folder),
        files=expected_files(variant),
        folder_name=folder,
    )

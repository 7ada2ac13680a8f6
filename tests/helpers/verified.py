"""A model that is verified, and what came of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from baichuan_desktop.services.library.integrity.values import (
    Fault,
    KnownHash,
    Manifest,
    Verification,
    Verified,
)
from baichuan_desktop.services.library.integrity.verifying import verify
from baichuan_desktop.services.library.registry import InstalledModel, Listed
from tests.helpers import goldens
from tests.helpers.installed import installed


def model_in(folder: Path, layout: str = "safetensors") -> InstalledModel:
    """A small model with a licence and a page, copied to `folder`."""
    shutil.copytree(goldens.folder("b2-7b", layout), folder)
    (folder / "LICENSE").write_text("Do good.\n", encoding="utf-8")
    (folder / "README.md").write_text("# Baichuan 2\n", encoding="utf-8")
    return replace(installed(folder), id="small")


def verified(
    model: Listed,
    manifest: Manifest | None = None,
    against: Mapping[str, KnownHash] | None = None,
) -> Verified:
    """What verifying a model gives in the end."""
    *_, last = verify(model, manifest, threading.Event(), against)
    assert isinstance(last, Verified)
    return last


def faults(verification: Verification) -> dict[str, Fault]:
    """What is wrong, by name of the file."""
    return {fault.name: fault.fault for fault in verification.faults}

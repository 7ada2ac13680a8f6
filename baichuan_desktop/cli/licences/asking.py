"""Asks at a terminal whether a licence is accepted, before a model is first loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from backends.policy.site_policy import site_policy
from backends.printable import one_line
from baichuan_desktop.cli.licences.showing import print_licences
from baichuan_desktop.cli.tables import say
from baichuan_desktop.cli.text_input import NotUtf8Error, typed_line
from baichuan_desktop.services.account import account
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.requirement import open_texts
from baichuan_desktop.services.licences.values import LicenceText

_QUESTION = "Do you accept this? [y/N] "
_YES = ("y", "yes", "是")


def acceptances() -> Acceptances:
    """What was accepted by this person."""
    return Acceptances(app_paths().licences)


def is_accepted_now(store: ModelStore, model: InstalledModel) -> bool:
    """Show what is to be accepted before `model` is loaded, and whether the person accepts it.

    Where nobody can answer, nothing is shown. Raises AcceptanceNotKeptError, PolicyFileError.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    kept = acceptances()
    texts = open_texts(store, model, site_policy(), kept)
    say(f"Before {one_line(model.shown_name.en)} is loaded, its licence must be accepted.\n")
    print_licences(texts)
    if not _says_yes():
        return False
    accept(texts, model, kept)
    return True


def accept(texts: Sequence[LicenceText], model: InstalledModel, kept: Acceptances) -> None:
    """Write down that the person at the terminal accepts texts. Raises AcceptanceNotKeptError."""
    user = account()
    for text in texts:
        kept.accept(text, model.id, user)


def _says_yes() -> bool:
    try:
        return typed_line(_QUESTION).strip().lower() in _YES
    except (EOFError, NotUtf8Error):
        return False

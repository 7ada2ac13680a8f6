"""A person who has accepted what comes with every released model."""

from __future__ import annotations

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.texts import registry_text


def accept_released() -> None:
    """Accept the licence of each released model, as the registry tells it."""
    acceptances = Acceptances(app_paths().licences)
    texts = {
        one.licence.name: registry_text(one.licence) for one in ModelStore(app_paths()).variants
    }
    for text in texts.values():
        acceptances.accept(text, "a-model", "somebody")

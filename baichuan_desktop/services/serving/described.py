"""What programs are told of a model of this machine, whoever serves it."""

from __future__ import annotations

import datetime

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.serving.values import ServedModel


def described(
    model: InstalledModel, *, is_chat: bool, context_length: int, is_loaded: bool = False
) -> ServedModel:
    """The model as it is listed for programs; its name is in English."""
    added = 0.0
    if model.added is not None:
        added = datetime.datetime.fromisoformat(model.added).timestamp()
    return ServedModel(
        model.id,
        model.shown_name.en,
        is_chat,
        context_length,
        round(added),
        is_loaded,
        model.prompt_turns,
    )

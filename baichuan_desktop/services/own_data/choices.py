"""Which settings of a backup are taken: what was not chosen here, or all if that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from baichuan_desktop.services.settings import Settings

#: What is of one machine alone: where things lie, what was open there, what it was told.
_OF_A_MACHINE: Final = frozenset(
    {
        "cards_told",
        "input_method_told",
        "models_offered",
        "open_conversation",
        "server_needs_key",
        "server_port",
        "unfolded",
        "window_size",
    }
)
#: What has conversations or backups deleted: taken only where that is asked for.
_DELETING: Final = frozenset({"backup_hours", "backups_kept", "keep_days"})


def changes(
    ours: Settings,
    theirs: Settings,
    *,
    is_taken: bool,
    is_folder: Callable[[Path], bool],
) -> Mapping[str, object]:
    """The fields that become others, by name.

    Lists are united, and what is said of a folder is added to what is said of others.

    Args:
        ours: What is chosen here.
        theirs: What a backup has.
        is_taken: Where both chose, theirs holds.
        is_folder: Whether a folder for models is here.
    """
    found: dict[str, object] = {}
    for name in theirs.model_fields_set - _OF_A_MACHINE - (frozenset() if is_taken else _DELETING):
        own, other = getattr(ours, name), getattr(theirs, name)
        wanted: object
        match own, other:
            case dict(), dict():
                wanted = own | other if is_taken else other | own
            case frozenset(), frozenset():
                wanted = own | other
            case tuple(), tuple() if name == "model_folders":
                wanted = (*own, *(one for one in other if one not in own and is_folder(one)))
            case _:
                wanted = other if is_taken or name not in ours.model_fields_set else own
        if wanted != own:
            found[name] = wanted
    return found

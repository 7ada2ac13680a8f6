"""What can be done with a row: one place decides, for buttons, menus and keys."""

from __future__ import annotations

from enum import Enum

from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.rows.values import AdapterRow, ReleasedRow, Row
from baichuan_desktop.services.library.states import Condition


class Action(Enum):
    """What a person can ask for, in the order in which it is offered."""

    LOAD = "load"  #: of an adapter: answer with it
    GET = "get"
    FIND = "find"
    RENAME = "rename"
    OPEN_FOLDER = "open-folder"
    COPY_PATH = "copy-path"
    VERIFY = "verify"
    REMOVE = "remove"


def actions_of(row: Row) -> tuple[Action, ...]:
    """What is offered for a row. A damaged model may be asked for: loading it says what is wrong.

    The model that ships with the app is a part of it, and an administrator's entry is theirs.
    """
    if isinstance(row, ReleasedRow):
        return (Action.GET, Action.FIND)
    is_away = row.condition is not None and row.condition.is_away
    is_usable = not is_away and row.condition is not Condition.UNFINISHED
    is_bundled = False
    if isinstance(row, AdapterRow):
        is_own = row.adapter.layer is RegistryLayer.USER
        is_usable = is_usable and row.base is not None
    else:
        is_own = row.model.layer is RegistryLayer.USER
        is_bundled = row.model.bundled
    offered = (
        (Action.LOAD, is_usable),
        (Action.FIND, is_away),
        (Action.RENAME, not is_bundled and is_own),
        (Action.OPEN_FOLDER, not is_away),
        (Action.COPY_PATH, not is_bundled),
        (Action.VERIFY, not is_away),
        (Action.REMOVE, not is_bundled and is_own),
    )
    return tuple(action for action, holds in offered if holds)

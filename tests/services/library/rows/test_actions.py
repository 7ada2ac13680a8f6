from __future__ import annotations

from dataclasses import replace

import pytest

from baichuan_desktop.services.library.registry import Registry
from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.rows.actions import Action, actions_of
from baichuan_desktop.services.library.rows.values import ModelRow, ReleasedRow
from baichuan_desktop.services.library.states import Condition
from tests.helpers.library import listed, seen

ALL = (
    Action.LOAD, Action.RENAME, Action.OPEN_FOLDER, Action.COPY_PATH, Action.VERIFY, Action.REMOVE,
)  # fmt: skip
AWAY = (Action.FIND, Action.RENAME, Action.COPY_PATH, Action.REMOVE)


@pytest.mark.parametrize(
    ("condition", "offered"),
    [
        (None, ALL),  # nobody has looked yet: what is not there says so when it is asked for
        (Condition.PRESENT, ALL),
        (Condition.CHANGED, ALL),
        (Condition.DAMAGED, ALL),  # loading it says what is wrong, and may be insisted on
        (Condition.UNREADABLE, ALL),
        (Condition.UNFINISHED, ALL[1:]),
        (Condition.GONE, AWAY),
        (Condition.DRIVE_ABSENT, AWAY),
    ],
)
def test_what_is_offered_depends_on_the_state(
    condition: Condition | None, offered: tuple[Action, ...]
) -> None:
    row = ModelRow(listed("one"), looked=seen(condition) if condition else None)

    assert actions_of(row) == offered


@pytest.mark.parametrize("condition", [None, *Condition])
def test_a_part_of_the_app_and_an_administrators_entry_are_neither_renamed_nor_removed(
    condition: Condition | None,
) -> None:
    for model in (
        replace(listed("guide"), bundled=True),
        replace(listed("site"), layer=RegistryLayer.SITE),
        replace(listed("shipped"), layer=RegistryLayer.SHIPPED),
    ):
        offered = actions_of(ModelRow(model, looked=seen(condition) if condition else None))

        assert not {Action.RENAME, Action.REMOVE} & set(offered)


def test_a_released_model_can_be_got_or_found(shipped: Registry) -> None:
    assert actions_of(ReleasedRow(shipped.variants[0])) == (Action.GET, Action.FIND)

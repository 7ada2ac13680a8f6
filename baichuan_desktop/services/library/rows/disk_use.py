"""How much of each drive the models take that are shown."""

from __future__ import annotations

from collections.abc import Sequence

from baichuan_desktop.services.library.folders.disk_use import DriveUse, Taken, by_drive
from baichuan_desktop.services.library.folders.drives import DriveSpace
from baichuan_desktop.services.library.rows.values import ModelRow, Row
from baichuan_desktop.services.library.states import Condition


def disk_use(rows: Sequence[Row]) -> list[DriveUse]:
    """Each drive that models lie on, as far as they were looked at, with their exports."""
    taken = (_taken(row) for row in rows if isinstance(row, ModelRow))
    return by_drive(one for one in taken if one is not None)


def _taken(row: ModelRow) -> Taken | None:
    if row.drive is None:
        return None
    looked = row.looked
    if looked is None:
        return Taken(DriveSpace(row.drive, None, None), {})
    return Taken(
        looked.drive or DriveSpace(row.drive, None, None),
        {**(looked.state.sizes or {}), **looked.exports},
        row.condition is Condition.DRIVE_ABSENT,
    )

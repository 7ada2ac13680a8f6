from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from baichuan_desktop.services.library.folders.disk_use import DriveUse
from baichuan_desktop.services.library.folders.disk_use import disk_use as take
from baichuan_desktop.services.library.folders.drives import DriveSpace
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import Registry
from baichuan_desktop.services.library.rows.disk_use import disk_use
from baichuan_desktop.services.library.rows.looking import look
from baichuan_desktop.services.library.rows.values import ModelRow, ReleasedRow, Row
from baichuan_desktop.services.library.states import Condition
from tests.helpers.library import DISK, GIB, NETWORK, STICK, files, listed, seen


def test_models_and_their_exports_are_added_up_by_drive() -> None:
    rows = [
        ModelRow(listed("a"), looked=replace(seen(size=3 * GIB), exports=files(GIB))),
        ModelRow(listed("b"), looked=seen(size=5 * GIB)),
        ModelRow(listed("c"), looked=seen(size=20 * GIB, drive=NETWORK)),
    ]

    assert disk_use(rows) == [
        DriveUse(NETWORK.drive, 1, 20 * GIB, 2100 * GIB, 8000 * GIB, is_absent=False),
        DriveUse(DISK.drive, 2, 9 * GIB, 120 * GIB, 500 * GIB, is_absent=False),
    ]


def test_files_that_two_entries_have_are_counted_once() -> None:
    same = seen(size=GIB)
    more = replace(same, state=replace(same.state, sizes={**files(5), **(same.state.sizes or {})}))
    rows = [ModelRow(listed("a", "/m/a"), looked=same), ModelRow(listed("b", "/m/b"), looked=more)]

    (use,) = disk_use(rows)

    assert (use.models, use.model_bytes) == (2, GIB + 5)


def test_an_export_that_is_listed_for_two_models_is_counted_once() -> None:
    export = files(GIB)
    rows = [ModelRow(listed(id_), looked=replace(seen(size=1), exports=export)) for id_ in "ab"]

    (use,) = disk_use(rows)

    assert use.model_bytes == GIB + 2


def test_a_drive_that_told_its_room_once_has_it() -> None:
    silent = DriveSpace(DISK.drive, None, None)
    rows = [
        ModelRow(listed("a"), looked=seen(size=1)),
        ModelRow(listed("b"), looked=seen(size=1, drive=silent)),
    ]

    (use,) = disk_use(rows)

    assert (use.free_bytes, use.total_bytes) == (120 * GIB, 500 * GIB)


def test_a_drive_that_is_not_here_comes_last_and_says_so() -> None:
    away = seen(Condition.DRIVE_ABSENT, size=None, drive=STICK)
    rows = [ModelRow(listed("a"), looked=away), ModelRow(listed("b"), looked=seen(size=1))]

    here, absent = disk_use(rows)

    assert not here.is_absent
    assert absent == DriveUse(STICK.drive, 1, 0, None, None, is_absent=True)


def test_a_drive_nobody_looked_at_yet_is_known_and_not_said_to_be_absent() -> None:
    (use,) = disk_use([ModelRow(listed("a", drive=Path("/mnt/nas")))])

    assert use == DriveUse(Path("/mnt/nas"), 1, 0, None, None, is_absent=False)


def test_what_has_no_drive_has_no_bar(shipped: Registry) -> None:
    rows: list[Row] = [ModelRow(listed("a")), ReleasedRow(shipped.variants[0])]

    assert disk_use(rows) == []


def test_a_full_drive_and_one_that_does_not_say_how_large_it_is() -> None:
    full = DriveSpace(Path("/full"), 0, 10 * GIB)
    silent = DriveSpace(Path("/silent"), None, None)
    odd = DriveSpace(Path("/odd"), 11 * GIB, 10 * GIB)  # more free than there is
    rows = [
        ModelRow(listed(str(place.drive)), looked=seen(size=GIB, drive=place))
        for place in (full, silent, odd)
    ]

    used = {use.drive.name: use.used_bytes for use in disk_use(rows)}

    assert used == {"full": 10 * GIB, "silent": GIB, "odd": 0}


def test_a_file_that_two_models_share_takes_as_much_here_as_models_du_says(tmp_path: Path) -> None:
    models = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        models.append(listed(name, str(tmp_path / name)))
    (tmp_path / "a" / "weights").write_bytes(bytes(1000))
    os.link(tmp_path / "a" / "weights", tmp_path / "b" / "weights")
    manifests = ManifestStore(tmp_path / "manifests")

    (shown,) = disk_use([ModelRow(one, looked=look(one, manifests)) for one in models])
    (said,) = take(models).drives

    assert (shown.drive, shown.model_bytes) == (said.drive, said.model_bytes) == (said.drive, 1004)

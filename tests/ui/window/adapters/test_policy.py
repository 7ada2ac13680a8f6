from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from baichuan_desktop.ui.models.picker.entries import Data
from tests.helpers.policies import write_policy
from tests.ui.window.adapters.conftest import AdapterHands


def test_an_adapter_that_the_policy_forbids_is_grey_and_says_why(
    hands: AdapterHands, tmp_path: Path
) -> None:
    hands.add("w_pack_r1")
    hands.add("dora_r4")
    write_policy(tmp_path, "adapters: [dora_r4]\n")

    hands.picker.showPopup()
    row = hands.entries.index("( ) w_pack_r1")
    items = hands.picker.model()
    hands.ui.until(lambda: not items.flags(items.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled)

    assert "is not used here" in hands.picker.itemData(row, Data.DETAILS)
    allowed = items.index(row + 1, 0)
    assert items.flags(allowed) & Qt.ItemFlag.ItemIsEnabled
    hands.picker.hidePopup()

from __future__ import annotations

from dataclasses import replace

from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.turns.compare_dialog import CompareDialog
from tests.ui.harness import READY, answer, in_use
from tests.ui.window.adapters.conftest import LORA, AdapterHands


def asked_at(hands: AdapterHands, text: str) -> CompareDialog:
    hands.ui.do(RowAction.COMPARE, text)
    dialog = hands.ui.window.turns.dialog
    assert isinstance(dialog, CompareDialog)
    hands.ui.until(dialog.ask_button.isEnabled)
    return dialog


def test_a_model_answers_beside_itself_with_an_adapter(hands: AdapterHands) -> None:
    hands.add("w_pack_r1")
    hands.ask("one")
    dialog = asked_at(hands, "Answer to one.")
    offered = [dialog.adapter_list.itemText(n) for n in range(dialog.adapter_list.count())]
    assert offered == ["Without an adapter", "w_pack_r1"]
    dialog.adapter_list.setCurrentIndex(1)
    dialog.adapter_list.activated.emit(1)
    hands.engine.answers.append(answer("Without it."))
    adapter = str(LORA / "w_pack_r1")
    hands.ui.beside.loads.append(
        [replace(READY, folder=str(hands.model.path), adapter=in_use(adapter))]
    )
    hands.ui.beside.answers.append(answer("With it."))

    dialog.ask_button.click()
    hands.ui.until(lambda: "With it." in [row.text for row in hands.ui.rows] or _both(hands))

    asked = [one for one in hands.ui.beside.requests if isinstance(one, LoadRequest)]
    assert [one.adapter for one in asked] == [adapter]
    comparing = hands.ui.window.comparing
    assert comparing.dialog is not None
    assert "Tiny · w_pack_r1" in comparing.dialog.right.title.text()
    comparing.dialog.close()


def _both(hands: AdapterHands) -> bool:
    second = hands.ui.window.comparing._second
    return second is not None and second.is_over

"""What the window says before a message is sent is what the real engine reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from backends.events import PromptReady
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.ui.context.prompt_dialog import PromptDialog
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.token_counter import CountingProcess
from tests.helpers import goldens
from tests.ui.harness import Harness

CHECKPOINT = goldens.folder("b2-7b", "safetensors")


@pytest.fixture
def ui(app: QApplication, theme: Theme) -> Iterator[Harness]:
    client = EngineClient(app_paths().engine_log)
    window = Harness(app, theme, client, counting=CountingProcess())
    window.window.library.load_first(str(CHECKPOINT))
    window.until_idle()
    yield window
    window.close()
    client.close()


def test_the_gauge_before_and_the_prompt_after_are_the_same_in_number_and_in_ids(
    ui: Harness,
) -> None:
    told: list[object] = []
    ui.window.controller.progressed.connect(told.append)
    ui.window.panel.max_new_tokens.setValue(30)
    ui.window.panel.greedy.setChecked(True)
    ui.window.panel.system_prompt_edit.setPlainText("请用中文回答。")
    watch = ui.window.around_chat.context.watch
    dropped = []
    for question in ("你好", "def f(x):\n    return x\n" * 4, "再说一次", "散步" * 20, "好吗？🙂"):
        ui.composer.set_text(question)
        ui.until(lambda: not watch.is_looking)
        use = watch.use
        assert use is not None
        ui.window.around_chat.context.show_prompt()
        dialog = ui.window.around_chat.context.dialog
        assert isinstance(dialog, PromptDialog)
        ui.until(lambda shown=dialog: not shown.is_waiting)  # type: ignore[misc]
        ids = dialog.model.rowCount()
        dialog.close()
        told.clear()
        ui.ask(question)
        (ready,) = (one for one in told if isinstance(one, PromptReady))
        assert ready.prompt_tokens == use.prompt == ids
        assert ready.dropped_messages == sum(len(one.read) for one in use.dropped)
        dropped.append(ready.dropped_messages)
    assert dropped[0] == 0 < dropped[-1], "it grew out of the context"
    assert ui.error is None

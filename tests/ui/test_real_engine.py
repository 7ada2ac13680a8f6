from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engine_client import EngineClient
from baichuan_desktop.workers.generation_worker import EventSource
from tests.ui.harness import Harness

CHECKPOINT = Path(__file__).parents[1] / "goldens" / "checkpoints" / "b2-7b" / "safetensors"


def test_a_checkpoint_answers_in_the_window_and_again_after_its_engine_was_killed(
    make_window: Callable[[EventSource, Callable[[], None]], Harness], tmp_path: Path
) -> None:
    folder = tmp_path / "百川 7B"
    shutil.copytree(CHECKPOINT, folder)
    client = EngineClient(app_paths().engine_log)
    ui = make_window(client.run, client.kill)
    try:
        ui.window.load_first(str(folder))
        ui.until_idle()
        ui.window.panel.max_new_tokens.setValue(8)
        ui.window.panel.greedy.setChecked(True)

        ui.ask("你好")
        first = ui.page_text
        client.kill()
        ui.until(lambda: client.pid is None)
        ui.ask("And now?")

        assert "你好\n百川 7B\n" in first
        assert "\n8 tokens · " in first
        assert ui.page_text.startswith(first)
        assert ui.page_text.count("\n8 tokens · ") == 2
        assert ui.window.error is None
    finally:
        ui.window.close()
        client.close()

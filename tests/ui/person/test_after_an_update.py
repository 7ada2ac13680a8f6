"""The first start after an update, on what the app before it wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.app_paths import app_paths
from tests.ui.harness import ScriptedEngine, answer, until
from tests.ui.person.conftest import App

GOLDENS = Path(__file__).parents[2] / "goldens"
WRITTEN = GOLDENS / "written_before" / "before_conversations"


def test_model_precision_and_language_are_as_they_were_left(
    desk: App, engine: ScriptedEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "百川 2"
    shutil.copytree(GOLDENS / "checkpoints" / "b2-7b" / "safetensors", folder)
    paths = app_paths()
    paths.settings.parent.mkdir(parents=True)
    for written, file in (
        ("settings.json", paths.settings),
        ("models_registry.yaml", paths.user_registry),
    ):
        text = (WRITTEN / written).read_text(encoding="utf-8")
        file.write_text(text.replace("/models/百川 2", folder.as_posix()), encoding="utf-8")
    engine.answers.append(answer("在。"))

    me = desk.start(engine)
    me.wait_until_ready("回答可能有误")

    assert me.sees("新对话")
    loaded = engine.requests[0]
    assert isinstance(loaded, LoadRequest)
    assert (Path(loaded.folder), loaded.precision) == (folder, Precision.FP32)
    assert (loaded.wanted_device, loaded.context_length, loaded.threads) == ("cpu", 2048, 4)
    me.click(me.field("消息"))
    me.enter("在吗？")
    until(lambda: [one[-2:] for one in me.messages()] == ["吗？", "在。"])
    before = me.messages()
    me = desk.start(engine)
    assert me.messages() == before

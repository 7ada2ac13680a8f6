"""The window with adapters, for `screenshots.py`."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from baichuan_desktop.services.library.rows.values import AdapterRow
from tests.ui.harness import answer

if TYPE_CHECKING:
    from tools.screenshots import Stage

_GOLDENS = Path(__file__).parents[1] / "tests" / "goldens"
_SHORT_QUESTIONS = {
    "en": ("What is a notice period?", "Write the notice.", "Shorter, please."),
    "zh_CN": ("什么是通知期？", "请起草一份通知。", "请写得更短一些。"),
}
_SHORT_ANSWERS = {
    "en": ("The time between a notice and the end of a contract.",
           "**Notice.** The contract of 1 March ends on 30 June, as agreed in section 7.",
           "The contract ends on 30 June."),
    "zh_CN": ("从发出通知到合同终止之间的时间。",
              "**通知** 根据第七条约定，3 月 1 日签订的合同将于 6 月 30 日终止。特此通知。",
              "合同于 6 月 30 日终止。"),
}  # fmt: skip


def _adapters(stage: Stage) -> None:
    """A conversation in which an adapter was switched on, and off again."""
    name = "Baichuan2-7B-Chat"
    made = Path(tempfile.mkdtemp(prefix="adapters-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    shutil.copytree(_GOLDENS / "checkpoints/b2-7b/safetensors", made / name)
    store, switcher = stage.ui.store, stage.window.switcher
    listed = store.add(made / name)
    for case, called in (("all_r8", "contracts-of-the-legal-department"), ("dora_r4", "公文写作")):
        shutil.copytree(_GOLDENS / "lora/b2-7b" / case, made / called)
        store.add_adapter(made / called, listed.id)
    (made / "公文写作/provenance.json").write_text(
        json.dumps({"base": name, "seed": 42, "learning_rate": 2e-5, "data": "letters-2026.jsonl"})
    )
    stage.window.library.tell_listed()
    stage.ui.load(listed)
    stage.ui.until_idle()
    stage.engine.answers += [answer(one) for one in _SHORT_ANSWERS[stage.language]]
    first, second, third = _SHORT_QUESTIONS[stage.language]
    stage.ui.ask(first)
    for question, adapter in ((second, made / "公文写作"), (third, None)):
        switcher.use_adapter(listed, adapter)
        stage.ui.until(lambda: not switcher.is_changing_adapter)
        stage.ui.ask(question)
    switcher.use_adapter(listed, made / "contracts-of-the-legal-department")
    stage.ui.until(lambda: not switcher.is_changing_adapter)


def _adapter_list(stage: Stage) -> None:
    _adapters(stage)
    stage.window.top_bar.picker.showPopup()


def _adapter_details(stage: Stage) -> None:
    _adapters(stage)
    stage.window.menus.models_page.trigger()
    page = stage.window.window_library.page

    def is_seen() -> bool:
        rows = [one for one in page.list.rows.entries if isinstance(one, AdapterRow)]
        return len(rows) == 2 and all(row.condition for row in rows)

    stage.ui.until(is_seen)
    page.list.choose_key(("adapter", stage.ui.store.adapters[1].id))


def _adapters_at(width: int, height: int, zoom: float, stage: Stage) -> None:
    _adapters(stage)
    stage.window.resize(width, height)
    stage.theme.set_zoom(zoom)


def _adapter_list_zoomed(stage: Stage) -> None:
    _adapters_at(960, 600, 2.0, stage)
    stage.window.top_bar.picker.showPopup()


ADAPTER_STATES: dict[str, Callable[[Stage], None]] = {
    "adapters": _adapters, "adapter-list": _adapter_list, "adapter-details": _adapter_details,
    "adapters-least": partial(_adapters_at, 480, 300, 1.0),
    "adapter-list-zoom-200": _adapter_list_zoomed,
}  # fmt: skip

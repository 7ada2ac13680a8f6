"""Draws the window in every main state, in both themes and both languages, to be looked at.

    PYTHONPATH=. python tools/screenshots.py FOLDER [STATE …]

The window is the real one; the engine is the one of the tests, which says what it is told. Works
with every platform of Qt: `make screenshots` takes `offscreen`, and Xvfb where it is installed.
"""

from __future__ import annotations

import datetime
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from backends.errors import InsufficientMemoryError
from backends.events import LoadProgress, PrefillProgress, PromptReady, TextDelta
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.app_paths import HOME_VARIABLE
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Conversation, Folder
from baichuan_desktop.services.settings import Language, ThemeChoice
from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.library import a_library
from tests.helpers.machines import PROCESSOR
from tests.ui.harness import BASE, READY, Gate, Harness, ScriptedEngine, answer, finished, model
from tools.adapter_pictures import ADAPTER_STATES
from tools.training_pictures import TRAINING_STATES

_SIZE = (1280, 820)
_CHAT = model("Baichuan2-13B-Chat")
_DAY = 86_400.0  # seconds
_ANSWER = {
    "en": """A loop keeps only the last two numbers, so it needs **constant memory**:

```python
def fib(n: int) -> int:
    \"\"\"Return the n-th Fibonacci number.\"\"\"
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b  # shift the pair by one
    return a
```

How the three usual ways compare for `n = 35`:

| Way | Calls | Time |
|---|--:|--:|
| plain recursion | 29,860,703 | 2.9 s |
| recursion with a cache | 69 | 0.03 ms |
| this loop | 1 | 0.002 ms |

- Use the loop when only one number is wanted.
- Use the cache when *many different* numbers are asked for in any order.
""",
    "zh_CN": """用循环只保留最后两个数，**内存占用固定**，也不会栈溢出：

```python
def fib(n: int) -> int:
    \"\"\"返回第 n 个斐波那契数。\"\"\"
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b  # 两个数整体后移一位
    return a
```

`n = 35` 时三种写法的对比：

| 写法 | 调用次数 | 用时 |
|---|--:|--:|
| 普通递归 | 29,860,703 | 2.9 秒 |
| 带缓存的递归 | 69 | 0.03 毫秒 |
| 上面的循环 | 1 | 0.002 毫秒 |

- 只需要一个数时，用循环。
- 需要*反复查询*许多不同的数时，用缓存。
""",
}
_QUESTION = {
    "en": "Write it without recursion, and compare the ways in a table.",
    "zh_CN": "请改成不用递归的写法，并用表格对比几种方法。",
}
_TITLES = {
    "en": ("Release checklist", "Minutes of the Tuesday meeting", "Polite refusal to a supplier",
           "SQL: customers without an order", "古诗赏析：静夜思", "Holiday letter, second version"),
    "zh_CN": ("发布检查清单", "周二例会纪要的摘要", "给供应商的婉拒邮件",
              "SQL：没有下单的客户", "古诗赏析：静夜思", "假期通知，第二稿"),
}  # fmt: skip
_FOLDERS = {"en": ("Contracts", "Translations"), "zh_CN": ("合同", "翻译")}


class Stage:
    """A window in one theme and language, and what brings it into a state."""

    def __init__(self, app: QApplication, theme: Theme, look: ThemeChoice, language: Language):
        self.theme, self.language = theme, language
        self.engine = ScriptedEngine()
        self.ui = Harness(app, theme, self.engine, _conversations(language))
        self.window = self.ui.window
        self.window.view.use_language(language)
        self.window.view.use_theme(look)
        theme.set_zoom(1.0)
        self.window.resize(*_SIZE)
        self.gates: list[Gate] = []

    def load(self) -> None:
        """Load a chat model."""
        ready = replace(
            READY, precision=Precision.NF4, needed_bytes=int(8.6 * 2**30), device_name="CPU"
        )
        self.engine.loads.append([replace(ready, folder=str(_CHAT.path))])
        self.ui.load(_CHAT)
        self.ui.until_idle()

    def ask(self) -> None:
        """Ask, and have the answer whole."""
        self.load()
        self.engine.answers.append(answer(_ANSWER[self.language]))
        self.ui.ask(_QUESTION[self.language])

    def hold(self) -> Gate:
        """A place where the engine waits until the picture is drawn."""
        self.gates.append(Gate())
        return self.gates[-1]

    def close(self) -> None:
        """End what still goes on, and the window."""
        for gate in self.gates:
            gate.open.set()
        for widget in _over(self.window):
            widget.close()
        self.ui.until(lambda: self.ui.can_send_next)
        self.ui.close()


def _conversations(language: Language) -> ConversationStore:
    store, now = ConversationStore(None), time.time()
    folders = [store.new_id() for _ in _FOLDERS[language]]
    for position, name in enumerate(_FOLDERS[language]):
        store.put_folder(Folder(folders[position], name, position))
    ages = (0.0, 0.01, 0.02, 3.0, 4.0, 5.0)  # days
    for number, (title, age) in enumerate(zip(_TITLES[language], ages, strict=True)):
        then = now - age * _DAY
        store.put_conversation(
            Conversation(
                store.new_id(), title, then, then, has_own_title=True,
                is_pinned=number == 0, is_unread=number == 1,
            )
        )  # fmt: skip
    return store


# --- states ----------------------------------------------------------------------------------


def _guide(stage: Stage) -> None:
    stage.ui.start()


def _empty(stage: Stage) -> None:
    stage.load()


def _base(stage: Stage) -> None:
    stage.ui.load(BASE)
    stage.ui.until_idle()


def _chat(stage: Stage) -> None:
    stage.ask()


def _streaming(stage: Stage) -> None:
    stage.load()
    text = _ANSWER[stage.language]
    stage.engine.answers.append(
        [PromptReady(812, 0, 0), TextDelta(text[: len(text) // 2]), stage.hold(), finished()]
    )
    stage.ui.say(_QUESTION[stage.language])
    stage.ui.until(stage.gates[-1].reached.is_set)


def _reading(stage: Stage) -> None:
    stage.load()
    stage.engine.answers.append(
        [PromptReady(812, 0, 0), PrefillProgress(340, 812), stage.hold(), TextDelta("."),
         finished()]
    )  # fmt: skip
    stage.ui.say(_QUESTION[stage.language])
    stage.ui.until(stage.gates[-1].reached.is_set)


def _loading(stage: Stage) -> None:
    stage.engine.loads.append([LoadProgress(3 * 2**30, 8 * 2**30), stage.hold(), READY])
    stage.ui.load(_CHAT)
    stage.ui.until(stage.gates[-1].reached.is_set)


def _error(stage: Stage) -> None:
    stage.ask()
    stage.window.errors.show(
        InsufficientMemoryError(
            device=Phrase("{text}", text="CPU"), needed_bytes=15 * 2**30, free_bytes=2**33
        )
    )


def _silent(stage: Stage) -> None:
    stage.ask()
    stage.window.remarks.engine_notice.show_silent(12)
    stage.window.status.show_unkept("Not a directory")


def _panel(stage: Stage) -> None:
    stage.ask()
    if not stage.window.panel.isVisible():
        stage.window.menus.panel.trigger()


def _jobs(stage: Stage) -> None:
    stage.load()
    stage.window.menus.jobs_page.trigger()


def _library(stage: Stage) -> None:
    stage.load()
    stage.window.menus.models_page.trigger()
    page, now = stage.window.window_library.page, datetime.datetime.now(datetime.UTC)
    looked = a_library()
    models = [model for model, _ in looked]
    page.set_models([*stage.ui.store.models, *models], stage.ui.store.variants)
    page.set_states([(model, seen) for model, seen in looked if seen is not None])
    page.set_last_used({models[0].id: now, models[1].id: now - datetime.timedelta(days=40)})
    page.set_loaded(models[0])
    page.list.choose(models[0].id)


def _library_damaged(stage: Stage) -> None:
    _library(stage)
    page = stage.window.window_library.page
    page.list.choose(a_library()[1][0].id)


def _library_at(width: int, height: int, zoom: float, stage: Stage) -> None:
    _library(stage)
    stage.window.resize(width, height)
    stage.theme.set_zoom(zoom)


def _library_details(stage: Stage) -> None:
    _library_at(480, 300, 1.0, stage)
    QTest.qWait(50)
    stage.window.window_library.page.open_details()


def _menu(stage: Stage) -> None:
    stage.ask()
    bar = stage.window.top_bar
    corner = bar.menu.mapToGlobal(QPoint(bar.menu.width(), bar.menu.height()))
    folded = stage.window.menus.folded
    corner -= QPoint(folded.sizeHint().width(), 0)
    folded.popup(corner)
    folded.move(corner)  # the screen of `offscreen` is smaller than the window


def _models(stage: Stage) -> None:
    stage.load()
    stage.window.top_bar.picker.showPopup()


def _precision(stage: Stage) -> None:
    why = Phrase(
        "{precision} needs {need:.1f} GiB on {device}, and {free:.1f} GiB is free.",
        precision=READY.precision.label, need=0.4, device=PROCESSOR, free=56.0,
    )  # fmt: skip
    stage.engine.loads.append([replace(READY, device_name="CPU", reason=why)])
    stage.ui.start()
    stage.window.top_bar.precision.click()
    stage.ui.until(lambda: stage.window.precision.menu.list.count() > 1)


def _collapsed(stage: Stage) -> None:
    stage.ask()
    stage.window.menus.sidebar.trigger()


def _search(stage: Stage) -> None:
    stage.ask()
    stage.window.sidebar.focus_search()
    QTest.keyClicks(stage.window.sidebar.search, "SQL")


def _find(stage: Stage) -> None:
    stage.ask()
    stage.window.top_bar.search.click()
    QTest.keyClicks(stage.window.page.find_bar.field, "35")


def _small(stage: Stage) -> None:
    stage.ask()
    stage.window.resize(960, 600)


def _zoomed(stage: Stage) -> None:
    stage.ask()
    stage.window.resize(960, 600)
    stage.theme.set_zoom(2.0)


def _zoomed_empty(stage: Stage) -> None:
    stage.load()
    stage.window.resize(960, 600)
    stage.theme.set_zoom(1.5)


STATES: dict[str, Callable[[Stage], None]] = {
    "guide": _guide, "empty": _empty, "base": _base, "chat": _chat, "streaming": _streaming,
    "reading": _reading, "loading": _loading, "error": _error, "silent": _silent,
    "panel": _panel, "jobs": _jobs, "menu": _menu, "models": _models, "precision": _precision,
    "library": _library, "library-damaged": _library_damaged, "library-details": _library_details,
    "library-small": partial(_library_at, 960, 600, 1.0),
    "library-least": partial(_library_at, 480, 300, 1.0),
    "library-zoom-200": partial(_library_at, 960, 600, 2.0),
    **ADAPTER_STATES, **TRAINING_STATES,
    "collapsed": _collapsed, "search": _search, "find": _find, "small": _small,
    "zoom-200": _zoomed, "zoom-150-empty": _zoomed_empty,
}  # fmt: skip


# --- pictures --------------------------------------------------------------------------------


def _over(window: QWidget) -> list[QWidget]:
    """Menus and dialogs that lie over the window."""
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.isVisible() and widget is not window
    ]


def picture(window: QWidget) -> QPixmap:
    """The window, with the menus and dialogs over it."""
    for _ in range(10):  # layouts, and what is drawn off the window's thread
        QTest.qWait(20)
    pixmap = window.grab()
    painter = QPainter(pixmap)
    for widget in _over(window):
        corner = window.mapFromGlobal(widget.mapToGlobal(QPoint(0, 0)))
        painter.drawPixmap(corner, widget.grab())
    painter.end()
    return pixmap


def main() -> int:
    """Draw every state, or those that are named; the exit code."""
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= STATES.keys():
        print(__doc__)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:] or list(STATES)
    home = Path(tempfile.mkdtemp())
    os.environ[HOME_VARIABLE] = str(home)
    app = QApplication(["baichuan-desktop"])
    app.setApplicationDisplayName("Baichuan Desktop")
    app.setQuitOnLastWindowClosed(False)
    load_fonts()
    theme = Theme(app)
    looks: tuple[ThemeChoice, ...] = ("light", "dark")
    languages: tuple[Language, ...] = ("en", "zh_CN")
    for name in names:
        for look in looks:
            for language in languages:
                shutil.rmtree(home)
                stage = Stage(app, theme, look, language)
                STATES[name](stage)
                file = folder / f"{name}-{look}-{language[:2]}.png"
                picture(stage.window).save(str(file))
                stage.close()
                print(file)
    shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

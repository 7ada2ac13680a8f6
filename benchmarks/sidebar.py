"""How long the sidebar takes to open, to scroll and to search, with thousands of conversations.

    PYTHONPATH=. python benchmarks/sidebar.py [--conversations 5000] [--messages 20]

A real store on the disk, closed and opened again, and the real widget (offscreen, unless
QT_QPA_PLATFORM says otherwise). Both the time on the clock and the processor time of the window's
thread are told: on a machine that does other work only the second one compares.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QApplication

from backends.text.chat_template import Role
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder, Status
from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.sidebar.sidebar import Sidebar
from benchmarks import machine

_RUNS: Final = 7  # times that the sidebar is opened
_STEPS: Final = 300  # frames that are scrolled
_DAY: Final = 86_400
_GOALS: Final = {"open": 200.0, "search": 100.0, "frame of scrolling": 16.0}  # ms
_SIZE: Final = (264, 820)  # pixels


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of something that was done several times."""

    what: str
    median: float
    p99: float
    longest: float
    median_work: float  #: processor time of this thread

    def line(self) -> str:
        """As it is printed."""
        return (
            f"{self.what:34} median {self.median:7.1f}   p99 {self.p99:7.1f}   "
            f"max {self.longest:7.1f}   processor {self.median_work:7.1f}   ms"
        )


def timed(what: str, do: Callable[[], object], times: int) -> Times:
    """Do something several times, and measure each."""
    clock, work = [], []
    for _ in range(times):
        began, began_work = time.perf_counter(), time.thread_time()
        do()
        clock.append(1000 * (time.perf_counter() - began))
        work.append(1000 * (time.thread_time() - began_work))
    clock.sort()
    work.sort()
    p99 = clock[min(len(clock) - 1, round(0.99 * len(clock)))]
    return Times(what, clock[len(clock) // 2], p99, clock[-1], work[len(work) // 2])


def fill(store: ConversationStore, conversations: int, messages: int) -> None:
    """Conversations of three years, a tenth of them in folders."""
    chance = random.Random(1)
    texts = [resource(f"quality_sample/{name}.txt").read_text("utf-8") for name in ("en", "zh")]
    folders = [Folder(store.new_id(), f"Folder {place}", place) for place in range(12)]
    for folder in folders:
        store.put_folder(folder)

    def passage(length: int) -> str:
        text = chance.choice(texts)
        begin = chance.randrange(len(text) - length)
        return text[begin : begin + length]

    for _ in range(conversations):
        at = time.time() - chance.random() ** 2 * 1000 * _DAY
        filed = chance.choice(folders).id if chance.random() < 0.1 else None
        one = Conversation(store.new_id(), passage(40), at, at, folder_id=filed)
        store.put_conversation(one)
        parent = None
        for turn in range(messages):
            role = Role.ASSISTANT if turn % 2 else Role.USER
            id_ = store.new_id()
            store.put_message(
                ChatMessage(id_, one.id, parent, role, passage(160), Status.FINISHED, at)
            )
            parent = id_
        store.put_conversation(
            Conversation(one.id, one.title, at, at, head=parent, folder_id=filed)
        )
    if not store.flush(600):
        raise TimeoutError("the conversations could not be written within ten minutes")


def measure(app: QApplication, theme: Theme, store: ConversationStore) -> list[Times]:
    """Open, scroll, search and refresh."""
    sidebars: list[Sidebar] = []

    def opened() -> None:
        sidebar = Sidebar(store, theme)
        sidebar.resize(*_SIZE)
        sidebar.show()
        sidebar.repaint()
        app.processEvents()
        sidebars.append(sidebar)

    results = [timed("open", opened, _RUNS)]
    for old in sidebars[:-1]:
        old.deleteLater()
    sidebar = sidebars[-1]
    bar = sidebar.list.verticalScrollBar()

    def scrolled() -> None:
        bar.setValue((bar.value() + 377) % max(bar.maximum(), 1))
        sidebar.list.viewport().repaint()

    results.append(timed("frame of scrolling", scrolled, _STEPS))
    ids = [one.id for one in store.conversations()]
    chance = random.Random(2)

    def refreshed() -> None:
        one = store.conversation(chance.choice(ids))
        assert one is not None
        sidebar.controller.set_unread(one.id, not one.is_unread)
        sidebar.list.viewport().repaint()

    results.append(timed("one conversation that changed", refreshed, 30))
    for name, text in (
        ("1 hanzi", "的"),
        ("2 hanzi", "中国"),
        ("3 hanzi", "计算机"),
        ("absent pair", "龘龖"),
        ("a word", "history"),
    ):

        def searched(text: str = text) -> None:
            sidebar.controller.search("")
            sidebar.controller.search(text)
            sidebar.list.viewport().repaint()

        results.append(timed(f"search: {name}", searched, 5))
    sidebar.close()
    return results


def report(
    results: Sequence[Times], title: str, goals: Mapping[str, float], *, as_json: bool
) -> int:
    """Print what was measured; 1 if a goal is missed. Goals are in ms, by what is measured."""
    if as_json:
        print(json.dumps({"machine": machine.facts(), "times": [asdict(one) for one in results]}))
    else:
        print(title)
        for one in results:
            print(one.line())
    missed = [
        one.what
        for one in results
        if one.median_work > goals.get(one.what.partition(":")[0], float("inf"))
    ]
    print("missed: " + ", ".join(missed) if missed else "every goal is met", file=sys.stderr)
    return 1 if missed else 0


def main() -> int:
    """Print the times; 1 if the sidebar opens, scrolls or searches slower than it shall."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--conversations", type=int, default=5000)
    parser.add_argument("--messages", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    load_fonts()
    theme = Theme(app)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "conversations.db"
        store = ConversationStore(file)
        fill(store, options.conversations, options.messages)
        store.close()
        store = ConversationStore(file)
        results = measure(app, theme, store)
        store.close()
    title = f"{options.conversations:,} conversations of {options.messages} messages"
    return report(results, title, _GOALS, as_json=options.json)


if __name__ == "__main__":
    raise SystemExit(main())

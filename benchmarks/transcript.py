"""How fast a conversation of 10,000 messages opens, streams, scrolls and is resized.

    PYTHONPATH=. python benchmarks/transcript.py

The real transcript, offscreen unless QT_QPA_PLATFORM says otherwise. A frame is what the window's
thread does between two paints; its time is processor time of that thread, so that other programs
do not count. `asked` counts how often the rows were asked for, which no machine changes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import psutil
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.transcript.area import Transcript
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowKind
from benchmarks import machine

_MESSAGES: Final = 10_000
_FRAMES: Final = 355
_ANSWER: Final = 7_000  # characters
_RESIZED_ROWS: Final = 100
#: ms, MiB and calls.
_GOALS: Final = {
    "open": 300.0,
    "stream p99": 16.0,
    "stream max": 50.0,
    "memory": 40.0,
    "asked a frame": 60.0,
}

_PROSE: Final = (
    "A loop keeps only the last two numbers, so it needs **constant memory** and cannot run out "
    "of stack. 循环只保留**最后两个数，**所以内存是常数，也不会栈溢出。\n\n"
)
_LIST: Final = "- Use the loop when only one number is wanted.\n- 需要许多数时用*缓存*。\n\n"
_CODE: Final = (
    "```python\ndef fib(n: int) -> int:\n    a, b = 0, 1\n    for _ in range(n):\n"
    "        a, b = b, a + b  # shift the pair by one\n    return a\n```\n\n"
)
_TABLE: Final = "| Way | Calls |\n|---|--:|\n| recursion | 29,860,703 |\n| this loop | 1 |\n\n"
_ACTIONS: Final = frozenset({RowAction.REGENERATE, RowAction.EDIT, RowAction.DELETE_TURN})


class Conversation:
    """Rows in memory, as the page has those of the store."""

    def __init__(self, messages: int) -> None:
        self.rows = [_row(number) for number in range(messages)]
        self.asked = 0

    def ids(self) -> Sequence[int]:
        """The numbers of the rows."""
        return range(len(self.rows))

    def row(self, row_id: int) -> Row:
        """One row; each call is counted."""
        self.asked += 1
        return self.rows[row_id]


@dataclass(frozen=True, slots=True)
class Frames:
    """What the frames of one phase took, in ms, and how many rows the worst one asked for."""

    phase: str
    frames: int
    p50: float
    p99: float
    max: float
    asked: int


def _row(number: int) -> Row:
    if number % 2 == 0:
        text = "Why? 为什么？ " * (1 + number % 23)
        return Row(number, RowKind.PERSON, text, "You", actions=_ACTIONS)
    parts = [_PROSE * (1 + number % 5)]
    parts += [part for part, each in ((_LIST, 3), (_CODE, 5), (_TABLE, 7)) if number % each == 1]
    footer = "214 tokens · 31 tokens/s"
    return Row(number, RowKind.ANSWER, "".join(parts), "Baichuan", footer, actions=_ACTIONS)


class Bench:
    """One transcript, and what is done to it."""

    def __init__(self, app: QApplication, theme: Theme) -> None:
        self._app = app
        self._process = psutil.Process()
        self.rendering = RenderServices()
        self.transcript = Transcript(theme, self.rendering)
        self.transcript.resize(1016, 768)
        self.transcript.show()
        self.transcript.show_source(Conversation(4))
        self._paint()

    def opening(self, conversation: Conversation) -> float:
        """How long it takes until the conversation is painted, in ms."""
        begun = time.thread_time()
        self.transcript.show_source(conversation)
        self._paint()
        return (time.thread_time() - begun) * 1000

    def streaming(self, conversation: Conversation) -> Frames:
        """An answer that arrives at the end, piece by piece."""
        number = len(conversation.rows)
        text = (_PROSE + _CODE + _LIST + _TABLE) * (_ANSWER // 300)
        row = Row(number, RowKind.ANSWER, "", "Baichuan", is_writing=True)
        conversation.rows.append(row)
        self.transcript.refresh_ids()
        self._paint()

        def frame(step: int) -> None:
            shown = text[: _ANSWER * (step + 1) // _FRAMES]
            conversation.rows[number] = replace(row, text=shown)
            self.transcript.refresh_row(number)
            self.transcript.arrange()

        frames = self._frames("stream", _FRAMES, frame, conversation)
        conversation.rows[number] = replace(row, text=text[:_ANSWER], is_writing=False)
        begun = time.thread_time()
        self.transcript.finish_row(number)
        self._paint()
        print(f"  the end of the answer: {(time.thread_time() - begun) * 1000:.1f} ms")
        return frames

    def scrolling(self, conversation: Conversation) -> Frames:
        """The wheel, turned from the end upwards."""

        def frame(_step: int) -> None:
            self.transcript.scroll_by(-75)

        return self._frames("scroll", 300, frame, conversation)

    def resizing(self) -> Frames:
        """The window's edge, dragged over a conversation of some rows."""
        conversation = Conversation(_RESIZED_ROWS)
        self.transcript.show_source(conversation)
        self.transcript.scroll_by(-3000)
        self._paint()

        def frame(step: int) -> None:
            self.transcript.resize(1016 - 3 * step, 768)

        return self._frames("resize", 100, frame, conversation)

    def memory(self) -> float:
        """What the process holds, in MiB."""
        return float(self._process.memory_info().rss) / 2**20

    def _frames(
        self, phase: str, count: int, frame: Callable[[int], None], conversation: Conversation
    ) -> Frames:
        taken: list[float] = []
        asked = 0
        for step in range(count):
            before, begun = conversation.asked, time.thread_time()
            frame(step)
            self._paint()
            taken.append((time.thread_time() - begun) * 1000)
            asked = max(asked, conversation.asked - before)
        taken.sort()
        return Frames(phase, count, taken[count // 2], taken[int(count * 0.99)], taken[-1], asked)

    def _paint(self) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self._app.processEvents()


def main() -> int:
    """Run all, print it, and say by the exit code whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=_MESSAGES)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    load_fonts()
    theme = Theme(app)
    theme.use("light")
    conversation = Conversation(arguments.messages)
    bench = Bench(app, theme)
    empty = bench.memory()
    opened = bench.opening(conversation)
    stream = bench.streaming(conversation)
    scroll = bench.scrolling(conversation)
    grown = bench.memory() - empty
    phases = [stream, scroll, bench.resizing()]
    bench.rendering.shut_down()
    print(f"open {opened:.1f} ms, memory +{grown:.1f} MiB")
    for each in phases:
        print(
            f"{each.phase:8} {each.frames} frames: p50 {each.p50:.1f}, p99 {each.p99:.1f}, "
            f"max {each.max:.1f} ms, at most {each.asked} rows asked in one"
        )
    values = {
        "open": opened,
        "stream p99": stream.p99,
        "stream max": stream.max,
        "memory": grown,
        "asked a frame": float(max(each.asked for each in phases)),
    }
    missed = {name: value for name, value in values.items() if value >= _GOALS[name]}
    for name, value in missed.items():
        print(f"missed: {name} is {value:.1f}, not under {_GOALS[name]:.0f}")
    if arguments.json:
        facts = {"machine": machine.facts(), "values": values, "phases": [*map(asdict, phases)]}
        text = json.dumps(facts, indent=1, ensure_ascii=False)
        arguments.json.write_text(text, encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

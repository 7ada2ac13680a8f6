"""How long formulas take: ordinary ones, and a thousand that were made to hurt.

    .venv/bin/python -m benchmarks.formulas

The window asks another process for each; here it is measured how long that one works, and that the
window's own thread is never held: a timer of 5 ms runs in it all the time.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Slot

from baichuan_desktop.ui.markdown.render_services import (
    Drawing,
    FormulaJob,
    Job,
    NoDrawing,
    RenderServices,
)

ORDINARY = (
    r"\begin{aligned} a &= b + c \\ d &= e - f \end{aligned}",
    r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
    r"\boxed{E = mc^2}",
    r"a^2 + b^2 = c^2 \tag{1}",
    r"\frac{a}{b}",
    r"\sum_{i=1}^{n} i^2 = \frac{n(n+1)(2n+1)}{6}",
    r"\sqrt[3]{x + 1}",
    r"\begin{matrix} a & b \\ c & d \end{matrix}",
    r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
    r"\lim_{x \to 0} \frac{\sin x}{x} = 1",
    r"\overline{AB} \perp \vec{v}",
    r"\underbrace{a + b}_{n} \to \mathbb{R}^n",
    r"\left( \frac{1}{2} \right)^{n} \binom{n}{k}",
)

_PIECES = (
    "{", "}", "^", "_", "&", "\\\\", "\\", "$", "%", "#", "~", "\\left(", "\\right)", "\\left.",
    "\\begin{aligned}", "\\end{aligned}", "\\begin{cases}", "\\end{pmatrix}", "\\begin{array}{c",
    "\\frac", "\\frac{a}", "\\sqrt[", "\\tag{1}", "\\tag{", "\\color{", "\\color{url(file:///x)}",
    "\\text{", "\\text{速度}", "\\href{file:///etc/passwd}{x}", "\\unknown", "\\def\\a{\\a\\a}\\a",
    "\\newcommand{\\b}{\\b}\\b", "\\input{/etc/passwd}", "\\includegraphics{/x}", "\\hspace{1e9em}",
    "\\rule{1e6em}{1e6em}", "x", "1e999", "<svg>", "&lt;", "]]>", "<!--", "\u202e", "\u0301",
    "\ufffd", "٣", "\U0001d538", "😀", "\\overset", "\\substack{", "\\limits", "\\not",
    "\\mathbb{", "\\operatorname{", "'" * 40, "^" * 9, "\\big", "\\middle|", "\\hline", "\\cr",
)  # fmt: skip


def hostile(count: int, seed: int = 3) -> Iterator[str]:
    """Formulas that are broken, deep, long, or ask for what no formula needs; always the same."""
    chance = random.Random(seed)
    for number in range(count):
        match number % 10:
            case 0:
                yield "{" * chance.randint(1, 2000)
            case 1:
                yield "\\frac{" * chance.randint(1, 400) + "x"
            case 2:
                deep = chance.randint(2, 60)
                yield "\\sqrt{" * deep + "x" + "}" * deep
            case 3:
                yield "x" + "^{x" * chance.randint(1, 29) + "}" * 29
            case 4:
                yield "\\left(" * chance.randint(1, 300) + "\\right)" * chance.randint(0, 300)
            case 5:
                rows = " \\\\ ".join(["a & b & c & d"] * chance.randint(1, 140))
                yield f"\\begin{{matrix}} {rows} \\end{{matrix}}"
            case _:
                yield "".join(chance.choices(_PIECES, k=chance.randint(1, 60)))


class _Clock(QObject):
    """Notes how late the window's timer is, what was computed between two ticks, and answers."""

    def __init__(self, services: RenderServices) -> None:
        super().__init__()
        self.latest_ms = self.busiest_ms = 0.0
        self.answered = 0
        self._last, self._used = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)
        services.arrived.connect(self._on_arrived)

    @Slot()
    def _tick(self) -> None:
        now, used = time.perf_counter(), time.thread_time()
        self.latest_ms = max(self.latest_ms, 1000 * (now - self._last) - 5)
        self.busiest_ms = max(self.busiest_ms, 1000 * (used - self._used))
        self._last, self._used = now, used

    @Slot(object)
    def _on_arrived(self, _job: Job) -> None:
        self.answered += 1


def main() -> None:
    """Print the figures."""
    app = QCoreApplication(sys.argv)
    services = RenderServices()
    clock = _Clock(services)
    services.formula(FormulaJob("x", displayed=True))  # the process starts, and imports
    while not services.is_idle():
        app.processEvents()
    for name, sources in (("ordinary", list(ORDINARY)), ("hostile", list(hostile(1000)))):
        jobs = [FormulaJob(source, displayed=True) for source in sources]
        clock.latest_ms, clock.busiest_ms, clock.answered = 0.0, 0.0, 0
        begin = time.perf_counter()
        for job in jobs:
            services.formula(job)
            app.processEvents()
        while not services.is_idle():
            app.processEvents()
        seconds = time.perf_counter() - begin
        drawn = sum(isinstance(services.formula(job), Drawing) for job in jobs)
        left = sum(services.formula(job) is NoDrawing.WAITING for job in jobs)
        print(
            f"{name}: {len(jobs)} formulas, {drawn} drawn, {left} without an answer, "
            f"{clock.answered} asked; {seconds:.1f} s in the other process, "
            f"the window's timer at most {clock.latest_ms:.0f} ms late, "
            f"its thread at most {clock.busiest_ms:.0f} ms busy"
        )
    services.shut_down()


if __name__ == "__main__":
    main()

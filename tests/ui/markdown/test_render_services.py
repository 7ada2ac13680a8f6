"""Colours and formulas arrive from the other process, or do not, and the document lives on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.typesetting import process
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.render_services import (
    CodeJob,
    Drawing,
    FormulaJob,
    Job,
    NoDrawing,
    RenderServices,
)
from baichuan_desktop.ui.markdown.style import MarkdownStyle, style_of
from benchmarks.formulas import ORDINARY, hostile
from tests.ui.markdown.described import described
from tests.ui.markdown.test_document import picture

Until = Callable[[Callable[[], bool]], None]


class Arrivals(QObject):
    """Notes for which jobs something arrived."""

    def __init__(self, services: RenderServices) -> None:
        super().__init__()
        self.jobs: list[Job] = []
        services.arrived.connect(self.note)

    @Slot(object)
    def note(self, job: Job) -> None:
        self.jobs.append(job)


def _colours(document: MarkdownDocument, line: str) -> set[str]:
    """The colours of the pieces of a line of code."""
    block = document.begin()
    while block.text() != line:
        block = block.next()
        assert block.isValid(), line
    return {piece.format.foreground().color().name() for piece in block.layout().formats()}


def _document(style: MarkdownStyle, services: RenderServices, text: str) -> MarkdownDocument:
    document = MarkdownDocument(style, services)
    document.setTextWidth(760)
    document.set_text(text)
    document.size()  # Qt asks for the formulas' room
    return document


def test_code_gets_its_colours_and_the_name_of_its_language(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    document = _document(style, services, "```py\ndef f():\n    return '乙'  # 1\n```")
    height = document.size().height()
    until(lambda: document.written()[0].name == "Python")

    assert _colours(document, "def f():") == {style.keyword, style.function}
    assert _colours(document, "    return '乙'  # 1") == {
        style.keyword,
        style.string,
        style.comment,
    }
    assert document.size().height() == height


def test_code_of_many_lines_is_coloured_to_its_end(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    lines = "".join(f"x{n} = {n}\n" for n in range(1800))
    document = _document(style, services, f"```python\n{lines}```")
    until(lambda: document.is_complete() and len(document.written()[0].colours) == 1800)

    assert _colours(document, "x1799 = 1799") == {style.number}


def test_code_that_grows_is_coloured_while_it_does_and_whole_at_the_end(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    document = _document(style, services, "")
    document.append_text("```python\nx = 1\n")
    until(lambda: _colours(document, "x = 1") == {style.number})
    for number in range(2, 90):
        document.append_text(f"y = {number}\n")
    document.append_text("```\nend")
    document.finish()
    until(lambda: _colours(document, "y = 89") == {style.number})

    assert _colours(document, "x = 1") == {style.number}
    assert len(document.written()[0].colours) == 89


def test_only_the_newest_state_of_code_that_grows_waits_to_be_coloured(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    arrivals = Arrivals(services)
    document = _document(style, services, "")
    for number in range(200):  # while the process starts
        document.append_text(f"```python\nx = {number}\n" if not number else f"x = {number}\n")
    document.finish()
    until(services.is_idle)

    assert len({job for job in arrivals.jobs if isinstance(job, CodeJob)}) <= 3


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_code_has_the_colours_of_the_theme(
    theme: Theme, services: RenderServices, until: Until, choice: str
) -> None:
    theme.use("light" if choice == "dark" else "dark")
    document = _document(style_of(theme), services, "```python\nreturn 1\n```")
    until(lambda: bool(_colours(document, "return 1")))
    theme.use("dark" if choice == "dark" else "light")
    document.restyle(style_of(theme))
    colours = theme.colours

    assert _colours(document, "return 1") == {colours.keyword, colours.number}


def test_an_unknown_language_stays_without_colours(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    document = _document(style, services, "```nosuchlang\ndef f(): 1\n```\n\n```\ndef g(): 1\n```")
    until(services.is_idle)

    assert _colours(document, "def f(): 1") == _colours(document, "def g(): 1") == set()
    assert [written.name for written in document.written()] == ["", ""]


def test_fourteen_formulas_are_drawn_in_a_document(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    text = "\n\n".join(f"$${source}$$" for source in ORDINARY)
    document = _document(style, services, text)
    waiting = picture(document)
    until(lambda: all(isinstance(services.formula(FormulaJob(source, displayed=True)), Drawing)
                      for source in ORDINARY))  # fmt: skip
    until(lambda: document.size().height() > waiting.height() + 50)

    assert document.toPlainText().count("\ufffc") == 14
    drawn = picture(document)
    for index in range(14):
        room = document.rectangle(index).toAlignedRect()
        inside = drawn.copy(room)
        assert inside.height() >= 20
        colours = {inside.pixelColor(x, y).name()
                   for x in range(200, 560) for y in range(inside.height())}  # fmt: skip
        assert style.text in colours, ORDINARY[index]


def test_what_cannot_be_drawn_becomes_its_source_in_a_box(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    text = "a $\\unknown{x}$ b $速度$ c\n\n$$\\unknown{y}$$\n\n$$v=\\frac{路程}{时间}$$"
    document = _document(style, services, text)
    until(lambda: "\ufffc" not in document.toPlainText())

    assert document.firstBlock().text() == "a $\\unknown{x}$ b $速度$ c"
    assert [(block.kind, block.source) for block in document.blocks()] == [
        ("code", "\\unknown{y}"),
        ("code", "v=\\frac{路程}{时间}"),
    ]
    at_once = _document(style, services, text)
    assert described(document) == described(at_once)


def test_the_line_of_an_inline_formula_has_the_baseline_of_its_text(
    style: MarkdownStyle, services: RenderServices, until: Until
) -> None:
    """A dash of the text and the minus of a formula stand at nearly the same height."""
    job = FormulaJob("-", displayed=False)
    services.formula(job)
    until(lambda: isinstance(services.formula(job), Drawing))
    image = picture(_document(style, services, "– $-$"))
    dark = [(x, y) for y in range(image.height()) for x in range(100)
            if image.pixelColor(x, y).lightness() < 128]  # fmt: skip
    end_of_dash = min(x for x in range(100) if all(x != column for column, _y in dark) and x > 6)
    of_text = [y for x, y in dark if x < end_of_dash]
    right = max(x for x, _y in dark)
    of_formula = [y for x, y in dark if x > right - 6]

    assert of_text
    assert abs(sum(of_formula) / len(of_formula) - sum(of_text) / len(of_text)) < 2


def test_a_job_that_kills_the_process_has_no_answer_and_the_next_one_has(
    services: RenderServices, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = process.command()
    dying = [real[0], "-c", "import sys; sys.stdin.readline(); sys.exit(3)"]
    monkeypatch.setattr(process, "command", lambda: dying)
    arrivals = Arrivals(services)
    deadly, good = FormulaJob("x", displayed=True), FormulaJob("y", displayed=True)
    code = CodeJob("python", "x = 1")
    services.formula(deadly)
    until(lambda: deadly in arrivals.jobs)
    services.colours(code, is_whole=True)
    until(lambda: code in arrivals.jobs)
    monkeypatch.setattr(process, "command", lambda: real)
    services.formula(good)
    until(lambda: good in arrivals.jobs)

    assert services.formula(deadly) is NoDrawing.NONE
    known = services.colours(code, is_whole=True)
    assert known is not None
    assert known.lines == []
    assert isinstance(services.formula(good), Drawing)
    assert services.is_idle()


def test_without_a_process_everything_is_shown_as_it_is(
    style: MarkdownStyle,
    services: RenderServices,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "command", lambda: ["/no/such/program"])
    document = _document(style, services, "$x^2$ and $y$\n\n```python\nx = 1\n```")
    until(lambda: "\ufffc" not in document.toPlainText())

    assert document.firstBlock().text() == "$x^2$ and $y$"
    assert services.is_idle()


def test_nothing_is_asked_after_the_end(services: RenderServices) -> None:
    services.formula(FormulaJob("y", displayed=True))
    services.shut_down()

    assert services.formula(FormulaJob("x", displayed=True)) is NoDrawing.NONE
    assert services.colours(CodeJob("python", "x"), is_whole=True) is None
    assert services.is_idle()


def test_the_same_is_asked_once(services: RenderServices, until: Until) -> None:
    arrivals = Arrivals(services)
    job = FormulaJob("x", displayed=True)
    for _ in range(5):
        services.formula(job)
    until(services.is_idle)
    services.formula(job)

    assert arrivals.jobs == [job]
    assert services.is_idle()


def test_formulas_are_drawn_without_their_library_in_this_process(
    style: MarkdownStyle, services: RenderServices, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window's thread counts no step of it: importing it here would raise."""
    for name in ("ziamath", "latex2mathml", "pygments"):
        monkeypatch.setitem(sys.modules, name, None)
    arrivals = Arrivals(services)
    jobs = [FormulaJob(source, displayed=True) for source in hostile(60, seed=4)]
    answers: list[Any] = [services.formula(job) for job in jobs]
    asked = {job for job, answer in zip(jobs, answers, strict=True)
             if answer is NoDrawing.WAITING}  # fmt: skip
    until(services.is_idle)

    assert asked == set(arrivals.jobs)
    assert all(services.formula(job) is not NoDrawing.WAITING for job in jobs)


@pytest.mark.slow
def test_a_thousand_hostile_formulas_leave_the_window_alone(
    style: MarkdownStyle, services: RenderServices, until: Until, app: QApplication
) -> None:
    jobs = [FormulaJob(source, displayed=True) for source in hostile(1000)]
    for job in jobs:
        services.formula(job)
    until(services.is_idle)

    assert all(services.formula(job) is not NoDrawing.WAITING for job in jobs)
    assert services.is_idle()

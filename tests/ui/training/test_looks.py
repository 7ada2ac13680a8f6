"""The dialog of a training at its sizes, without a mouse, and for who does not see it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QWidget

from backends.training.events import TrainingEvaluated
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.clipping import clipped
from tests.helpers.scripted_tuner import began, kept, steps
from tests.ui.harness import until
from tests.ui.training.conftest import FormHands


@pytest.fixture(params=["en", "zh_CN"])
def filled(alone: FormHands, request: pytest.FixtureRequest) -> Iterator[FormHands]:
    """A dialog with data in it, in each language."""
    translations = Translations(request.getfixturevalue("app"))
    translations.use(request.param)
    alone.fill()
    alone.form.settings.more_button.click()
    alone.form.verdict.sum_button.click()
    yield alone
    translations.use("en")


@pytest.mark.parametrize("size", [(980, 700), (900, 560), (560, 480)])
def test_nothing_is_cut_off_while_it_is_asked(filled: FormHands, size: tuple[int, int]) -> None:
    filled.dialog.resize(*size)

    assert clipped(filled.dialog) == []


@pytest.mark.parametrize("size", [(980, 700), (640, 480)])
def test_nothing_is_cut_off_while_it_runs_and_afterwards(
    filled: FormHands, size: tuple[int, int]
) -> None:
    dialog = filled.dialog
    dialog.resize(*size)
    dialog.running.begin(Names(en="Baichuan Guide", zh="百川内置助手"))
    for event in (began(), *steps(1, 4), TrainingEvaluated(4, 1.0), kept(4)):
        dialog.running.read(event)
    dialog.pages.setCurrentWidget(dialog.running)
    assert clipped(dialog) == []
    dialog.stopped.show_end(4, 4, None)
    dialog.pages.setCurrentWidget(dialog.stopped)
    assert clipped(dialog) == []


def test_zoomed_it_is_whole(alone: FormHands, theme: Theme) -> None:
    alone.fill()
    theme.set_zoom(1.5)
    alone.dialog.resize(theme.px(700), theme.px(500))

    assert clipped(alone.dialog) == []


def test_every_control_can_be_reached_and_has_a_name(filled: FormHands) -> None:
    dialog = filled.dialog
    wanted = {
        widget
        for widget in dialog.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not isinstance(widget.parent(), QAbstractSpinBox)
    }
    unnamed = []
    for widget in wanted:
        known = QAccessible.queryAccessibleInterface(widget)
        if known is None or not known.text(QAccessible.Text.Name).strip():
            unnamed.append((type(widget).__name__, widget.objectName()))
    assert unnamed == []
    silent = [
        button.accessibleName()
        for button in dialog.findChildren(QAbstractButton)
        if button.isVisible() and not button.text() and not button.toolTip()
    ]
    assert silent == []
    first: QWidget = filled.form.model_list
    first.setFocus()
    widget, reached = first, set[QWidget]()
    for _ in range(100):
        reached.add(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
        now = dialog.focusWidget()
        assert now is not None
        widget = now
        if widget is first:
            break
    radios = set(filled.form.method.radios.values())  # of which one is a stop
    assert {type(one).__name__ for one in wanted - reached - radios} == set()


def test_the_chart_is_read_by_keys(alone: FormHands) -> None:
    chart = alone.dialog.running.chart
    alone.dialog.pages.setCurrentWidget(alone.dialog.running)
    for event in (began(), *steps(1, 4), TrainingEvaluated(2, 1.75)):
        chart.read(event)
    chart.repaint()
    chart.setFocus()
    until(chart.hasFocus)

    QTest.keyClick(chart, Qt.Key.Key_Home)
    QTest.keyClick(chart, Qt.Key.Key_Right)

    assert chart.accessibleDescription() == (
        "Step 2; Loss: 2.000; Loss of evaluation: 1.750; Learning rate: 2e-5"
    )
    QTest.keyClick(chart, Qt.Key.Key_End)
    assert chart.accessibleDescription().startswith("Step 4;")
    chart.clearFocus()
    assert chart.accessibleName() == "Curve of the loss"
    assert "Loss 4.000 at step 1, 1.000 at step 4" in chart.description


def test_the_mouse_tells_the_point_under_it(alone: FormHands) -> None:
    chart = alone.dialog.running.chart
    alone.dialog.pages.setCurrentWidget(alone.dialog.running)
    for event in (began(4), *steps(1, 4, 4)):
        chart.read(event)
    chart.repaint()
    assert chart._places is not None
    place = QPoint(int(chart._places.x(3)) + 2, chart.height() // 2)

    QTest.mouseMove(chart, place)
    until(lambda: chart._pointed is not None)

    assert chart._pointed is not None
    assert chart.figures(chart._pointed).splitlines()[0] == "Step 3"


def test_a_loss_out_of_bounds_is_drawn_all_the_same(alone: FormHands) -> None:
    chart = alone.dialog.running.chart
    alone.dialog.pages.setCurrentWidget(alone.dialog.running)
    chart.curve.add(1, math.inf, 1e-5)
    chart.curve.add(2, math.nan, 1e-5)
    chart.repaint()
    for number in range(3, 90):
        chart.curve.add(number, 2.0 if number % 7 else math.nan, 1e-5)
    chart.repaint()

    assert chart.curve.lowest is not None

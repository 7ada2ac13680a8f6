from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from baichuan_desktop.ui.look.colours import DARK, LIGHT, Colours
from baichuan_desktop.ui.look.stylesheet import stylesheet
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.contrast import contrast

#: Which text stands on which grounds.
ON = {
    "text": "window page hover selected bubble inline code caution_ground",
    "muted": "window page hover selected code caution_ground",
    "accent": "window page",
    "on_accent": "accent accent_hover",
    "continuation": "page",
    "keyword": "code",
    "string": "code",
    "comment": "code",
    "number": "code",
    "function": "code",
    "danger": "window page",
    "caution": "window page caution_ground",
}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_every_ground_it_stands_on(colours: Colours) -> None:
    weak = {
        (text, ground): round(found, 2)
        for text, grounds in ON.items()
        for ground in grounds.split()
        if (found := contrast(getattr(colours, text), getattr(colours, ground))) < 4.5
    }

    assert weak == {}


def test_contrast_is_counted_as_the_guidelines_count_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_a_theme_that_is_chosen_is_on_the_screen_at_once(app: QApplication, theme: Theme) -> None:
    heard: list[str] = []
    theme.changed.connect(lambda: heard.append(theme.colours.page))

    theme.use("dark")
    theme.use("dark")
    theme.use("light")

    assert heard == [DARK.page, LIGHT.page], "what is there already is not painted again"
    assert app.palette().base().color().name() == LIGHT.page


def test_the_system_decides_where_nobody_has_chosen(theme: Theme) -> None:
    theme.use("system")

    assert theme.colours is LIGHT, "the platform of the tests has a light palette"


def test_zoom_changes_text_lengths_and_style_sheet(app: QApplication, theme: Theme) -> None:
    label = QLabel("wide text")
    label.ensurePolished()
    before = label.sizeHint().width()

    theme.set_zoom(2.0)

    assert app.font().pixelSize() == 26
    assert theme.reading_font().pixelSize() == 30
    assert theme.px(52) == 104
    assert theme.px(1) == 1, "a hairline stays one"
    assert label.sizeHint().width() == pytest.approx(2 * before, rel=0.1)
    assert "border-radius: 16px" in stylesheet(LIGHT, 2.0)
    assert "border: 1px solid" in stylesheet(LIGHT, 2.0)


@pytest.mark.parametrize(("asked", "got"), [(0.1, 0.5), (99.0, 3.0), (1.1, 1.1)])
def test_zoom_has_limits(theme: Theme, asked: float, got: float) -> None:
    theme.set_zoom(asked)

    assert theme.zoom == got


@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.1, 3.0])
def test_no_length_of_the_style_sheet_becomes_nothing(zoom: float) -> None:
    lengths = re.findall(r"(\d+)px", stylesheet(LIGHT, zoom))

    assert len(lengths) > 50
    whole = re.findall(r"(\d+)px", stylesheet(LIGHT, 1.0))
    assert [one == "0" for one in lengths] == [one == "0" for one in whole]

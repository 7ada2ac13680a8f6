"""The curve as a picture in a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from backends.training.curve import Curve, CurvePoint, EvaluationPoint
from baichuan_desktop.ui.look.colours import LIGHT
from baichuan_desktop.ui.training.plot import write_plot

CURVE = Curve(
    tuple(CurvePoint(number, 4.0 / number, 2e-5) for number in range(1, 21)),
    (EvaluationPoint(10, 1.0), EvaluationPoint(20, 0.5)),
)


def colours(file: Path) -> set[str]:
    image = QImage(str(file))
    assert (image.width(), image.height()) == (1440, 900)
    return {
        QColor(image.pixel(x, y)).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    }


def test_loss_evaluations_and_rate_are_in_it(app: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "loss.png"
    file.write_text("what was there")

    write_plot(CURVE, file)

    assert file.read_bytes().startswith(b"\x89PNG\r\n")
    assert {LIGHT.accent, LIGHT.caution, LIGHT.keyword, LIGHT.page} <= colours(file)


def test_a_training_without_a_step_has_a_picture_too(app: QApplication, tmp_path: Path) -> None:
    write_plot(Curve(), tmp_path / "loss.png")

    assert LIGHT.accent in colours(tmp_path / "loss.png"), "of the legend"


def test_a_folder_that_is_not_there_cannot_be_made_from_a_file(
    app: QApplication, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        write_plot(CURVE, tmp_path / "file" / "loss.png")


def test_in_a_terminal_it_needs_no_screen_and_no_application(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from backends.training.curve import Curve, CurvePoint\n"
        "from baichuan_desktop.ui.training.plot import write_plot\n"
        "for name in ('one.png', 'two.png'):\n"
        "    write_plot(Curve((CurvePoint(1, 2.0, 0.1), CurvePoint(2, 1.0, 0.1))), Path(name))\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    environment["PYTHONPATH"] = ":".join(path for path in sys.path if path)

    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()

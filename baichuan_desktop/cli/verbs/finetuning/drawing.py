"""The loss curve of a training as a picture in the folder of its result."""

from __future__ import annotations

import shutil
from pathlib import Path

from backends.training.curve import curve_of
from backends.training.keeping.record import CURVE_FILE, read_curve

_NAME = "loss.png"


def draw_loss(folder: Path) -> Path:
    """Draw what the result in a folder tells of its steps; the picture's file.

    Raises OSError, and ImportError where Qt's libraries are not on this machine.
    """
    # Qt costs a tenth of a second and many megabytes, which nothing else of a training needs.
    from baichuan_desktop.ui.training.plot import write_plot

    curve = read_curve(folder)
    file = folder / _NAME
    write_plot(curve_of([*curve.steps, *curve.evaluations]), file)
    shutil.copymode(folder / CURVE_FILE, file)  # it can be read by whoever reads the result
    return file

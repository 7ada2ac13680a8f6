"""The jobs of the File menu, in its order. A new one is a line here, or in `jobs/offers.py`."""

from __future__ import annotations

from functools import partial

from baichuan_desktop.services.jobs.copies import ModelFiles
from baichuan_desktop.services.jobs.offers import OFFERS
from baichuan_desktop.services.measuring import quality, speed
from baichuan_desktop.ui.jobs.entry import JobEntry, copy_entry
from baichuan_desktop.ui.measuring.dialog import MeasureDialog
from baichuan_desktop.ui.measuring.quality import QUALITY
from baichuan_desktop.ui.measuring.speed import SPEED


def _every_model(_files: ModelFiles) -> bool:
    return True


COPIES = tuple(map(copy_entry, OFFERS))
MEASUREMENTS = (
    JobEntry(speed.MENU_TEXT, _every_model, partial(MeasureDialog, SPEED), is_single=True),
    JobEntry(quality.MENU_TEXT, _every_model, partial(MeasureDialog, QUALITY), is_single=True),
)

"""The jobs of the menu, in its order. A new one is a line here."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.jobs import merged, onnx_export, quantised, safetensors_copy
from baichuan_desktop.ui.jobs.entry import JobEntry, copy_entry
from baichuan_desktop.ui.measuring.dialog import MeasureDialog
from baichuan_desktop.ui.measuring.quality import QUALITY
from baichuan_desktop.ui.measuring.speed import SPEED
from baichuan_desktop.ui.training.entry import TRAINING

EXPORT = copy_entry(
    lambda: QCoreApplication.translate("JobEntries", "&Export for ONNX Runtime…"), onnx_export.OFFER
)
COPIES = (
    copy_entry(
        lambda: QCoreApplication.translate("JobEntries", "Qu&antise a copy…"), quantised.OFFER
    ),
    copy_entry(
        lambda: QCoreApplication.translate("JobEntries", "Convert to &safetensors…"),
        safetensors_copy.OFFER,
    ),
    EXPORT,
    copy_entry(
        lambda: QCoreApplication.translate("JobEntries", "Mer&ge an adapter into a copy…"),
        merged.OFFER,
    ),
)
TRAININGS = (TRAINING,)
MEASUREMENTS = (
    JobEntry(
        lambda: QCoreApplication.translate("JobEntries", "&Measure speed…"),
        partial(MeasureDialog, SPEED),
        is_single=True,
    ),
    JobEntry(
        lambda: QCoreApplication.translate("JobEntries", "&Compare quality…"),
        partial(MeasureDialog, QUALITY),
        is_single=True,
    ),
)

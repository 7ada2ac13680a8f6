"""Fine-tuning as the menu has it, and why it cannot be done where it cannot."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from backends.errors import TrainingSettingsError, UserFacingError
from backends.phrases import Phrase
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.jobs.copies import ModelFiles
from baichuan_desktop.services.training.checks.libraries import refusal as missing_library
from baichuan_desktop.ui.jobs.entry import JobEntry
from baichuan_desktop.ui.training.dialog import TrainingDialog


def refusal(files: ModelFiles | None) -> UserFacingError | None:
    """Why nothing can be fine-tuned here, or not a model with these files; None: it can."""
    error = off_here(Feature.FINE_TUNING) or missing_library()
    if error is None and files is not None and files.is_export:
        return TrainingSettingsError(
            Phrase("An export for ONNX Runtime holds nothing that could be trained"),
            hint="Choose the model that it was made of.",
        )
    return error


TRAINING = JobEntry(
    lambda: QCoreApplication.translate("JobEntries", "&Fine-tune…"),
    TrainingDialog,
    is_single=True,
    is_kept=True,
    refusal=refusal,
)

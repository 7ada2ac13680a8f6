"""The long jobs of the File menu. A new one is a class here, and an entry in JOB_KINDS."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.jobs import copies
from baichuan_desktop.services.jobs.copies import JobChoice, MadeCopy, ModelFiles
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.models import model_texts


class JobKind(ABC):
    """A job that writes a folder from the model in use, in an engine process of its own."""

    @abstractmethod
    def menu_text(self) -> str:
        """The entry of the File menu."""

    @abstractmethod
    def title(self) -> str:
        """The heading of its dialog."""

    @abstractmethod
    def explanation(self) -> str:
        """What comes of it, in a sentence or two."""

    @abstractmethod
    def running(self) -> str:
        """What the status bar says while it runs; the percentage follows."""

    @abstractmethod
    def is_for(self, files: ModelFiles) -> bool:
        """Whether a model with these files has this job."""

    @abstractmethod
    def choices(self, folder: Path) -> Sequence[JobChoice]:
        """What can be made of the model in `folder`, best first; not for the window's thread.

        Raises CheckpointError.
        """

    @abstractmethod
    def choice_text(self, choice: JobChoice) -> str:
        """A choice in a few words."""

    def done_text(self, made: MadeCopy) -> str:
        """What came of it, in a sentence."""
        text = QCoreApplication.translate("JobKinds", "“{name}” is listed.")
        return text.format(name=model_texts.name(made.listed))


def heading(what: str, model: InstalledModel) -> str:
    """What is made, and of which model."""
    text = QCoreApplication.translate("JobKinds", "{what}: {name}")
    return text.format(what=what, name=model_texts.name(model))


class QuantisedCopy(JobKind):
    """The model in 8 or 4 bits."""

    def menu_text(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "&Quantise a copy…")

    def title(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Quantise a copy")

    def explanation(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate(
            "JobKinds",
            "Writes a complete copy of the model with smaller weights, which loads faster than "
            "quantising at every start. The model itself stays as it is.",
        )

    def running(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Quantising a copy")

    def is_for(self, files: ModelFiles) -> bool:
        """See JobKind."""
        return not files.is_quantized and not files.is_export

    def choices(self, folder: Path) -> Sequence[JobChoice]:
        """See JobKind."""
        return copies.quantised_copies(folder)

    def choice_text(self, choice: JobChoice) -> str:
        """See JobKind."""
        texts = {
            "4bit": QCoreApplication.translate(
                "JobKinds", "4-bit NF4, as the 4-bit models were published"
            ),
            "8bit": QCoreApplication.translate("JobKinds", "8-bit, closest to the original"),
            "fp4": QCoreApplication.translate("JobKinds", "4-bit FP4, 4-bit floating point"),
        }
        return texts[choice.name]


class SafetensorsCopy(JobKind):
    """A .bin model as safetensors."""

    def menu_text(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Convert to &safetensors…")

    def title(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Convert to safetensors")

    def explanation(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate(
            "JobKinds",
            "Writes a complete copy of the model as safetensors, a format that cannot hold code. "
            "The weights are the same, and the model itself stays as it is.",
        )

    def running(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Converting a copy")

    def is_for(self, files: ModelFiles) -> bool:
        """See JobKind."""
        return files.has_bin and not files.is_quantized

    def choices(self, folder: Path) -> Sequence[JobChoice]:
        """See JobKind."""
        return copies.safetensors_copies(folder)

    def choice_text(self, _choice: JobChoice) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Weights as they are")


class OnnxExport(JobKind):
    """One more precision of the model, which ONNX Runtime runs."""

    def menu_text(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "&Export for ONNX Runtime…")

    def title(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Export for ONNX Runtime")

    def explanation(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate(
            "JobKinds",
            "Writes the model once more, for ONNX Runtime, which runs 4 and 8 bits well on a "
            "processor. It becomes one more precision of the model, which itself stays as it is.",
        )

    def running(self) -> str:
        """See JobKind."""
        return QCoreApplication.translate("JobKinds", "Exporting for ONNX Runtime")

    def is_for(self, files: ModelFiles) -> bool:
        """See JobKind."""
        return not files.is_quantized and not files.is_export

    def choices(self, folder: Path) -> Sequence[JobChoice]:
        """See JobKind."""
        return copies.onnx_exports(folder)

    def choice_text(self, choice: JobChoice) -> str:
        """See JobKind."""
        texts = {
            "int4": QCoreApplication.translate("JobKinds", "int4, in blocks of {count} weights"),
            "int8": QCoreApplication.translate("JobKinds", "int8, in blocks of {count} weights"),
            "fp16": QCoreApplication.translate("JobKinds", "fp16, for NVIDIA cards"),
            "fp32": QCoreApplication.translate("JobKinds", "fp32, for comparisons"),
        }
        return texts[choice.name].format(count=choice.block_size)

    def done_text(self, made: MadeCopy) -> str:
        """See JobKind."""
        if made.model is made.listed:  # its source is not listed
            return super().done_text(made)
        text = QCoreApplication.translate(
            "JobKinds", "“{name}” has one more precision: {precision}."
        )
        precision = made.wish.precision
        assert precision is not None, "an export is made at one"
        return text.format(name=model_texts.name(made.model), precision=precision.label)


JOB_KINDS: tuple[JobKind, ...] = (QuantisedCopy(), SafetensorsCopy(), OnnxExport())

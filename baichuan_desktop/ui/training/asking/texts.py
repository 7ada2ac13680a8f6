"""What settings of a training are called, in the language of the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication

from backends.training.values import (
    ALL_MATRICES,
    HEAD,
    Cadence,
    Compute,
    Device,
    Layout,
    Masking,
    Method,
    Schedule,
)


def method(which: Method) -> str:
    """What is trained, in a few words."""
    translate = QCoreApplication.translate
    names: Mapping[Method, str] = {
        Method.LORA: translate("TrainingTexts", "LoRA"),
        Method.QLORA: translate("TrainingTexts", "QLoRA"),
        Method.FULL: translate("TrainingTexts", "Full"),
    }
    return names[which]


def about_method(which: Method) -> str:
    """What comes of it, and what it takes."""
    translate = QCoreApplication.translate
    names: Mapping[Method, str] = {
        Method.LORA: translate("TrainingTexts", "a small adapter; the model stays as it is"),
        Method.QLORA: translate("TrainingTexts", "an adapter, on a model held in 4 bits"),
        Method.FULL: translate("TrainingTexts", "every weight; makes a whole new model"),
    }
    return names[which]


def schedule(which: Schedule) -> str:
    """How the learning rate goes."""
    translate = QCoreApplication.translate
    names: Mapping[Schedule, str] = {
        Schedule.CONSTANT: translate("TrainingTexts", "constant"),
        Schedule.CONSTANT_WITH_WARMUP: translate("TrainingTexts", "constant after a warm-up"),
        Schedule.LINEAR: translate("TrainingTexts", "falls in a line"),
        Schedule.COSINE: translate("TrainingTexts", "falls as a cosine"),
    }
    return names[which]


def masking(which: Masking) -> str:
    """Which tokens are learnt."""
    translate = QCoreApplication.translate
    names: Mapping[Masking, str] = {
        Masking.PUBLISHED: translate("TrainingTexts", "as published"),
        Masking.CHAT: translate("TrainingTexts", "as chat models are prompted"),
    }
    return names[which]


def layout(which: Layout) -> str:
    """How rows of a file are written."""
    translate = QCoreApplication.translate
    names: Mapping[Layout, str] = {
        Layout.AUTO: translate("TrainingTexts", "found out"),
        Layout.CONVERSATIONS: translate("TrainingTexts", "conversations"),
        Layout.ALPACA: translate("TrainingTexts", "instructions (alpaca)"),
        Layout.EXPORTED: translate("TrainingTexts", "exported by this app"),
    }
    return names[which]


def compute(which: Compute) -> str:
    """What is computed in."""
    if which is Compute.AUTO:
        return QCoreApplication.translate("TrainingTexts", "automatic")
    return str(which.value)


def device(which: Device) -> str:
    """Where it is computed."""
    translate = QCoreApplication.translate
    names: Mapping[Device, str] = {
        Device.AUTO: translate("TrainingTexts", "automatic"),
        Device.CPU: translate("TrainingTexts", "processor"),
    }
    return names[which]


def cadence(which: Cadence) -> str:
    """When something is done."""
    translate = QCoreApplication.translate
    names: Mapping[Cadence, str] = {
        Cadence.NO: translate("TrainingTexts", "never"),
        Cadence.STEPS: translate("TrainingTexts", "every so many steps"),
        Cadence.EPOCH: translate("TrainingTexts", "after each epoch"),
    }
    return names[which]


def targets(names: Sequence[str]) -> str:
    """Which matrices get an adapter."""
    translate = QCoreApplication.translate
    if tuple(names) == ("W_pack",):
        return translate("TrainingTexts", "W_pack (published)")
    if tuple(names) == (ALL_MATRICES,):
        return translate("TrainingTexts", "all matrices of a layer")
    if tuple(names) == (ALL_MATRICES, HEAD):
        return translate("TrainingTexts", "all matrices of a layer, and lm_head")
    return ", ".join(names)

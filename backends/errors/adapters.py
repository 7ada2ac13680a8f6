"""Errors of adapters that cannot be used."""

from __future__ import annotations

from pathlib import Path

from ..phrases import Phrase
from .base import UserFacingError, rebuild
from .checkpoint import CheckpointError, UnsafeCheckpointError

_WITHOUT_HINT = "The model answers without an adapter now."


class AdapterError(UserFacingError):
    """An adapter that cannot be used; the model goes on as it is."""

    help_topic = "adapters"


class NotAnAdapterError(AdapterError):
    """The folder lacks a file that every adapter has, or is no folder at all."""

    def __init__(self, folder: Path, what: str | Phrase) -> None:
        super().__init__(
            "“{folder}” is not an adapter's folder: {what}.",
            folder=str(folder),
            what=what,
            hint="Choose the folder that holds adapter_config.json and adapter_model.safetensors, "
            "both copied completely.",
        )


class DamagedAdapterError(AdapterError):
    """A file of an adapter does not hold what it should."""

    def __init__(self, file: Path, what: str | Phrase) -> None:
        super().__init__(
            "The file “{file}” of the adapter “{folder}” cannot be used: {what}.",
            file=file.name,
            folder=file.parent.name,
            what=what,
            hint="Copy the adapter again from where it comes.",
        )


class UnreadableAdapterError(AdapterError):
    """A file of an adapter was not downloaded, is of another form, or is a trap.

    `reason` is what the readers of models' files say of it.
    """

    def __init__(self, folder: Path, reason: CheckpointError) -> None:
        hint = reason.hint
        if isinstance(reason, UnsafeCheckpointError):
            hint = (
                "Nothing of it was executed or opened. Get the adapter from whoever made it, as a "
                ".safetensors file if there is one."
            )
        super().__init__(
            "The adapter “{folder}” cannot be read: {reason}",
            folder=folder.name,
            reason=Phrase(reason.template, **reason.facts),  # which ends the sentence
            hint=hint,
        )


class UnsupportedAdapterError(AdapterError):
    """An adapter of a kind, or with an option, that this app does not compute."""

    def __init__(self, folder: Path, what: str | Phrase, *, hint: str = "") -> None:
        super().__init__(
            "The adapter “{folder}” {what}.",
            folder=folder.name,
            what=what,
            hint=hint
            or "Merge it with the program that made it (merge_and_unload in PEFT), and open the "
            "folder that this writes.",
        )


class AdapterOnExportError(UnsupportedAdapterError):
    """An export for ONNX Runtime that is to answer with an adapter: its weights are in its graph.

    The model that it was made from can be exported with the adapter in it.
    """


def adapter_on_export(folder: Path) -> AdapterOnExportError:
    """The error of an adapter that an export for ONNX Runtime is to answer with."""
    return AdapterOnExportError(
        folder,
        "cannot be used with an export for ONNX Runtime",
        hint="Choose a precision of the model itself, such as bf16, or export the model with the "
        "adapter in it: baichuan-desktop export-onnx MODEL --adapter ADAPTER.",
    )


def without_adapter(error: UserFacingError) -> UserFacingError:
    """The same error, which says that the loaded model is left without an adapter."""
    told: str | Phrase = _WITHOUT_HINT
    if error.hint:
        hint = error.hint if isinstance(error.hint, Phrase) else Phrase(error.hint)
        told = Phrase("{hint} The model answers without an adapter now.", hint=hint)
    return rebuild(type(error), error.template, told, error.facts)


class WrongBaseError(AdapterError):
    """An adapter that was made for another model than the one it is to be used with."""

    def __init__(self, folder: Path, model: str, what: str | Phrase) -> None:
        super().__init__(
            "The adapter “{folder}” does not fit the model “{model}”: {what}.",
            folder=folder.name,
            model=model,
            what=what,
            hint="Use it with the model that it was made for.",
        )

"""One error of each kind that has to do with what lies around a conversation."""

from __future__ import annotations

from pathlib import Path

from backends import errors
from backends.errors import UserFacingError
from backends.errors.around_chat import batches, documents, exchange, own_data, own_folders, presets
from backends.phrases import Phrase

_WHAT = Phrase("it has more than {most} pages", most=10_000)

#: Those that are never raised themselves: they stand for all of their kind.
BASES: set[type[UserFacingError]] = {
    batches.BatchError, documents.DocumentError, exchange.ConversationImportError,
    own_data.OwnDataError, own_folders.DataFolderError, presets.PresetsError,
}  # fmt: skip

ERRORS: list[UserFacingError] = [
    errors.BackupNotMadeError(Path("/d/backups"), "no space left"),
    batches.RequestsFileError(Path("/x/a.jsonl"), "it is a folder"),
    batches.AnswersFileError(Path("/x/out.jsonl"), "no space left"),
    batches.NotAnswersError(Path("/x/out.jsonl"), 3),
    batches.WrongRequestError(2, Phrase("“{key}” is no text", key="prompt")),
    documents.DocumentUnreadableError("合同.pdf", "permission denied"),
    documents.DocumentKindError("a.zip", "it is an archive", hint="Unpack it."),
    documents.DocumentTooLargeError("合同.pdf", _WHAT),
    documents.DamagedDocumentError("a.docx", "it ends in its middle"),
    documents.EncryptedDocumentError("a.pdf"),
    documents.DocumentWithoutTextError("a.txt"),
    documents.DocumentWithoutTextError("a.pdf", pages=3),
    documents.DocumentTimeError("a.pdf", 120.0),
    documents.DocumentReaderError("a.pdf", Phrase("a library crashed ({text})", text="signal 11")),
    exchange.NotAnExportError(Path("/x/a.json")),
    exchange.DamagedExportError(Path("/x/a.json"), "it ends in its middle"),
    exchange.LargeExportError(Path("/x/a.json"), _WHAT),
    exchange.NewerExportError(Path("/x/a.zip")),
    exchange.ImportWhileOpenError(Path("/d")),
    exchange.ConversationExportError(Path("/x/a.md"), "no space left"),
    exchange.NothingToExportError(),
    own_data.BackupExistsError(Path("/x/all.zip")),
    own_data.BackupUnwritableError(Path("/x/all.zip"), "no space left"),
    own_data.NotABackupError(Path("/x/all.zip"), "its zip is damaged"),
    own_data.NewerBackupError(Path("/x/all.zip")),
    own_data.UnpackingError(Path("/c"), "no space left"),
    own_data.RestoreBesideError(Path("/x/all.zip")),
    own_data.PartNotRestoredError(Phrase("The part “{name}”", name="settings"), "no space left"),
    own_folders.DataFolderAwayError(Path("/mnt/stick"), Path("/c/data_folder.json")),
    own_folders.DataFolderUnknownError(Path("/c/data_folder.json"), "it is no JSON"),
    own_folders.DataMoveError(Path("/mnt/stick"), Phrase("“{name}” is in it", name="a")),
    presets.NotPresetsError(Path("/x/presets.json"), "it is no JSON"),
    presets.PresetsUnreadableError(Path("/d/presets.json"), "it is no JSON"),
    presets.PresetsNewerError(Path("/d/presets.json")),
    presets.PresetsUnwritableError(Path("/d/presets.json"), "no space left"),
    presets.PresetNameTakenError("翻译"),
    presets.TooManyPresetsError(200),
    presets.TooManyVariablesError(20),
    presets.UnknownPresetError("transltor", "translator"),
    presets.UnknownPresetError("nope"),
    presets.VariableMissingError("Minutes", "date"),
]

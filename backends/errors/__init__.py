"""Errors a person may see.

* UserFacingError (`base`)
    * CheckpointError (`checkpoint`): a folder that cannot be used
        * NotACheckpointError, ModelAwayError, ForeignModelError, NotDownloadedError,
          UnsupportedArchitectureError, DamagedCheckpointError, UnsafeCheckpointError,
          StrayLinkError, PortableExportError, ExportRefusedError (OutdatedExportError),
          NewerFormatError, TokenizerError
    * BackendError (`running`): BackendUnavailableError, InsufficientMemoryError, GpuLostError,
      CardUnavailableError
    * ConversationsError (`around_chat.conversations`): ConversationsUnwritableError,
          ConversationsDriveFullError, ConversationsInUseError, ConversationsNewerError,
          ConversationsDamagedError, BackupNotMadeError, NotConversationsError
    * DocumentError (`around_chat.documents`): DocumentUnreadableError, DocumentKindError,
          DocumentTooLargeError, DamagedDocumentError, EncryptedDocumentError,
          DocumentWithoutTextError, DocumentTimeError, DocumentReaderError
          ConversationsDamagedError, NotConversationsError
    * ConversationImportError (`around_chat.exchange`): NotAnExportError, DamagedExportError,
          LargeExportError, NewerExportError, ImportWhileOpenError
    * ConversationExportError, NothingToExportError (`around_chat.exchange`)
    * JobError (`jobs`): CopyTakenError, DiskFullError, SourceChangedError
    * QualityError (`jobs`)
    * AdapterError (`adapters`): NotAnAdapterError, DamagedAdapterError, UnreadableAdapterError,
          UnsupportedAdapterError (AdapterOnExportError), WrongBaseError
    * ImportRefusedError (`importing`)
    * ImportBrokenError (`importing`): SourceUnreadableError, TargetUnwritableError,
      ImportChangedError, DamagedSourceError, BadCopyError
    * RemovalError (`importing`): NoTrashError
    * NotAdmittedError (`admission`): LicenceNotAcceptedError (`licences`),
          PolicyError, PrecisionOffError, PolicyFileError, NotVerifiedError (`policy`),
          FailedVerificationError (`integrity`)
    * AcceptanceNotKeptError (`licences`)
    * DataFolderError (`around_chat`): DataFolderAwayError, DataFolderUnknownError, DataMoveError
    * GenerationError (`running`): ContextLengthExceededError, InvalidLogitsError,
      InvalidRequestError
    * PresetsError (`around_chat`): NotPresetsError, PresetsUnreadableError, PresetsNewerError,
      PresetsUnwritableError, PresetNameTakenError, TooManyPresetsError, TooManyVariablesError,
      UnknownPresetError, VariableMissingError
    * BatchError (`around_chat`): RequestsFileError, AnswersFileError, NotAnswersError,
          WrongRequestError
    * OwnDataError (`around_chat`): BackupExistsError, BackupUnwritableError, NotABackupError,
      NewerBackupError, UnpackingError, RestoreBesideError, PartNotRestoredError
    * ServerError (`serving`): ServerLibrariesError, PortTakenError, ServerStoppedError,
          KeyFileError, TlsFilesError, QueueFullError, NoModelServedError, ModelNotServedError
    * IntegrityError (`integrity`): SumsError, NewerManifestError
    * EngineError (`engine`): EngineCrashedError, EngineKilledError, EngineCardError,
      EngineEndedError, EngineProtocolError

A message is one sentence with the facts; a hint says what to do next. Constructors take facts
and build the sentence, so that every raise reads the same and tests compare facts.
"""

from __future__ import annotations

from .adapters import (
    AdapterError,
    AdapterOnExportError,
    DamagedAdapterError,
    NotAnAdapterError,
    UnreadableAdapterError,
    UnsupportedAdapterError,
    WrongBaseError,
)
from .admission import NotAdmittedError
from .around_chat.batches import (
    AnswersFileError,
    BatchError,
    NotAnswersError,
    RequestsFileError,
    WrongRequestError,
)
from .around_chat.conversations import (
    BackupNotMadeError,
    ConversationsDamagedError,
    ConversationsDriveFullError,
    ConversationsError,
    ConversationsInUseError,
    ConversationsNewerError,
    ConversationsUnwritableError,
    NotConversationsError,
)
from .around_chat.documents import (
    DamagedDocumentError,
    DocumentError,
    DocumentKindError,
    DocumentReaderError,
    DocumentTimeError,
    DocumentTooLargeError,
    DocumentUnreadableError,
    DocumentWithoutTextError,
    EncryptedDocumentError,
)
from .around_chat.exchange import (
    ConversationExportError,
    ConversationImportError,
    DamagedExportError,
    ImportWhileOpenError,
    LargeExportError,
    NewerExportError,
    NotAnExportError,
    NothingToExportError,
)
from .around_chat.own_data import (
    BackupExistsError,
    BackupUnwritableError,
    NewerBackupError,
    NotABackupError,
    OwnDataError,
    PartNotRestoredError,
    RestoreBesideError,
    UnpackingError,
)
from .around_chat.own_folders import (
    DataFolderAwayError,
    DataFolderError,
    DataFolderUnknownError,
    DataMoveError,
)
from .around_chat.presets import (
    NotPresetsError,
    PresetNameTakenError,
    PresetsError,
    PresetsNewerError,
    PresetsUnreadableError,
    PresetsUnwritableError,
    TooManyPresetsError,
    TooManyVariablesError,
    UnknownPresetError,
    VariableMissingError,
)
from .base import GIB, UserFacingError, apart_in_gib, in_gib, rebuild, system_reason
from .checkpoint import (
    CheckpointError,
    DamagedCheckpointError,
    ExportRefusedError,
    ForeignModelError,
    ModelAwayError,
    NewerFormatError,
    NotACheckpointError,
    NotDownloadedError,
    OutdatedExportError,
    PortableExportError,
    StrayLinkError,
    TokenizerError,
    UnsafeCheckpointError,
    UnsupportedArchitectureError,
)
from .engine import (
    EngineCardError,
    EngineCrashedError,
    EngineEndedError,
    EngineError,
    EngineKilledError,
    EngineProtocolError,
)
from .importing import (
    BadCopyError,
    DamagedSourceError,
    ImportBrokenError,
    ImportChangedError,
    ImportRefusedError,
    NoTrashError,
    RemovalError,
    SourceUnreadableError,
    TargetUnwritableError,
)
from .integrity import (
    FailedVerificationError,
    IntegrityError,
    NewerManifestError,
    SumsError,
)
from .jobs import CopyTakenError, DiskFullError, JobError, QualityError, SourceChangedError
from .licences import AcceptanceNotKeptError, LicenceNotAcceptedError
from .policy import NotVerifiedError, PolicyError, PolicyFileError, PrecisionOffError
from .running import (
    BackendError,
    BackendUnavailableError,
    CardUnavailableError,
    ContextLengthExceededError,
    GenerationError,
    GpuLostError,
    InsufficientMemoryError,
    InvalidLogitsError,
    InvalidRequestError,
)
from .serving import (
    KeyFileError,
    ModelNotServedError,
    NoModelServedError,
    PortTakenError,
    QueueFullError,
    ServerError,
    ServerLibrariesError,
    ServerStoppedError,
    TlsFilesError,
)

__all__ = [
    "GIB",
    "AcceptanceNotKeptError",
    "AdapterError",
    "AdapterOnExportError",
    "AnswersFileError",
    "BackendError",
    "BackendUnavailableError",
    "BackupExistsError",
    "BackupNotMadeError",
    "BackupUnwritableError",
    "BadCopyError",
    "BatchError",
    "CardUnavailableError",
    "CheckpointError",
    "ContextLengthExceededError",
    "ConversationExportError",
    "ConversationImportError",
    "ConversationsDamagedError",
    "ConversationsDriveFullError",
    "ConversationsError",
    "ConversationsInUseError",
    "ConversationsNewerError",
    "ConversationsUnwritableError",
    "CopyTakenError",
    "DamagedAdapterError",
    "DamagedCheckpointError",
    "DamagedDocumentError",
    "DamagedExportError",
    "DamagedSourceError",
    "DataFolderAwayError",
    "DataFolderError",
    "DataFolderUnknownError",
    "DataMoveError",
    "DiskFullError",
    "DocumentError",
    "DocumentKindError",
    "DocumentReaderError",
    "DocumentTimeError",
    "DocumentTooLargeError",
    "DocumentUnreadableError",
    "DocumentWithoutTextError",
    "EncryptedDocumentError",
    "EngineCardError",
    "EngineCrashedError",
    "EngineEndedError",
    "EngineError",
    "EngineKilledError",
    "EngineProtocolError",
    "ExportRefusedError",
    "FailedVerificationError",
    "ForeignModelError",
    "GenerationError",
    "GpuLostError",
    "ImportBrokenError",
    "ImportChangedError",
    "ImportRefusedError",
    "ImportWhileOpenError",
    "InsufficientMemoryError",
    "IntegrityError",
    "InvalidLogitsError",
    "InvalidRequestError",
    "JobError",
    "KeyFileError",
    "LargeExportError",
    "LicenceNotAcceptedError",
    "ModelAwayError",
    "ModelNotServedError",
    "NewerBackupError",
    "NewerExportError",
    "NewerFormatError",
    "NewerManifestError",
    "NoModelServedError",
    "NoTrashError",
    "NotABackupError",
    "NotACheckpointError",
    "NotAdmittedError",
    "NotAnAdapterError",
    "NotAnExportError",
    "NotAnswersError",
    "NotConversationsError",
    "NotDownloadedError",
    "NotPresetsError",
    "NotVerifiedError",
    "NothingToExportError",
    "OutdatedExportError",
    "OwnDataError",
    "PartNotRestoredError",
    "PolicyError",
    "PolicyFileError",
    "PortTakenError",
    "PortableExportError",
    "PrecisionOffError",
    "PresetNameTakenError",
    "PresetsError",
    "PresetsNewerError",
    "PresetsUnreadableError",
    "PresetsUnwritableError",
    "QualityError",
    "QueueFullError",
    "RemovalError",
    "RequestsFileError",
    "RestoreBesideError",
    "ServerError",
    "ServerLibrariesError",
    "ServerStoppedError",
    "SourceChangedError",
    "SourceUnreadableError",
    "StrayLinkError",
    "SumsError",
    "TargetUnwritableError",
    "TlsFilesError",
    "TokenizerError",
    "TooManyPresetsError",
    "TooManyVariablesError",
    "UnknownPresetError",
    "UnpackingError",
    "UnreadableAdapterError",
    "UnsafeCheckpointError",
    "UnsupportedAdapterError",
    "UnsupportedArchitectureError",
    "UserFacingError",
    "VariableMissingError",
    "WrongBaseError",
    "WrongRequestError",
    "apart_in_gib",
    "in_gib",
    "rebuild",
    "system_reason",
]

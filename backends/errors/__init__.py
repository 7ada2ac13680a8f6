"""Errors a person may see.

* UserFacingError (`base`)
    * CheckpointError (`checkpoint`): a folder that cannot be used
        * NotACheckpointError, ModelAwayError, ForeignModelError, NotDownloadedError,
          UnsupportedArchitectureError, DamagedCheckpointError, UnsafeCheckpointError,
          StrayLinkError, PortableExportError, ExportRefusedError (OutdatedExportError),
          NewerFormatError, TokenizerError
    * BackendError (`running`): BackendUnavailableError, InsufficientMemoryError, GpuLostError,
      CardUnavailableError
    * ConversationsError (`conversations`): ConversationsUnwritableError,
          ConversationsDriveFullError, ConversationsInUseError, ConversationsNewerError,
          ConversationsDamagedError, NotConversationsError
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
    * GenerationError (`running`): ContextLengthExceededError, InvalidLogitsError,
      InvalidRequestError
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
from .conversations import (
    ConversationsDamagedError,
    ConversationsDriveFullError,
    ConversationsError,
    ConversationsInUseError,
    ConversationsNewerError,
    ConversationsUnwritableError,
    NotConversationsError,
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

__all__ = [
    "GIB",
    "AcceptanceNotKeptError",
    "AdapterError",
    "AdapterOnExportError",
    "BackendError",
    "BackendUnavailableError",
    "BadCopyError",
    "CardUnavailableError",
    "CheckpointError",
    "ContextLengthExceededError",
    "ConversationsDamagedError",
    "ConversationsDriveFullError",
    "ConversationsError",
    "ConversationsInUseError",
    "ConversationsNewerError",
    "ConversationsUnwritableError",
    "CopyTakenError",
    "DamagedAdapterError",
    "DamagedCheckpointError",
    "DamagedSourceError",
    "DiskFullError",
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
    "InsufficientMemoryError",
    "IntegrityError",
    "InvalidLogitsError",
    "InvalidRequestError",
    "JobError",
    "LicenceNotAcceptedError",
    "ModelAwayError",
    "NewerFormatError",
    "NewerManifestError",
    "NoTrashError",
    "NotACheckpointError",
    "NotAdmittedError",
    "NotAnAdapterError",
    "NotConversationsError",
    "NotDownloadedError",
    "NotVerifiedError",
    "OutdatedExportError",
    "PolicyError",
    "PolicyFileError",
    "PortableExportError",
    "PrecisionOffError",
    "QualityError",
    "RemovalError",
    "SourceChangedError",
    "SourceUnreadableError",
    "StrayLinkError",
    "SumsError",
    "TargetUnwritableError",
    "TokenizerError",
    "UnreadableAdapterError",
    "UnsafeCheckpointError",
    "UnsupportedAdapterError",
    "UnsupportedArchitectureError",
    "UserFacingError",
    "WrongBaseError",
    "apart_in_gib",
    "in_gib",
    "rebuild",
    "system_reason",
]

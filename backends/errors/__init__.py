"""Errors a person may see.

* UserFacingError (`base`)
    * CheckpointError (`checkpoint`): a folder that cannot be used
        * NotACheckpointError, ForeignModelError, NotDownloadedError,
          UnsupportedArchitectureError, DamagedCheckpointError, UnsafeCheckpointError,
          PortableExportError, ExportRefusedError, NewerFormatError, TokenizerError
    * BackendError (`running`): BackendUnavailableError, InsufficientMemoryError, GpuLostError,
      CardUnavailableError
    * ConversationsError (`conversations`): ConversationsUnwritableError,
          ConversationsDriveFullError, ConversationsInUseError, ConversationsNewerError,
          ConversationsDamagedError, NotConversationsError
    * JobError (`jobs`): CopyTakenError, DiskFullError, SourceChangedError
    * QualityError (`jobs`)
    * GenerationError (`running`): ContextLengthExceededError, InvalidLogitsError,
      InvalidRequestError
    * EngineError (`engine`): EngineCrashedError, EngineKilledError, EngineCardError,
      EngineEndedError, EngineProtocolError

A message is one sentence with the facts; a hint says what to do next. Constructors take facts
and build the sentence, so that every raise reads the same and tests compare facts.
"""

from __future__ import annotations

from .base import GIB, UserFacingError, apart_in_gib, in_gib, rebuild, system_reason
from .checkpoint import (
    CheckpointError,
    DamagedCheckpointError,
    ExportRefusedError,
    ForeignModelError,
    NewerFormatError,
    NotACheckpointError,
    NotDownloadedError,
    PortableExportError,
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
from .jobs import CopyTakenError, DiskFullError, JobError, QualityError, SourceChangedError
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
    "BackendError",
    "BackendUnavailableError",
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
    "DamagedCheckpointError",
    "DiskFullError",
    "EngineCardError",
    "EngineCrashedError",
    "EngineEndedError",
    "EngineError",
    "EngineKilledError",
    "EngineProtocolError",
    "ExportRefusedError",
    "ForeignModelError",
    "GenerationError",
    "GpuLostError",
    "InsufficientMemoryError",
    "InvalidLogitsError",
    "InvalidRequestError",
    "JobError",
    "NewerFormatError",
    "NotACheckpointError",
    "NotConversationsError",
    "NotDownloadedError",
    "PortableExportError",
    "QualityError",
    "SourceChangedError",
    "TokenizerError",
    "UnsafeCheckpointError",
    "UnsupportedArchitectureError",
    "UserFacingError",
    "apart_in_gib",
    "in_gib",
    "rebuild",
    "system_reason",
]

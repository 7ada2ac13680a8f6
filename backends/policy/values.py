"""What a policy says, and what it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ..events import ModelKind
from ..model_config import ModelConfig
from ..precision import Precision


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed on this machine. The default is a machine without a policy: everything.

    Of an allowance, None is “all”, and an empty one is “none”.
    """

    file: Path | None = None  #: where it was read from; None: there is none
    contact: str | None = None  #: whom to ask, as the administrator wrote it
    #: Ids of released models, ids of entries of the site's registry, or paths of folders.
    models: frozenset[str] | None = None
    precisions: frozenset[Precision] | None = None
    folders: tuple[Path, ...] | None = None  #: below which models may lie
    #: Ids of adapters in the site's registry, SHA-256 of their files of tensors, paths or names of
    #: their folders.
    adapters: frozenset[str] | None = None
    imports: bool = True  #: models may be added, imported, removed
    exports_of_conversations: bool = True
    server: bool = True
    fine_tuning: bool = True
    remote_engines: bool = True
    code_execution: bool = True
    retention_days: int | None = None  #: conversations older than this are deleted; None: never
    licence_text: str | None = None  #: to be accepted before any model is loaded
    required_verification: bool = False  #: a model loads only once it was verified against a list
    #: Folders of the site's registry, by the ids that `models` names; read with the policy.
    entries: tuple[tuple[str, Path], ...] = ()
    adapter_entries: tuple[tuple[str, Path], ...] = ()  #: likewise of what `adapters` names


class Feature(Enum):
    """What a policy turns on or off as a whole; the values are its keys."""

    IMPORT = "import"  #: models are added, imported, removed, and lists of hashes taken in
    EXPORT_CONVERSATIONS = "export_conversations"
    SERVER = "server"
    FINE_TUNING = "fine_tuning"  #: models are trained on data of this machine
    REMOTE_ENGINES = "remote_engines"
    CODE_EXECUTION = "code_execution"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model as its files tell it, whatever a list says of it."""

    folder: Path
    config: ModelConfig
    kind: ModelKind
    stored: Precision | None  #: the quantised precision of the files; None: 16 or 32 bit
    files: tuple[Path, ...] = ()  #: the files whose content it is


@dataclass(frozen=True, slots=True)
class AdapterFacts:
    """An adapter as its folder tells it."""

    folder: Path
    files: tuple[Path, ...]  #: the files whose content it is
    sha256: Callable[[], str]  #: of the file of tensors, in hex; it is read when this is called

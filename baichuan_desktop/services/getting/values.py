"""What is told of a released model to somebody who does not have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.licences.values import LicenceText


class Tool(Enum):
    """A program that downloads, on a machine with a network."""

    HF = "hf"  #: of huggingface_hub 0.34 and later
    HUGGINGFACE_CLI = "huggingface-cli"  #: the same before
    MODELSCOPE = "modelscope"
    GIT_LFS = "git lfs"


class Site(Enum):
    """Where the weights were published."""

    HUGGINGFACE = "Hugging Face"
    MODELSCOPE = "ModelScope"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to download a model, in lines to be copied."""

    site: Site
    tool: Tool
    lines: tuple[str, ...]  #: for a shell, or a prompt of Windows
    revision: str | None  #: branch or tag; None: the one that a site gives by itself


class Use(Enum):
    """What the app does with a file of a download."""

    NEEDED = "needed"
    READ = "read"  #: where it is there
    LICENCE = "licence"
    UNUSED = "unused"  #: code, which is never run


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file, or several of one kind, that a complete download has."""

    name: str
    use: Use
    size: int | None = None  #: bytes; None: not established
    is_least: bool = False  #: it has at least so many
    others: tuple[str, ...] = ()  #: names that lie there in its place


@dataclass(frozen=True, slots=True)
class PrecisionHere:
    """What one precision of the model would take on this machine now."""

    precision: Precision
    backend: BackendName
    device_kind: DeviceKind
    device_name: str
    needed_bytes: int | None  #: on the device; None: it cannot run here, whatever the memory
    host_bytes: int  #: of the machine's memory beside it
    runs: bool
    is_chosen: bool  #: what “auto” would take
    sentence: Phrase  #: why it fits, or does not


@dataclass(frozen=True, slots=True)
class Getting:
    """Everything about getting one released model."""

    variant: Variant
    disk_bytes: int  #: of the weights as they were published
    memory: Sequence[PrecisionHere]  #: best first
    licence: LicenceText
    ways: Sequence[Way]  #: empty: no place is known that it was published at
    files: Sequence[ExpectedFile]
    folder_name: str  #: that the commands download into

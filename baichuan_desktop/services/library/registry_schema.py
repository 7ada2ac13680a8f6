"""What a registry file may say: its sections, their keys and their units.

Every section refuses keys that it does not know and values of another type.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    Strict,
    model_validator,
)
from pydantic_core.core_schema import literal_schema, no_info_after_validator_function

from backends import model_config
from backends.errors import UserFacingError
from backends.events import ModelKind
from backends.phrases import Phrase
from backends.precision import Precision

SCHEMA_VERSION = 1

#: A file names them, and strict is what a section is of the types of values.
Family = Annotated[model_config.Family, Strict(False)]
Kind = Annotated[ModelKind, Strict(False)]
_STORED = (Precision.BF16, Precision.INT8, Precision.NF4)
#: How the weights lie on disk. bf16 stands for both 16-bit types, and 4 bits for both of 4 bits.
StoredPrecision = Annotated[
    Precision,
    GetPydanticSchema(
        lambda *_: no_info_after_validator_function(
            Precision, literal_schema([precision.value for precision in _STORED])
        )
    ),
]


class RegistryLayer(Enum):
    """Who wrote an entry: only the person's own may be changed here."""

    SHIPPED = "shipped"
    SITE = "site"
    USER = "user"


class RegistryError(UserFacingError):
    """A registry file cannot be used; the sentence names the file and the place."""

    help_topic: ClassVar[str] = "registry"

    def __init__(
        self, source_name: str, what: str | Phrase, *, place: str = "", hint: str = ""
    ) -> None:
        place = " ".join(place.split())  # a key may hold a line break
        super().__init__(
            "{source} is wrong at {place}: {what}." if place else "{source} {what}.",
            hint=hint or "Correct the file at this place, or move it away, and start again.",
            source=source_name,
            place=place,
            what=what,
        )


def _require(holds: bool, what_is_wrong: str) -> None:
    if not holds:
        raise ValueError(what_is_wrong)


def _checked_id(value: str) -> str:
    is_id = re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,99}", value) is not None
    _require(is_id, "an id has only lower-case letters, digits, dots and hyphens")
    return value


def _checked_folder(value: str) -> str:
    _require(Path(value).is_absolute(), "the path of an installed model must be absolute")
    _require("\0" not in value, "a path cannot hold a NUL")
    return value


def _checked_version(value: object) -> object:
    _require(type(value) is int, "this must be a whole number")  # Literal[1] takes true and 1.0
    return value


def _names_from_text(value: object) -> object:
    return {"en": value, "zh": value} if isinstance(value, str) else value


Id = Annotated[str, AfterValidator(_checked_id)]
Count = Annotated[int, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]
MOST_NAME_LETTERS = 300
#: What stands in a row of a table; every row is as wide as the longest.
Name = Annotated[str, Field(min_length=1, max_length=MOST_NAME_LETTERS)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Names(_Section):
    """What a person reads, in both languages of the app."""

    en: Name
    zh: Name


class Shapes(_Section):
    """The sizes of a checkpoint's tensors, all in elements."""

    hidden_size: Count
    num_layers: Count
    num_heads: Count
    intermediate_size: Count
    vocab_size: Count

    @model_validator(mode="after")
    def _heads_divide_the_hidden_size(self) -> Shapes:
        divides = self.hidden_size % self.num_heads == 0
        _require(divides, "hidden_size is not a multiple of num_heads")
        return self

    @classmethod
    def of(cls, config: model_config.ModelConfig) -> Shapes:
        """Those that a checkpoint's config.json states. Raises ValueError for what is no model."""
        return cls(
            hidden_size=config.hidden_size,
            num_layers=config.num_layers,
            num_heads=config.num_heads,
            intermediate_size=config.intermediate_size,
            vocab_size=config.vocab_size,
        )

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return model_config.count_parameters(
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            num_layers=self.num_layers,
            intermediate_size=self.intermediate_size,
        )


class Licence(_Section):
    """Under which conditions weights may be used, each language in one paragraph.

    The disclaimer is what the publisher says of its liability and asks of everybody. A file of an
    earlier version has none.
    """

    name: Text
    conditions: Text
    conditions_zh: Text
    disclaimer: Text | None = None
    disclaimer_zh: Text | None = None
    commercial_use: Literal["allowed", "on-application", "not-allowed"]

    @model_validator(mode="after")
    def _disclaimer_is_in_both_languages(self) -> Licence:
        is_in_both = (self.disclaimer is None) == (self.disclaimer_zh is None)
        _require(is_in_both, "disclaimer and disclaimer_zh stand together")
        return self


class Sources(_Section):
    """Where weights were published. Only shown to a person: the app never connects."""

    huggingface: Text | None = None  #: owner/repository
    modelscope: Text | None = None  #: owner/repository
    revision: Text | None = None  #: branch or tag on Hugging Face; None is `main`


class Sampling(_Section):
    """What earlier versions showed of a model's sampling; its own folder says how it is sampled.

    Layers that were written for them may hold it: it is checked, and used for nothing.
    """

    do_sample: bool  #: False always takes the likeliest token
    temperature: float = Field(gt=0)
    top_k: int = Field(ge=0)  #: candidates kept; 0 keeps all
    top_p: float = Field(gt=0, le=1)
    repetition_penalty: float = Field(gt=0)  #: 1 is none
    max_new_tokens: Count


class FamilySection(_Section):
    """What the variants of a family share."""

    shapes: Shapes
    context_length: Count  #: tokens, prompt and answer together
    licence: Text  #: a key of `licences`
    published_memory_gib: dict[StoredPrecision, Annotated[float, Field(gt=0)]]
    #: Points of benchmarks that the published 4-bit chat model lost against the 16-bit one.
    published_4bit_loss: Annotated[float, Field(ge=0)] | None = None


class PublishedScores(_Section):
    """What the publisher measured of a model with benchmarks."""

    source: Text  #: where that was published
    points: dict[Text, Annotated[float, Field(ge=0, le=100)]]  #: by benchmark, of 100


class FileSection(_Section):
    """What a file of a model is known to be."""

    size: Annotated[int, Field(ge=0)]  #: bytes
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelSection(_Section):
    """One released variant; what it leaves out comes from its family."""

    id: Id
    name: Names
    family: Family
    kind: Kind
    precision: StoredPrecision
    torch_dtype: Literal["float16", "bfloat16", "float32"] | None = None
    parameters: Count
    weights_bytes: Count
    sources: Sources
    shapes: Shapes | None = None
    context_length: Count | None = None
    licence: Text | None = None
    published_memory_gib: dict[StoredPrecision, Annotated[float, Field(gt=0)]] | None = None
    published_scores: PublishedScores | None = None
    sampling: Text | None = None  #: see `Sampling`
    training_tokens: Count | None = None  #: only on a checkpoint from the middle of training
    prompt_turns: Count | None = None  #: most turns of a conversation that it is given; None: all
    files: dict[Text, FileSection] = {}  #: by path in the folder; what a site says it must be
    bundled: bool = False


class InstalledSection(_Section):
    """One model that lies on this machine."""

    id: Id
    path: Annotated[str, Field(max_length=4096), AfterValidator(_checked_folder)]
    family: Family
    kind: Kind
    context_length: Count
    name: Annotated[Names | None, BeforeValidator(_names_from_text)] = None
    variant: Id | None = None
    bundled: bool = False
    export_of: Id | None = None  #: the model that this is an export of, for ONNX Runtime
    export_stamp: str | None = None  #: changes with the weights of that model
    copied: bool = False  #: the app put it into a model folder of its own, and may remove it
    drive: Text | None = None  #: the mount point or drive letter that it lay on when it was added
    repository: Text | None = None  #: what it was published as: owner/name, with “@revision” or not
    added: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None  #: ISO date
    files: dict[Text, FileSection] = {}  #: by path in the folder; what a site says of its files


class AdapterSection(_Section):
    """One adapter that lies on this machine."""

    id: Id
    path: Annotated[str, Field(max_length=4096), AfterValidator(_checked_folder)]
    base: Id  #: of the installed model that it was added for
    variant: Id | None = None  #: of that model: copies of it take the adapter too
    name: Annotated[Names | None, BeforeValidator(_names_from_text)] = None
    copied: bool = False  #: this, and what follows: see `InstalledSection`
    drive: Text | None = None
    repository: Text | None = None
    added: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None  #: ISO date
    files: dict[Text, FileSection] = {}


class RegistryFile(_Section):
    """One file of the registry, alone: its references may lead to earlier files."""

    schema_version: Annotated[Literal[1], BeforeValidator(_checked_version)]
    licences: dict[str, Licence] = {}
    families: dict[Family, FamilySection] = {}
    sampling: dict[str, Sampling] = {}  #: see `Sampling`
    models: Annotated[tuple[ModelSection, ...], Strict(False)] = ()
    installed: Annotated[tuple[InstalledSection, ...], Strict(False)] = ()
    adapters: Annotated[tuple[AdapterSection, ...], Strict(False)] = ()

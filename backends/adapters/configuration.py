"""What adapter_config.json says: every option that changes a result is understood, or refused.

The options are those of PEFT from 0.2 to 0.21. One that this app does not know is left out where it
says nothing (null, false, empty), as PEFT writes all of its options; otherwise it is refused by its
name, because an answer that looks right and is not would be worse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import DamagedAdapterError, UnsupportedAdapterError
from ..model_config import shown, whole_number
from ..phrases import Phrase
from .layer_names import OfLayers, Targets, Value, plain_name

#: Far above the width of every released model, far below what would exhaust memory.
MAX_RANK: Final = 16_384
_MAX_ALPHA = 1e9
_MAX_NAMES = 10_000
_MAX_SAVED = 100  #: of which each is compared with each name
_MAX_LETTERS = 500

#: What changes no result once an adapter is trained, whatever it is.
_WITHOUT_EFFECT = frozenset({
    "auto_mapping", "inference_mode", "lora_dropout", "megatron_core", "merge_weights",
    "ensure_weight_tying", "peft_version", "revision", "base_model_name_or_path",
    # How its first values are found; `init_lora_weights` says whether that changed the base.
    "corda_config", "eva_config", "loftq_config", "lora_ga_config",
    "qalora_group_size",  # which `use_qalora` turns on
})  # fmt: skip
_READ = frozenset({
    "peft_type", "task_type", "r", "lora_alpha", "use_rslora", "use_dora", "rank_pattern",
    "alpha_pattern", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern",
    "modules_to_save", "bias", "init_lora_weights",
})  # fmt: skip
_EMPTY = (None, False, 0, "", "none", "NONE")
#: First values that leave the base as it is.
_PLAIN_STARTS = ("gaussian", "orthogonal", "eva", "mica", "true", "false")
#: First values that are taken out of the base's weights, which training then goes on without.
_CHANGED_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """The options of a LoRA adapter that a result depends on."""

    ranks: OfLayers[int]
    alphas: OfLayers[float]
    targets: Targets
    saved: tuple[str, ...] = ()  #: ends of the names of modules that are replaced
    use_rslora: bool = False
    use_dora: bool = False

    def scale_of(self, layer: str) -> float:
        """What up @ down is multiplied by."""
        rank = self.ranks.of(layer)
        return self.alphas.of(layer) / (math.sqrt(rank) if self.use_rslora else rank)


def read_configuration(file: Path, data: Mapping[str, object]) -> AdapterConfig:
    """The options in `data`, which `file` holds. Raises AdapterError."""
    return _Reader(file, data).read()


class _Reader:
    def __init__(self, file: Path, data: Mapping[str, object]) -> None:
        self._file = file
        self._data = data

    def read(self) -> AdapterConfig:
        """The options. Raises AdapterError."""
        self._require_kind()
        self._require_known()
        return AdapterConfig(
            ranks=self._of_layers("r", "rank_pattern", self._rank),
            alphas=self._of_layers("lora_alpha", "alpha_pattern", self._number),
            targets=self._targets(),
            saved=self._names("modules_to_save", _MAX_SAVED),
            use_rslora=self._switch("use_rslora"),
            use_dora=self._switch("use_dora"),
        )

    # --- what it is ----------------------------------------------------------------------

    def _require_kind(self) -> None:
        kind = self._data.get("peft_type")
        if kind is None:
            raise DamagedAdapterError(
                self._file, Phrase("“{option}” is missing", option="peft_type")
            )
        if kind != "LORA":
            raise self._unsupported(
                Phrase("is of the kind {kind}, and this app runs LORA only", kind=shown(kind))
            )
        task = self._data.get("task_type")
        if task not in (None, "", "CAUSAL_LM"):
            raise self._unsupported(
                Phrase("was made for the task {task}, and not to write text", task=shown(task))
            )

    def _require_known(self) -> None:
        """Raise UnsupportedAdapterError for an option that is set and is not known here."""
        for option, value in self._data.items():
            if option in _READ or option in _WITHOUT_EFFECT or _says_nothing(value):
                continue
            raise self._sets(option, value)
        if not _says_nothing(bias := self._data.get("bias")):
            raise self._sets("bias", bias)
        start = self._data.get("init_lora_weights", True)
        name = start.lower() if isinstance(start, str) else ""
        if name.startswith(_CHANGED_BASE):
            raise UnsupportedAdapterError(
                self._file.parent,
                Phrase(
                    "was trained on a base that “init_lora_weights” {start} had changed",
                    start=shown(start),
                ),
                hint="Save it once more as a plain LoRA adapter: save_pretrained of PEFT with "
                "path_initial_model_for_weight_conversion.",
            )
        if not isinstance(start, bool) and start is not None and name not in _PLAIN_STARTS:
            raise self._sets("init_lora_weights", start)

    def _sets(self, option: str, value: object) -> UnsupportedAdapterError:
        return self._unsupported(
            Phrase(
                "sets “{option}” to {value}, which this app does not compute",
                option=option[:100],
                value=shown(value),
            )
        )

    def _unsupported(self, what: Phrase) -> UnsupportedAdapterError:
        return UnsupportedAdapterError(self._file.parent, what)

    # --- values --------------------------------------------------------------------------

    def _wrong(self, option: str, value: object, wanted: Phrase) -> DamagedAdapterError:
        return DamagedAdapterError(
            self._file,
            Phrase(
                "“{option}” is {value}, which is not {wanted}",
                option=option[:100],
                value=shown(value),
                wanted=wanted,
            ),
        )

    def _rank(self, option: str, value: object) -> int:
        rank = whole_number(value)
        if rank is None or not 1 <= rank <= MAX_RANK:
            wanted = Phrase("a whole number from {low} to {high}", low=1, high=MAX_RANK)
            raise self._wrong(option, value, wanted)
        return rank

    def _number(self, option: str, value: object) -> float:
        # Compared, and not converted: a whole number may be larger than any float.
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not -_MAX_ALPHA <= value <= _MAX_ALPHA
        ):
            raise self._wrong(option, value, Phrase("a number that can be computed with"))
        return float(value)

    def _switch(self, option: str) -> bool:
        value = self._data.get(option)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self._wrong(option, value, Phrase("true or false"))
        return value

    def _names(self, option: str, most: int = _MAX_NAMES) -> tuple[str, ...]:
        value = self._data.get(option)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(option, value, Phrase("a list of names"))
        for name in value:
            if not isinstance(name, str) or not 0 < len(name) <= _MAX_LETTERS:
                raise self._wrong(option, name, Phrase("a name"))
        return tuple(value)

    def _of_layers(
        self, option: str, others: str, read: Callable[[str, object], Value]
    ) -> OfLayers[Value]:
        """What an option says of all layers, and `others` of those that it names."""
        patterns = self._data.get(others)
        if patterns is None:
            patterns = {}
        if not isinstance(patterns, dict) or len(patterns) > _MAX_NAMES:
            raise self._wrong(others, patterns, Phrase("a mapping of names"))
        by_ending: dict[str, tuple[int, Value]] = {}
        by_name: dict[str, tuple[int, Value]] = {}
        for place, (pattern, value) in enumerate(patterns.items()):
            plain = plain_name(pattern)
            if plain is None:
                raise self._unsupported(
                    Phrase(
                        "names layers in “{option}” by the pattern “{pattern}”, and this app "
                        "compares plain names only",
                        option=others,
                        pattern=pattern[:100],
                    )
                )
            name, is_whole = plain
            found = place, read(f"{others} of {name}", value)
            (by_name if is_whole else by_ending).setdefault(name, found)
        return OfLayers(read(option, self._data.get(option, 8)), by_ending, by_name)

    def _targets(self) -> Targets:
        excluded: frozenset[str] | None = None
        if not isinstance(self._data.get("exclude_modules"), str):
            excluded = frozenset(self._names("exclude_modules"))
        named = self._data.get("target_modules")
        if isinstance(named, str) or named is None:
            return Targets(excluded=excluded)  # “all-linear”, or an expression: PEFT runs it
        return Targets(frozenset(self._names("target_modules")), excluded, self._layers())

    def _layers(self) -> frozenset[int] | None:
        value = self._data.get("layers_to_transform")
        numbers = value if isinstance(value, list) else [] if value is None else [value]
        if not numbers:
            return None
        if len(numbers) > _MAX_NAMES or any(type(number) is not int for number in numbers):
            raise self._wrong("layers_to_transform", value, Phrase("a list of numbers of layers"))
        pattern = self._data.get("layers_pattern")
        if not (_says_nothing(pattern) or pattern == "layers" or pattern == ["layers"]):
            raise self._sets("layers_pattern", pattern)
        return frozenset(numbers)


def _says_nothing(value: object) -> bool:
    """Whether an option is as if it were not there."""
    if isinstance(value, list | dict):
        return not value
    return value in _EMPTY

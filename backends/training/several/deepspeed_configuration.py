"""What a configuration of DeepSpeed says, checked before DeepSpeed or a model is loaded.

Keys that are not known here are DeepSpeed's: they go to it as they are. `auto` is filled from the
settings by transformers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from ...errors import DeepSpeedFileError
from ...files.plain_file import read_plain
from ...files.small_files import not_read
from ...phrases import Phrase
from ..values import Compute, TrainingRequest

_MAX_BYTES: Final = 2**20
_SHIPPED: Final = Path(__file__).parents[1] / "configurations"
#: By the names of the published files: Baichuan 2's ZeRO-3, and Baichuan-13B's ZeRO-2.
SHIPPED_NAMES: Final = ("ds_config.json", "deepspeed.json")
_AUTO: Final = "auto"
_GATHER: Final = "stage3_gather_16bit_weights_on_model_save"


@dataclass(frozen=True, slots=True)
class DeepSpeedConfiguration:
    """A configuration that was read and checked."""

    file: Path
    values: Mapping[str, Any]  #: the whole of it, as DeepSpeed and transformers take it
    stage: int  #: of ZeRO: 1 shares the optimiser, 2 gradients too, 3 weights too
    notes: tuple[Phrase, ...]  #: what was changed, and why


def configuration_file(given: str) -> Path:
    """The file that is meant: the person's own, or one that ships with the app.

    Raises DeepSpeedFileError.
    """
    own = Path(given)
    if own.is_file():
        return own
    if given in SHIPPED_NAMES:
        return _SHIPPED / given
    what = Phrase(
        "there is no such file, and those of the app are called {names}",
        names=" and ".join(SHIPPED_NAMES),
    )
    raise DeepSpeedFileError(own, what)


def read_configuration(file: Path) -> DeepSpeedConfiguration:
    """A configuration, strictly as JSON: no comments, no key twice. Raises DeepSpeedFileError."""
    try:
        values = json.loads(
            read_plain(file, _MAX_BYTES).decode("utf-8-sig"),
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
        )
    except _TwiceError as error:
        what = Phrase("“{key}” stands in it twice", key=error.key)
        raise DeepSpeedFileError(file, what) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DeepSpeedFileError(file, Phrase("it is not readable as JSON")) from error
    except (OSError, ValueError) as error:
        raise DeepSpeedFileError(file, not_read(error)) from error
    if not isinstance(values, dict):
        raise DeepSpeedFileError(file, Phrase("it is not a JSON object"))
    for path, (is_right, wanted) in _KNOWN.items():
        found = _at(values, path, file)
        if found is not None and not is_right(found):
            what = Phrase(
                "{key} is {value}, and not {wanted}",
                key=".".join(path), value=json.dumps(found, ensure_ascii=False), wanted=wanted,
            )  # fmt: skip
            raise DeepSpeedFileError(file, what)
    _require_one_precision(values, file)
    stage = int(_at(values, ("zero_optimization", "stage"), file) or 0)
    if stage == 0:
        raise DeepSpeedFileError(file, Phrase("zero_optimization.stage is not 1, 2 or 3"))
    if stage == 3 and _at(values, ("zero_optimization", _GATHER), file) is not True:
        zero = {**values["zero_optimization"], _GATHER: True}
        note = Phrase(
            "{key} is taken as true: without it the result would hold no weights.", key=_GATHER
        )
        return DeepSpeedConfiguration(file, {**values, "zero_optimization": zero}, stage, (note,))
    return DeepSpeedConfiguration(file, values, stage, ())


def computed_in(configuration: DeepSpeedConfiguration, asked: Compute) -> Compute:
    """What is computed in, which a configuration may decide. Raises DeepSpeedFileError."""
    enabled = {
        one: _at(configuration.values, (one.value, "enabled"), configuration.file) or False
        for one in (Compute.BF16, Compute.FP16)
    }
    for one, value in enabled.items():
        is_other = value is True and asked not in (Compute.AUTO, one)
        if is_other or (value is False and asked is one):
            raise _contradiction(configuration, f"{one.value}.enabled", value, asked.value)
    if asked is not Compute.AUTO:
        return asked
    # What it enables for sure, then what it leaves to the settings.
    for wanted in (True, _AUTO):
        for one, value in enabled.items():
            if value == wanted:
                return one
    return Compute.FP32


def require_agreement(configuration: DeepSpeedConfiguration, request: TrainingRequest) -> None:
    """Raise DeepSpeedFileError if a number of the configuration is not that of the settings."""
    computed_in(configuration, request.compute)
    wanted = request.optimization
    told: dict[tuple[str, ...], object] = {
        ("train_micro_batch_size_per_gpu",): wanted.batch_size,
        ("gradient_accumulation_steps",): wanted.accumulation,
        ("gradient_clipping",): wanted.max_grad_norm,
        ("optimizer", "params", "lr"): wanted.learning_rate,
        ("optimizer", "params", "betas"): [wanted.beta1, wanted.beta2],
        ("optimizer", "params", "eps"): wanted.epsilon,
        ("optimizer", "params", "weight_decay"): wanted.weight_decay,
    }
    for path, setting in told.items():
        found = _at(configuration.values, path, configuration.file)
        if found not in (None, _AUTO, setting):
            raise _contradiction(configuration, ".".join(path), found, setting)


def _contradiction(
    configuration: DeepSpeedConfiguration, key: str, found: object, setting: object
) -> DeepSpeedFileError:
    what = Phrase(
        "{key} is {value} there, and {setting} in the settings; “auto” takes the settings'",
        key=key, value=json.dumps(found, ensure_ascii=False), setting=json.dumps(setting),
    )  # fmt: skip
    return DeepSpeedFileError(configuration.file, what)


def _require_one_precision(values: Mapping[str, Any], file: Path) -> None:
    both = ("fp16", "bf16")
    if all(_at(values, (name, "enabled"), file) is True for name in both):
        raise DeepSpeedFileError(file, Phrase("it enables both fp16 and bf16"))


def _at(values: Mapping[str, Any], path: Sequence[str], file: Path) -> Any:
    """The value behind some keys; None where there is none. Raises DeepSpeedFileError."""
    found: Any = values
    for depth, key in enumerate(path):
        if not isinstance(found, dict):
            what = Phrase("{key} is no object", key=".".join(path[:depth]))
            raise DeepSpeedFileError(file, what)
        if key not in found:
            return None
        found = found[key]
    return found


class _TwiceError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON", "", 0)


def _is_switch(value: object) -> bool:
    return value == _AUTO or isinstance(value, bool)


def _is_number(value: object) -> bool:
    is_plain = isinstance(value, int | float) and not isinstance(value, bool)
    return value == _AUTO or (is_plain and math.isfinite(value) and value >= 0)  # type: ignore[arg-type, operator]


def _is_count(value: object) -> bool:
    is_plain = isinstance(value, int) and not isinstance(value, bool)
    return value == _AUTO or (is_plain and value >= 1)  # type: ignore[operator]


def _is_off(value: object) -> bool:
    return value is False


def _is_stage(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3


_SWITCH: Final = (_is_switch, Phrase("true, false or “auto”"))
_NUMBER: Final = (_is_number, Phrase("a number or “auto”"))
_COUNT: Final = (_is_count, Phrase("a whole number from 1 on or “auto”"))
_OFF: Final = (_is_off, Phrase("false: nothing is reported to anybody"))
#: What this app asks of a configuration; DeepSpeed checks the rest.
_KNOWN: Final[Mapping[tuple[str, ...], tuple[Callable[[object], bool], Phrase]]] = {
    ("train_micro_batch_size_per_gpu",): _COUNT,
    ("gradient_accumulation_steps",): _COUNT,
    ("gradient_clipping",): _NUMBER,
    ("fp16", "enabled"): _SWITCH,
    ("bf16", "enabled"): _SWITCH,
    ("zero_optimization", "stage"): (_is_stage, Phrase("0, 1, 2 or 3")),
    ("zero_optimization", _GATHER): _SWITCH,
    # They reach out, or write into folders of their own.
    ("wandb", "enabled"): _OFF,
    ("comet", "enabled"): _OFF,
    ("tensorboard", "enabled"): _OFF,
    ("csv_monitor", "enabled"): _OFF,
}

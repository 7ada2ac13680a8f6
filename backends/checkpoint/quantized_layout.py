"""How the matrices of a quantised checkpoint lie in its files. Imports no torch.

Three layouts, each recognised and checked name by name, shape by shape:

* bitsandbytes' own, as transformers writes it: `W.weight` with `W.weight.absmax`, … (4 bits), or
  with `W.SCB` (8 bits);
* the published *-Chat-4bits: `W.weight.data` and a list `W.weight.quant_state`;
* the published Baichuan-13B int8: `W.weight` transposed, int8 [in, out], and `W.scale`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from ..errors import DamagedCheckpointError, ForeignModelError
from ..files.tensor_files import TensorRecord, Value
from ..model_config import ModelConfig, shown
from ..phrases import Phrase
from ..precision import FOUR_BIT_BLOCK, SCALE_BLOCK, Precision

PLAIN_HINT = (
    "Take the model in 16 bits as it was published, from which this app makes 8 or 4 bits itself."
)

#: Between the name of a matrix and the place of a value, in the published 4-bit layout.
_STATE = ".weight.quant_state."
_MAX_DESCRIPTION_BYTES = 4_096  # the JSON of bitsandbytes' layout has 120 and more


class Layout(Enum):
    """How the parts of a quantised matrix are named and stored, by the program that wrote them."""

    BITSANDBYTES = "bitsandbytes"
    PUBLISHED_4BIT = "published 4-bit"
    PUBLISHED_INT8 = "published int8"


@dataclass(frozen=True, slots=True)
class QuantizedMatrix:
    """One linear weight [out, in] in parts.

    The parts of 4 bits: `weight` uint8 [n/2, 1], two values a byte, the high one first; `absmax`,
    a scale a block (uint8 if the scales are quantised again, else fp32); `quant_map` fp32 [16];
    with quantised scales `nested_absmax`, `nested_quant_map` fp32 [256], and either `quant_state`
    (JSON bytes, bitsandbytes' layout) or `offset` fp32 []. Of 8 bits: `weight` int8, `SCB` or
    `scale` fp32 or 16-bit [out].
    """

    layout: Layout
    precision: Precision
    shape: tuple[int, int]
    parts: Mapping[str, TensorRecord]

    def unreadable(self, name: str) -> DamagedCheckpointError:
        """The error for scales that a library cannot read; `name` is that of the layer."""
        what = Phrase("the scales of “{name}” are not readable", name=name)
        return DamagedCheckpointError(self.parts["weight"].file, what)


def recognise(records: Mapping[str, TensorRecord]) -> tuple[Layout, Precision] | None:
    """The layout and precision of a checkpoint, or None if its weights are plain.

    The tensors alone decide: config.json is often that of another copy of the model, such as the
    one that a fine-tune was merged from.
    """
    marks = {mark for name in records for mark in _MARKS if mark in name}
    for mark, found in _MARKS.items():
        if mark in marks:
            return found
    matrix = records.get("model.layers.0.self_attn.W_pack.weight")
    if matrix is not None and matrix.dtype == "I8" and any(n.endswith(".scale") for n in records):
        return Layout.PUBLISHED_INT8, Precision.INT8
    return None


#: Parts of names that only one layout has.
_MARKS = {
    ".weight.data": (Layout.PUBLISHED_4BIT, Precision.NF4),
    ".weight.quant_state.bitsandbytes__nf4": (Layout.BITSANDBYTES, Precision.NF4),
    ".weight.quant_state.bitsandbytes__fp4": (Layout.BITSANDBYTES, Precision.FP4),
    ".SCB": (Layout.BITSANDBYTES, Precision.INT8),
    ".weight.absmax": (Layout.BITSANDBYTES, Precision.NF4),
}


def take_matrices(
    file: Path,
    config: ModelConfig,
    layout: Layout,
    precision: Precision,
    records: dict[str, TensorRecord],
    values: dict[str, Value],
) -> dict[str, QuantizedMatrix]:
    """The matrices by name, such as `model.layers.0.mlp.up_proj`, checked.

    Their parts are moved out of `records` and `values`. Raises DamagedCheckpointError, or
    ForeignModelError if some of the matrices are plain. `file`, the config.json, is named where no
    other is at fault.
    """
    found: dict[str, QuantizedMatrix] = {}
    states = _published_states(values)
    for layer in range(config.num_layers):
        for suffix, shape in config.layer_matrices().items():
            name = f"model.layers.{layer}.{suffix}"
            if _is_plain(name, records):
                raise ForeignModelError(
                    file.parent,
                    Phrase(
                        "is quantised in part, which this app does not run: “{name}” is not",
                        name=name,
                    ),
                    hint=PLAIN_HINT,
                )
            parts = _take_parts(file, name, shape, layout, precision, records)
            if layout is Layout.PUBLISHED_4BIT:
                state = {key: values.pop(key) for key in states.get(name, ())}
                _check_published_values(parts["weight"].file, name, shape, state)
            found[name] = QuantizedMatrix(layout, precision, shape, parts)
    return found


def _published_states(values: Mapping[str, Value]) -> dict[str, list[str]]:
    """The keys of the values that belong to each matrix, by its name."""
    keys: dict[str, list[str]] = {}
    for key in values:
        name, found, _ = key.partition(_STATE)
        if found:
            keys.setdefault(name, []).append(key)
    return keys


def _take_parts(
    file: Path,
    name: str,
    shape: tuple[int, int],
    layout: Layout,
    precision: Precision,
    records: dict[str, TensorRecord],
) -> dict[str, TensorRecord]:
    parts: dict[str, TensorRecord] = {}
    for part, (key, dtypes, part_shape) in _expected(
        name, shape, layout, precision, records
    ).items():
        record = records.pop(key, None)
        if record is not None and part == "weight" and layout is Layout.BITSANDBYTES:
            record = _as_bytes(record, dtypes[0], part_shape)
        if record is None:
            raise DamagedCheckpointError(file, Phrase("it lacks the tensor “{name}”", name=key))
        fits = part_shape is None or record.shape in (part_shape, _flat(part_shape))
        if record.dtype not in dtypes or not fits:
            raise DamagedCheckpointError(
                record.file,
                Phrase(
                    "“{name}” has the shape {found}, but config.json implies {implied}",
                    name=key,
                    found=f"{record.dtype} {list(record.shape)}",
                    implied=f"{dtypes[0]} {list(part_shape or ())}",
                ),
            )
        if part_shape is None and record.nbytes > _MAX_DESCRIPTION_BYTES:
            raise DamagedCheckpointError(
                record.file, Phrase("“{name}” is implausibly large", name=key)
            )
        parts[part] = record
    if layout is Layout.BITSANDBYTES and precision is Precision.INT8:
        records.pop(f"{name}.weight_format", None)  # 0: row-major, the only one left
    return parts


def _is_plain(name: str, records: Mapping[str, TensorRecord]) -> bool:
    """Whether a matrix is stored in 16 or 32 bits, without the scales of a quantised one."""
    weight = records.get(f"{name}.weight")
    scales = (f"{name}.SCB", f"{name}.scale", f"{name}.weight.absmax", f"{name}.weight.data")
    return (
        weight is not None
        and weight.dtype in ("F32", "F16", "BF16")
        and not any(scale in records for scale in scales)
    )


def _as_bytes(record: TensorRecord, dtype: str, shape: tuple[int, ...] | None) -> TensorRecord:
    """The record as `dtype`, if it is as many bytes under another type.

    `bnb_4bit_quant_storage` gives the packed values the type of the other weights, for FSDP.
    """
    packed = replace(record, dtype=dtype, shape=shape or record.shape)
    return packed if dtype == "U8" and packed.nbytes == record.nbytes else record


_Expected = dict[str, tuple[str, tuple[str, ...], tuple[int, ...] | None]]


def _flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape as it is compared: [n, 1] as [n], and a scalar as [1]."""
    if shape == ():
        return (1,)
    return shape[:1] if shape[1:] == (1,) else shape


def _expected(
    name: str,
    shape: tuple[int, int],
    layout: Layout,
    precision: Precision,
    records: Mapping[str, TensorRecord],
) -> _Expected:
    """The key, allowed dtypes and shape of each part of a matrix, by the name of the part."""
    rows, columns = shape
    if precision is Precision.INT8:
        if layout is Layout.PUBLISHED_INT8:
            return {
                "weight": (f"{name}.weight", ("I8",), (columns, rows)),
                "scale": (f"{name}.scale", ("F32", "F16", "BF16"), (rows,)),
            }
        return {
            "weight": (f"{name}.weight", ("I8",), (rows, columns)),
            "SCB": (f"{name}.SCB", ("F32",), (rows,)),
        }
    elements = rows * columns
    blocks = -(-elements // FOUR_BIT_BLOCK)
    scale_blocks = -(-blocks // SCALE_BLOCK)
    packed = (-(-elements // 2), 1)
    if layout is Layout.PUBLISHED_4BIT:
        state = f"{name}.weight.quant_state"
        return {
            "weight": (f"{name}.weight.data", ("U8",), packed),
            "absmax": (f"{state}.0", ("U8",), (blocks,)),
            "offset": (f"{state}.4.0", ("F32",), ()),
            "nested_absmax": (f"{state}.4.1.0", ("F32",), (scale_blocks,)),
            "nested_quant_map": (f"{state}.4.1.1", ("F32",), (256,)),
            "quant_map": (f"{state}.6", ("F32",), (16,)),
        }
    kind = "fp4" if precision is Precision.FP4 else "nf4"
    prefix = f"{name}.weight"
    expected: _Expected = {
        "weight": (prefix, ("U8",), packed),
        "quant_map": (f"{prefix}.quant_map", ("F32",), (16,)),
        "quant_state": (f"{prefix}.quant_state.bitsandbytes__{kind}", ("U8",), None),
    }
    if f"{prefix}.nested_absmax" in records:
        return expected | {
            "absmax": (f"{prefix}.absmax", ("U8",), (blocks,)),
            "nested_absmax": (f"{prefix}.nested_absmax", ("F32",), (scale_blocks,)),
            "nested_quant_map": (f"{prefix}.nested_quant_map", ("F32",), (256,)),
        }
    return expected | {"absmax": (f"{prefix}.absmax", ("F32",), (blocks,))}


def _check_published_values(
    file: Path, name: str, shape: tuple[int, int], state: Mapping[str, Value]
) -> None:
    """Raise DamagedCheckpointError if the values beside the tensors do not fit the matrix."""
    prefix = f"{name}{_STATE}"
    expected: dict[str, Value] = {"1": shape, "3": FOUR_BIT_BLOCK, "4.1.2": SCALE_BLOCK, "5": "nf4"}
    for key, value in expected.items():
        if state.get(prefix + key) != value:
            raise DamagedCheckpointError(
                file,
                Phrase(
                    "“{name}” is {value}, not {expected}",
                    name=prefix + key,
                    value=shown(state.get(prefix + key)),
                    expected=repr(value),
                ),
            )

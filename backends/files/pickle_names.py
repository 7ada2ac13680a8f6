"""The names that the pickle of a state dict may hold, and the inert value made of each.

A storage is a record of where numbers lie, a tensor a record of how it lies in a storage, and a
dtype is its name. Whatever is not in `NAMES` is refused: nothing that a pickle names is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..phrases import Phrase


class PickleError(Exception):
    """A pickle that is broken, too large, or no state dict; `what` ends a sentence on the file."""

    def __init__(self, what: str | Phrase) -> None:
        super().__init__(str(what))
        self.what = what


class CodeError(Exception):
    """A pickle names something that is not in `NAMES`, such as a function to call."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class StorageType:
    """A storage class of torch: the dtype of its numbers, as safetensors names it."""

    dtype: str


@dataclass(frozen=True, slots=True)
class Storage:
    """The numbers in the archive's entry `key`: how many, and of which dtype."""

    dtype: str
    key: str
    numel: int


@dataclass(frozen=True, slots=True)
class TensorView:
    """A tensor in a storage; offset and stride count elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]  #: as the file has it; nobody has looked at the numbers
    stride: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a pickle may call: `make` turns the arguments into a record."""

    make: Callable[[tuple[object, ...]], object]


def no_state_dict() -> PickleError:
    """The error of a pickle that is not a state dict's."""
    return PickleError("its list of tensors is not readable")


_STORAGE_DTYPES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8",
    "ByteStorage": "U8", "BoolStorage": "BOOL",
}  # fmt: skip
#: Dtypes that came without a storage of their own; those of quantised models are among them.
_UNTYPED_DTYPES = {
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e8m0fnu": "F8_E8M0",
    "uint16": "U16", "uint32": "U32", "uint64": "U64",
}  # fmt: skip


def _tensor(arguments: tuple[object, ...]) -> TensorView:
    match arguments:
        case (Storage() as storage, int(offset), tuple(shape), tuple(stride), *_):
            return TensorView(storage, offset, shape, stride)
    raise no_state_dict()


def _untyped_tensor(arguments: tuple[object, ...]) -> TensorView:
    """A tensor over an untyped storage, whose dtype is one of the arguments."""
    match arguments:
        case (Storage() as storage, int(offset), tuple(shape), tuple(stride), _, _, str(name), *_):
            if (dtype := _UNTYPED_DTYPES.get(name)) is not None:
                return TensorView(replace(storage, dtype=dtype), offset, shape, stride)
    raise no_state_dict()


def _parameter(arguments: tuple[object, ...]) -> TensorView:
    match arguments:
        case (TensorView() as view, *_):
            return view
    raise no_state_dict()


def _ordered_dict(arguments: tuple[object, ...]) -> dict[object, object]:
    if arguments:
        raise no_state_dict()
    return {}


def _size(arguments: tuple[object, ...]) -> tuple[object, ...]:
    match arguments:
        case (tuple(numbers),):
            return numbers
    raise no_state_dict()


#: All names that a state dict has; a dtype is read as its name.
NAMES: Mapping[tuple[str, str], object] = {
    ("torch._utils", "_rebuild_tensor_v2"): Function(_tensor),
    ("torch._utils", "_rebuild_tensor_v3"): Function(_untyped_tensor),
    ("torch._utils", "_rebuild_parameter"): Function(_parameter),
    ("collections", "OrderedDict"): Function(_ordered_dict),
    ("torch", "Size"): Function(_size),
    **{("torch", name): StorageType(dtype) for name, dtype in _STORAGE_DTYPES.items()},
    ("torch.storage", "UntypedStorage"): StorageType("U8"),
    **{
        ("torch", name): name
        for name in ("float16", "bfloat16", "float32", "uint8", *_UNTYPED_DTYPES)
    },
}

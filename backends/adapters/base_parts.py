"""Parts of its base that an adapter's file holds, held against the model it is used with.

PEFT saves the head of the base beside an adapter that adds to it, and training programs that save
everything leave more. The model has these tensors itself. They are not used, and they tell for sure
what sizes and names cannot: whether the adapter was trained on other weights.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from ..checkpoint.folder import Checkpoint
from ..checkpoint.weight_rows import Floats, floats
from ..errors import CheckpointError, DamagedAdapterError, WrongBaseError
from ..files.small_files import not_read, open_file
from ..files.tensor_files import DTYPE_BYTES, TensorRecord
from ..phrases import Phrase
from .base_names import model_name
from .values import Adapter

_ROWS: Final = 32  #: of each tensor that are compared
#: What two roundings to bf16 can make of the same number, as a share of the longest row's.
_TOLERANCE: Final = 2**-6


def require_same_base(adapter: Adapter, checkpoint: Checkpoint) -> None:
    """Raise WrongBaseError where a part of the base is not the model's; reads a few rows of each.

    What the model has in 8 or 4 bits is not compared.
    """
    for name, record in adapter.of_base.items():
        own = checkpoint.tensors.get(name)
        if own is None:
            continue
        # The published code writes the rows of a NormHead back in length 1.
        by_direction = name == "lm_head.weight" and checkpoint.config.family.uses_norm_head
        try:
            with open_file(record.file) as stream, open_file(own.file) as own_stream:
                is_same = _agree(_rows(stream, record), _rows(own_stream, own), by_direction)
        except OSError as error:
            raise DamagedAdapterError(adapter.file, not_read(error)) from error
        except CheckpointError as error:
            raise DamagedAdapterError(adapter.file, Phrase("it is not a file")) from error
        if not is_same:
            raise WrongBaseError(
                adapter.folder,
                model_name(checkpoint.folder),
                Phrase("it was trained on another “{name}” than the model's", name=name),
            )


def _agree(found: Floats, own: Floats, by_direction: bool) -> bool:
    import numpy as np  # not before: few adapters hold parts of their base

    if by_direction:
        found, own = (
            rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            for rows in (found, own)
        )
    most = float(np.abs(own).max(initial=0.0))
    return bool((np.abs(found - own) <= most * _TOLERANCE).all())


def _rows(stream: BinaryIO, record: TensorRecord) -> Floats:
    """Rows of a tensor from its first to its last one: [rows, columns], fp32."""
    count = record.shape[0] if len(record.shape) > 1 else 1
    row_bytes = record.nbytes // count
    raw = bytearray()
    for row in sorted({place * (count - 1) // (_ROWS - 1) for place in range(_ROWS)}):
        stream.seek(record.offset + row * row_bytes)
        raw += stream.read(row_bytes)
    return floats(bytes(raw), record.dtype).reshape(-1, row_bytes // DTYPE_BYTES[record.dtype])

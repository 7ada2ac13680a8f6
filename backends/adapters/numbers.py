"""Whether the values of an adapter are ones that can be computed with; read block by block."""

from __future__ import annotations

import functools

from ..checkpoint.weight_checks import check_filled, check_finite
from ..errors import DamagedAdapterError, DamagedCheckpointError
from ..files.small_files import not_read, open_file
from ..files.tensor_files import TensorRecord
from ..phrases import Phrase
from .values import Adapter

_BLOCK = 4 * 2**20  #: bytes that are looked at at a time


def require_numbers(adapter: Adapter) -> None:
    """Raise DamagedAdapterError for NaN, infinity, and what was not downloaded to its end.

    All values are read once, and no more than a block of them is kept.
    """
    try:
        with open_file(adapter.file) as stream:

            def read(record: TensorRecord, begin: int, count: int) -> bytes:
                stream.seek(record.offset + begin)
                data = stream.read(count)
                if len(data) != count:
                    raise DamagedAdapterError(adapter.file, Phrase("it was changed meanwhile"))
                return data

            for record in adapter.records:
                for begin in range(0, record.nbytes, _BLOCK):
                    check_finite(record, read(record, begin, min(_BLOCK, record.nbytes - begin)))
            # What lora_B is before training begins, all zeros, lora_A and a whole tensor never are.
            whole = [*adapter.saved.values(), *(one.down for one in adapter.matrices.values())]
            for record in whole:
                check_filled(record, functools.partial(read, record))
    except DamagedCheckpointError as error:
        what = error.facts["what"]
        assert isinstance(what, str | Phrase)
        raise DamagedAdapterError(adapter.file, what) from error
    except OSError as error:
        raise DamagedAdapterError(adapter.file, not_read(error)) from error

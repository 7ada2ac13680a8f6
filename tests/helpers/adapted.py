"""What loaded models say with adapters, compared with the goldens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backends.adapters.folder import open_adapter
from backends.interface import LoadedModel
from tests.helpers import adapters

LOGITS = 3e-5  #: how far logits with an adapter may be from the goldens

Array = npt.NDArray[np.float32]
#: Golden adapters whose logits are known: checkpoint and case.
CASES = [case for case in adapters.CASES if adapters.logits(*case)[1]]


def said(model: LoadedModel, ids: Iterable[int], rows: int, chunk: int | None = None) -> Array:
    """Logits after each of the last `rows` ids, read in chunks, then one by one; then forgotten."""
    tokens = [int(token) for token in ids]
    head, tail = tokens[: len(tokens) - rows], tokens[len(tokens) - rows :]
    size = chunk or model.prefill_chunk
    for begin in range(0, len(head), size):
        model.prefill(head[begin : begin + size])
    logits = np.stack([model.decode(token).copy() for token in tail])
    model.truncate(0)
    return logits


def use(model: LoadedModel, folder: Path | None) -> None:
    """Have a model answer with the adapter in a folder, or with none."""
    list(model.use_adapter(None if folder is None else open_adapter(folder)))


def assert_golden(model: LoadedModel, name: str, case: str, chunk: int | None = None) -> None:
    """That a model says what the golden has, of a short and of a long text."""
    _, arrays = adapters.logits(name, case)
    for length in (7, 130):
        expected = arrays[f"logits_{length}"]
        found = said(model, arrays[f"ids_{length}"], len(expected), chunk)
        np.testing.assert_allclose(found, expected, rtol=0, atol=LOGITS)

"""One changed folder, opened and run as the app does it, and what came of it."""

from __future__ import annotations

import random
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from backends.checkpoint.folder import Checkpoint
from backends.engine.loaded import OpenModel
from backends.errors import UserFacingError
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.interface import Backend, LayerDevices, Loading, LoadOptions
from backends.onnx_backend import session
from backends.onnx_backend.check import checked_graph
from backends.precision import Precision
from backends.text.tokenizer import Tokenizer
from backends.torch_backend import cpu, low_bits
from tests.fuzz import bases
from tests.fuzz.formats import FORMATS, Format
from tests.fuzz.outcome import Outcome, Stage
from tests.helpers.sentences import assert_one_sentence

_CONTEXT_LENGTH = 32
_TEXT = "Hello, 你好 1234 <reserved_106> \U0001f600"


class Cases:
    """The cases of a format, in a folder of its own. Case `n` is the same wherever it is run."""

    formats: ClassVar[Mapping[str, Format]] = FORMATS

    def __init__(self, name: str, folder: Path, *, seed: int = 0) -> None:
        """Write the valid folder."""
        self._format = self.formats[name]
        self._name = name
        self._seed = seed
        self._folder = folder
        self._base = self._format.base()
        self._dirty: set[str] = set()
        bases.write(folder, self._base)

    def run_unchanged(self) -> Outcome:
        """The valid folder itself."""
        self._restore()
        return self.open_and_run()

    def run(self, number: int) -> Outcome:
        """Change, open, run."""
        self.write(number)
        return self.open_and_run()

    def open_and_run(self) -> Outcome:
        """What comes of the folder as it is now."""
        return _run(self._folder)

    def write(self, number: int) -> None:
        """Put the files of a case into the folder."""
        chance = random.Random(f"{self._name} {self._seed} {number}")
        changed = self._format.mutate(self._base, chance)
        self._restore()
        bases.write(self._folder, changed)
        self._dirty = set(changed)

    def _restore(self) -> None:
        bases.write(self._folder, {name: self._base[name] for name in self._dirty})
        self._dirty = set()


def _run(folder: Path) -> Outcome:
    stage = Stage.REFUSED
    try:
        opened = OpenModel.of(str(folder))
        checkpoint, tokenizer = opened.checkpoint, opened.tokenizer
        if checkpoint.export is not None:
            checked_graph(checkpoint.export, checkpoint.config)
        stage = Stage.ACCEPTED
        _answer(checkpoint, tokenizer)
    except UserFacingError as error:
        try:
            assert_one_sentence(error)
        except AssertionError:
            return Outcome(Stage.FAILED, traceback.format_exc())
        return Outcome(stage)
    except Exception:  # noqa: BLE001  which is what this looks for
        return Outcome(Stage.FAILED, traceback.format_exc())
    return Outcome(Stage.RAN)


def _answer(checkpoint: Checkpoint, tokenizer: Tokenizer) -> None:
    """Load the model, read a prompt, choose a token as the folder says, compute the next."""
    backend, precision = _backend_of(checkpoint)
    config = checkpoint.config
    options = LoadOptions(
        precision,
        min(config.context_length, _CONTEXT_LENGTH),
        threads=1,
        devices=LayerDevices.all_on("cpu", config.num_layers),
    )
    ids = tokenizer.encode(_TEXT)[: options.context_length - 1]
    if not ids:
        return
    with _finish(backend.load(checkpoint, options)) as model:
        sampler = Sampler(
            SamplingParams.from_defaults(checkpoint.defaults),
            model.vocab_size,
            tokenizer.token_ids(checkpoint.eos_ids),
        )
        sampler.see(ids)
        token = sampler.sample(model.prefill(ids))
        tokenizer.piece(token)
        model.decode(token)


def _backend_of(checkpoint: Checkpoint) -> tuple[Backend, Precision]:
    if checkpoint.export is not None:
        return session, checkpoint.export.precision
    if checkpoint.stored is not None:
        return low_bits, checkpoint.stored
    return cpu, Precision.FP32


def _finish(loading: Loading):  # type: ignore[no-untyped-def]
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            return finished.value

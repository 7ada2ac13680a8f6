"""A fine-tuning from its request to its result, in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..errors import NothingToResumeError
from ..events import JobProgress
from ..interface import LayerDevices
from ..model_config import ModelConfig
from ..phrases import Phrase
from ..torch_backend import card_setup
from ..torch_backend.card_errors import translated_errors
from .adapters import add_trained_adapter
from .checking import Base, open_base, require_allowed_numbers, require_computable
from .commands import Asked, Commands
from .data.masking import coding_of
from .data.preparing import Prepared, preparing
from .data.values import ReadFile
from .events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvent,
    TrainingNote,
    TrainingPaused,
    TrainingReady,
    TrainingStopped,
)
from .keeping.checkpoints import read_checkpoint, write_checkpoint
from .keeping.output import claimed_output
from .keeping.result import write_result
from .keeping.resume import (
    newest_checkpoint,
    read_head,
    require_same,
    require_same_run,
    require_same_sources,
)
from .keeping.sources import hash_base
from .keeping.values import Snapshot, SourceFile, Sources
from .loading import (
    DTYPES,
    Numbers,
    count_weights,
    fold_head,
    load_base,
    recompute_layers,
)
from .steps.arguments import (
    allow_tf32,
    compute_device,
    computes_bf16,
    resolved_compute,
    training_arguments,
)
from .steps.course import Course, Outcome
from .steps.sharing import Sharing
from .steps.trainer import FineTuner
from .values import TrainingRequest

Tell = Callable[[TrainingEvent], None]
Found = TypeVar("Found")


class _StoppedEarly(Exception):  # noqa: N818  a person's wish is no error
    """It was asked to stop before the first step."""


def run(
    request: TrainingRequest, tell: Tell, commands: Commands, sharing: Sharing | None = None
) -> None:
    """Fine-tune; the last event that is told says how it ended.

    Of several processes that share it, each calls it with its own `sharing`, and the first one
    alone tells and writes. Raises TrainingError, PolicyError, CheckpointError, JobError.
    """
    sharing = Sharing() if sharing is None else sharing
    own = _Run(request, tell if sharing.is_first else _say_nothing, commands, sharing)
    base = open_base(request)
    output = Path(request.keeping.output)
    with contextlib.ExitStack() as stack:
        finished: TrainingReady | None = None  # by a run that was killed while it moved its result
        if sharing.is_first:
            claim = stack.enter_context(claimed_output(output, resume=request.resume))
            finished = claim.finished
        # The first process has cleared the folder up by now, or there is nothing left to do.
        if sharing.agreed(Asked.NOTHING if finished is None else Asked.STOP) is Asked.NOTHING:
            own.to_the_end(base, output)
        elif finished is not None:
            tell(finished)


def _say_nothing(_: TrainingEvent) -> None:
    """What all but the first process tell."""


@dataclass(frozen=True, slots=True)
class _Run:
    request: TrainingRequest
    tell: Tell
    commands: Commands
    sharing: Sharing

    def to_the_end(self, base: Base, output: Path) -> None:
        kept = self._kept(output)
        try:
            numbers, prepared, sources = self._checked(base, output, kept)
            if kept is not None and kept.step >= kept.began.total_steps:
                self.tell(kept.began)  # all is learnt, and its result could not be written
                self._write(output, kept)
                return
            with self._on_card(base, numbers):
                tuner = self._tuner(base, numbers, prepared, sources, kept, output)
                self._go_on()
                outcome = tuner.train_by_course()
        except _StoppedEarly:
            self.tell(TrainingStopped(kept.step, kept.step) if kept else TrainingStopped(0, None))
            return
        self._finish(outcome, output)

    # --- before the first step ----------------------------------------------------------------

    def _checked(
        self, base: Base, output: Path, kept: Snapshot | None
    ) -> tuple[Numbers, Prepared, Sources]:
        """Data, and all that is refused before the model is loaded."""
        numbers = self._numbers()
        coding = coding_of(base.checkpoint, base.tokenizer)
        seed = self.request.optimization.seed
        prepared = self._followed(preparing(self.request.data, coding, seed=seed))
        for note in (*prepared.notes, *_longer(prepared, base.checkpoint.config)):
            self.tell(TrainingNote(note))
        sources = self._sources(base, prepared)
        if kept is not None and self.sharing.is_first:
            require_same_sources(sources, kept.sources, output)
            require_same_run(numbers.compute.value, self.sharing.count, kept.began, output)
        self._go_on()
        return numbers, prepared, sources

    def _kept(self, output: Path) -> Snapshot | None:
        """What it goes on from."""
        if not self.request.resume:
            return None
        folder = newest_checkpoint(output)
        if folder is None:  # the first process has found one, which another machine does not see
            raise NothingToResumeError(output)
        require_same(self.request, read_head(folder).request, output)
        return read_checkpoint(folder, self.tell)

    def _sources(self, base: Base, prepared: Prepared) -> Sources:
        """What it is made from; the first process alone reads the model for it."""
        files = self._followed(hash_base(base.checkpoint)) if self.sharing.is_first else ()
        return Sources(files, _as_sources(prepared.files), _as_sources(prepared.eval_files))

    def _numbers(self) -> Numbers:
        device = compute_device(self.request.device)
        numbers = Numbers(resolved_compute(self.request.compute, device), device)
        require_allowed_numbers(self.request.method, numbers.compute)
        on_card = device.type != "cpu"
        require_computable(numbers.compute, on_card=on_card, has_bf16=computes_bf16(device))
        allow_tf32(device, self.request.tf32)
        return numbers

    @contextlib.contextmanager
    def _on_card(self, base: Base, numbers: Numbers) -> Iterator[None]:
        """Set torch up for a card; what the card raises is raised as an error about it."""
        if numbers.device.type == "cpu":
            yield
            return
        place = LayerDevices.all_on(str(numbers.device), base.checkpoint.config.num_layers)
        card_setup.prepare(place, DTYPES[numbers.compute])
        with translated_errors(place):
            yield

    def _tuner(
        self,
        base: Base,
        numbers: Numbers,
        prepared: Prepared,
        sources: Sources,
        kept: Snapshot | None,
        output: Path,
    ) -> FineTuner:
        request, how = self.request, self.request.optimization
        loaded = load_base(
            base.checkpoint, request.method, numbers, is_spread=self.sharing.is_spread
        )
        if how.gradient_checkpointing:
            recompute_layers(loaded)
        is_adapter = request.method.makes_adapter
        model = add_trained_adapter(loaded, request.lora, how.seed) if is_adapter else loaded
        fold_head(loaded)
        began = self._began(prepared, numbers, count_weights(model))
        self.sharing.shard(model, DTYPES[numbers.compute])

        def keep(snapshot: Snapshot) -> None:
            folder = write_checkpoint(output, snapshot, self.tell)
            self.tell(CheckpointKept(snapshot.step, str(folder)))

        arguments = training_arguments(request, numbers.device, numbers.compute, self._more())
        return FineTuner(
            model,
            arguments,
            Course(
                request=request,
                sources=sources,
                examples=prepared.examples,
                eval_examples=prepared.eval_examples,
                began=began,
                tell=self.tell,
                commands=self.commands,
                keep=keep,
                sharing=self.sharing,
                kept=kept,
            ),
        )

    def _more(self) -> dict[str, object]:
        return dict(self.sharing.arguments())

    def _began(
        self, prepared: Prepared, numbers: Numbers, sizes: tuple[int, int]
    ) -> Callable[[int, int], TrainingBegan]:
        counts = prepared.counts
        trained, every = sizes

        def began(total_steps: int, first_step: int) -> TrainingBegan:
            return TrainingBegan(
                total_steps=total_steps,
                first_step=first_step,
                examples=counts.examples,
                eval_examples=counts.eval_examples,
                trained_tokens=counts.trained_tokens,
                cut_examples=counts.cut_examples,
                cut_tokens=counts.cut_tokens,
                trained_parameters=trained,
                all_parameters=every,
                device=str(numbers.device),
                compute=numbers.compute.value,
                processes=self.sharing.count,
            )

        return began

    # --- how it goes on and ends --------------------------------------------------------------

    def _followed(self, job: Generator[JobProgress, None, Found]) -> Found:
        """What a job comes to; it is told of, and ended by a stop."""
        while True:
            try:
                progress = next(job)
            except StopIteration as finished:
                found: Found = finished.value
                return found
            self.tell(progress)
            # Several processes stop together, at the next place where they agree.
            if self.commands.asked is Asked.STOP and self.sharing.count == 1:
                job.close()
                raise _StoppedEarly

    def _go_on(self) -> None:
        if self.sharing.agreed(self.commands.asked) is Asked.STOP:
            raise _StoppedEarly

    def _finish(self, outcome: Outcome, output: Path) -> None:
        if outcome.asked is Asked.PAUSE:
            self.tell(TrainingPaused(outcome.step))
        elif outcome.asked is Asked.STOP:
            self.tell(TrainingStopped(outcome.step, outcome.kept_step))
        else:
            assert outcome.snapshot is not None
            self._write(output, outcome.snapshot)

    def _write(self, output: Path, snapshot: Snapshot) -> None:
        if self.sharing.is_first:
            self.tell(write_result(output, snapshot, self.tell))


def _as_sources(files: Sequence[ReadFile]) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(Path(one.path).name, one.size, one.sha256, one.rows) for one in files)


def _longer(prepared: Prepared, config: ModelConfig) -> Iterator[Phrase]:
    """A note on examples that go beyond what the model can read at a time."""
    longest = max(prepared.examples.lengths, default=0)
    if longest > config.context_length:
        yield Phrase(
            "Examples of up to {longest} tokens are learnt, but the model reads {most}: nothing "
            "that it is asked will reach what stands behind.",
            longest=longest,
            most=config.context_length,
        )

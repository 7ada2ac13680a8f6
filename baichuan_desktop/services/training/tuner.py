"""Fine-tuning in two functions: `check`, and `run`, which checks the same before it begins.

    tuner = own_tuner()
    checked = tuner.check(request)   # --dry-run ends here
    for event in tuner.run(request, cancel): ...

Window and terminal have no other way to begin a training.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

from backends.errors import OutputFullError, UserFacingError
from backends.errors.training import NothingToResumeError
from backends.events import JobProgress, ModelReady
from backends.machine import hardware
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from backends.training.checking import open_base
from backends.training.data.masking import coding_of
from backends.training.data.preparing import Prepared, preparing
from backends.training.data.values import Counts
from backends.training.events import CheckpointKept, TrainingReady
from backends.training.keeping.output import kept_steps, require_output
from backends.training.keeping.resume import (
    Resumable,
    require_same,
    require_same_run,
    require_same_sources,
    resumable,
)
from backends.training.keeping.values import SourceFile
from backends.training.memory import DiskNeed
from backends.training.several.checks import require_several, settled
from backends.training.several.deepspeed_configuration import (
    configuration_file,
    read_configuration,
)
from backends.training.several.places import first_place, own_interfaces, planned_machines
from backends.training.values import Compute, TrainingRequest
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.texts import carried_text
from baichuan_desktop.services.precisions.freed_memory import taken_again
from baichuan_desktop.services.training.checks.libraries import require_libraries
from baichuan_desktop.services.training.checks.placing import Placement, Shared, placed
from baichuan_desktop.services.training.client import ClientEvent, TrainingClient
from baichuan_desktop.services.training.listing import list_result, result_name
from baichuan_desktop.services.training.runs import TrainingRuns
from baichuan_desktop.services.training.verdict import Fit, Verdict, require_fitting, verdict


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a training that may begin, unless its verdict says that it cannot fit."""

    request: TrainingRequest  #: as it is computed here, with whole paths, name and licence
    base: InstalledModel
    config: ModelConfig
    counts: Counts
    verdict: Verdict
    resumes_at: int | None  #: the step of the checkpoint that it goes on from
    notes: tuple[Phrase, ...] = ()  #: what has no effect here and why, what was cut


@dataclass(frozen=True, slots=True)
class TrainingListed:
    """The result is in the list of models; it comes after `TrainingReady`."""

    #: None: it is whole in its folder, and could not be listed.
    listed: InstalledAdapter | InstalledModel | None
    refusal: UserFacingError | None = None  #: why it could not


TunerEvent = JobProgress | Checked | ClientEvent | TrainingListed


class Tuner:
    """Checks and runs trainings, one at a time. Not for the window's thread."""

    def __init__(
        self,
        store: ModelStore,
        admission: Admission,
        runs: TrainingRuns,
        client: TrainingClient,
        detect: Callable[[], Machine] = hardware.detect,
        detect_freed: Callable[[], Machine] | None = None,
    ) -> None:
        """`detect_freed` tells of the machine without the chat's engine, where there is one."""
        self._store, self._admission, self.runs = store, admission, runs
        self._client = client
        self._detect = detect
        self._detect_freed = detect_freed or detect

    def check(self, request: TrainingRequest) -> Checked:
        """Look at all that has a say, and write nothing; the last of it tells whether it fits.

        `request.model` is an id of the library, a published name or a folder. Raises, in this
        order: PolicyError; UnknownModelError, CheckpointError and what `Admission.check` raises;
        TrainingSettingsError, HostfileError, DeepSpeedFileError; TrainingLibrariesError;
        OutputTakenError, OutputUnwritableError; with resume NothingToResumeError,
        DamagedTrainingError, ResumeMismatchError; TrainingDataError; OutputFullError. What does
        not fit is raised by `run`, and by `verdict.require_fitting`.
        """
        job = self.checking(request)
        while True:
            try:
                next(job)
            except StopIteration as finished:
                found: Checked = finished.value
                return found

    def checking(self, request: TrainingRequest) -> Generator[JobProgress, None, Checked]:
        """The same, with how much of the data is read; whoever closes it stops it."""
        require(site_policy(), Feature.FINE_TUNING)
        request, base = self._with_base(request)
        opened = open_base(request)
        machine = self._detect_freed()
        place, notes = _placed(request, machine)
        request = place.request
        require_libraries(request)
        output = Path(request.keeping.output)
        require_output(output, resume=request.resume)
        kept = _kept(request, place, output) if request.resume else None
        coding = coding_of(opened.checkpoint, opened.tokenizer)
        seed = request.optimization.seed
        prepared = yield from preparing(request.data, coding, seed=seed)
        if kept is not None:
            _require_same_data(prepared, kept, output)
        found = verdict(
            opened.checkpoint.config,
            request,
            machine,
            longest=prepared.counts.longest_tokens,
            shared=place.shared,
        )
        _require_drive(output, found.disk)
        return Checked(
            request=request,
            base=base,
            config=opened.checkpoint.config,
            counts=prepared.counts,
            verdict=found,
            resumes_at=None if kept is None else kept.step,
            notes=(*notes, *prepared.notes),
        )

    def run(
        self,
        request: TrainingRequest,
        cancel: threading.Event,
        pause: threading.Event | None = None,
        name: str = "",
    ) -> Generator[TunerEvent, None, None]:
        """Check, train in a process of its own, and list the result under `name`.

        `Checked` comes before anything is started, and what cannot fit is refused after it. A run
        is noted as soon as it can go on, while it is unfinished. Without a name the result is
        called after its base. Events and errors are those of `TrainingClient.run` and of `check`,
        and TrainingMemoryError; where `cancel` is set during the checks, the events end.
        """
        checked = yield from self._checked(request, cancel)
        if checked is None:
            return
        yield checked
        require_fitting(checked.verdict)
        output = Path(checked.request.keeping.output)
        try:
            for event in self._client.run(checked.request, cancel, pause):
                if isinstance(event, CheckpointKept):
                    self.runs.note(output, name)
                yield event
                if isinstance(event, TrainingReady):
                    self.runs.forget(output)
                    yield self._listed(event, checked, name)
        except UserFacingError:
            if kept_steps(output):  # where the result could not be written, its last step is kept
                self.runs.note(output, name)
            raise

    def estimate(
        self, request: TrainingRequest, config: ModelConfig, longest: int | None = None
    ) -> Verdict:
        """The verdict of `check` while a request is being made up, which reads no data for it.

        `longest` is the tokens of the longest example, where they are counted. Raises
        TrainingSettingsError, HostfileError and the like.
        """
        machine = self._detect_freed()
        place, _ = _placed(request, machine)
        return verdict(config, place.request, machine, longest=longest, shared=place.shared)

    def needs_room(
        self, request: TrainingRequest, config: ModelConfig, aside: ModelReady | None
    ) -> bool:
        """Whether the memory does not suffice for a training and for the chat's model.

        `aside` is what was said of a model that stepped aside, and comes back where there is room.
        Raises TrainingSettingsError, HostfileError and the like.
        """
        machine = self._detect()
        machine = machine if aside is None else taken_again(machine, aside)
        place, _ = _placed(request, machine)
        return verdict(config, place.request, machine, shared=place.shared).fit is not Fit.FITS

    def kill(self) -> None:
        """End a training that runs at once; from any thread."""
        self._client.kill()

    # --- what `check` looks at -------------------------------------------------------------------

    def _with_base(self, request: TrainingRequest) -> tuple[TrainingRequest, InstalledModel]:
        base = self._store.model(request.model)
        self._admission.check(base.path, None)
        variant = self._store.variant_of(base)
        data, keeping = request.data, request.keeping
        request = replace(
            request,
            model=str(base.path),
            model_name=base.shown_name.en,
            licence="" if variant is None else carried_text(variant.licence),
            data=replace(
                data,
                files=tuple(map(_whole, data.files)),
                eval_files=tuple(map(_whole, data.eval_files)),
            ),
            keeping=replace(keeping, output=_whole(keeping.output)),
        )
        return request, base

    def _checked(
        self, request: TrainingRequest, cancel: threading.Event
    ) -> Generator[JobProgress, None, Checked | None]:
        """The same as `checking`; None once `cancel` is set."""
        job = self.checking(request)
        while not cancel.is_set():
            try:
                yield next(job)
            except StopIteration as finished:
                found: Checked = finished.value
                return found
        job.close()
        return None

    def _listed(self, ready: TrainingReady, checked: Checked, name: str) -> TrainingListed:
        base = checked.base
        called = result_name(base, checked.request.method, name or Path(ready.folder).name)
        try:
            return TrainingListed(list_result(self._store, ready, base, called))
        except UserFacingError as error:  # hours of training are not lost for a list
            return TrainingListed(None, error)


def _whole(path: str) -> str:
    """A path from the root, which a process and a later resume take for the same file."""
    return str(Path(path).expanduser().absolute())


def _placed(request: TrainingRequest, machine: Machine) -> tuple[Placement, tuple[Phrase, ...]]:
    """Where it is computed, and what is to be told of that."""
    machines = planned_machines(request)
    hosts = request.several.hostfile
    first_place(machines, None if hosts is None else Path(hosts), own_interfaces())
    stage = None
    if request.several.deepspeed is not None:
        stage = read_configuration(configuration_file(request.several.deepspeed)).stage
    in_all = sum(one.slots for one in machines)
    place = placed(request, machine, Shared(machines[0].slots, in_all, stage))
    cards = len(machine.gpus) if machine.torch_cuda is not None else 0
    return place, (*place.notes, *require_several(place.request, cards))


def _kept(request: TrainingRequest, place: Placement, output: Path) -> Resumable:
    kept = resumable(output)
    if kept is None:
        raise NothingToResumeError(output)
    as_computed = settled(request)
    require_same(as_computed, kept.request, output)
    compute = place.compute if as_computed.compute is Compute.AUTO else as_computed.compute
    require_same_run(compute.value, place.shared.in_all, kept.began, output)
    return kept


def _require_same_data(prepared: Prepared, kept: Resumable, output: Path) -> None:
    """The data are those that it was begun with; of the model, the run itself finds out."""
    data, eval_data = (
        tuple(SourceFile(Path(one.path).name, one.size, one.sha256, one.rows) for one in files)
        for files in (prepared.files, prepared.eval_files)
    )
    now = replace(kept.sources, data=data, eval_data=eval_data)
    require_same_sources(now, kept.sources, output)


def _require_drive(output: Path, need: DiskNeed) -> None:
    """Raise OutputFullError where checkpoints and result would not fit; those there count."""
    there = output.absolute()
    while not long_path(there).is_dir() and there != there.parent:
        there = there.parent
    free = shutil.disk_usage(long_path(there)).free
    more = need.total - need.checkpoint * min(len(kept_steps(output)), need.most_checkpoints)
    if more > free:
        raise OutputFullError(output, needed_bytes=more, free_bytes=free)


# --- who has one -------------------------------------------------------------------------------


def own_tuner() -> Tuner:
    """One with this person's folders, for who has no window. Raises RegistryError."""
    paths = app_paths()
    store = ModelStore(paths)
    admission = Admission(store, ManifestStore(paths.manifests), Acceptances(paths.licences))
    return tuner_of(paths, store, admission)


def tuner_of(
    paths: AppPaths,
    store: ModelStore,
    admission: Admission,
    detect_freed: Callable[[], Machine] | None = None,
) -> Tuner:
    """One of a store and a gate that are there already; `detect_freed`: see `Tuner`."""
    runs, client = TrainingRuns(paths.training_runs), TrainingClient(paths.training_log)
    return Tuner(store, admission, runs, client, detect_freed=detect_freed)

"""A home with a model in it, data, and a tuner whose trainings compute nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backends.machine.hardware import Machine
from backends.training.values import Cadence, Data, Keeping, Optimization, TrainingRequest
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.silence import Patience
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.training.client import TrainingClient
from baichuan_desktop.services.training.runs import TrainingRuns
from baichuan_desktop.services.training.tuner import Tuner
from tests.helpers import goldens
from tests.helpers.machines import machine
from tests.helpers.scripted_training import COMMAND


@dataclass
class Home:
    """What a training needs, in the folder of a test."""

    folder: Path
    store: ModelStore
    base: InstalledModel
    tuner: Tuner
    runs: TrainingRuns
    machines: list[Machine] = field(default_factory=lambda: [machine()])  #: the last one is now

    @property
    def data(self) -> Path:
        """A file of six conversations."""
        return self.folder / "data.json"

    def request(self, script: str = "plain") -> TrainingRequest:
        """One that passes all checks; the folder of its result names what it does."""
        return TrainingRequest(
            self.base.id,
            Data((str(self.data),), max_length=64),
            Keeping(str(self.folder / "results" / script), save=Cadence.EPOCH),
            optimization=Optimization(batch_size=2),
        )


def write_data(file: Path, answers: Sequence[str]) -> None:
    """Conversations of one question and its answer."""
    rows = [
        {"conversations": [{"from": "human", "value": "你好"}, {"from": "gpt", "value": one}]}
        for one in answers
    ]
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    paths = app_paths()
    store = ModelStore(paths)
    folder = tmp_path / "models" / "seven"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    base = store.add(folder)
    admission = Admission(store, ManifestStore(paths.manifests), Acceptances(paths.licences))
    patience = Patience(least=60, most=600, stop=60)
    client = TrainingClient(paths.training_log, command=lambda: COMMAND, patience=patience)
    runs = TrainingRuns(paths.training_runs)
    machines = [machine()]
    tuner = Tuner(store, admission, runs, client, detect=lambda: machines[-1])
    made = Home(tmp_path, store, base, tuner, runs, machines)
    write_data(made.data, ["我是一个语言模型"] * 6)
    return made

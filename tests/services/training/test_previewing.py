"""The first examples, token by token, in this process and in another one."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import PolicyError, TrainingDataError
from backends.errors.training import PreviewEndedError
from backends.training.data.values import Counts
from backends.training.values import Data
from baichuan_desktop.services import own_process
from baichuan_desktop.services.training import previewing
from baichuan_desktop.services.training.preview import preview
from baichuan_desktop.services.training.previewing import preview_beside
from tests.helpers import goldens
from tests.helpers.policies import write_policy
from tests.services.training.conftest import write_data

MODEL = goldens.folder("b2-7b", "safetensors")


@pytest.fixture
def data(tmp_path: Path) -> Data:
    write_data(tmp_path / "data.json", ["我是一个语言模型", "短", "一" * 300])
    return Data((str(tmp_path / "data.json"),), max_length=64)


def test_the_first_examples_are_shown_with_the_figures_of_all(data: Data) -> None:
    found = preview(MODEL, data, seed=1, count=2)

    assert len(found.examples) == 2
    assert found.counts.examples == 3
    assert found.counts.cut_examples == 1
    first = found.examples[0]
    assert "".join(token.text for token in first.tokens if token.is_trained).startswith("我是")
    assert len(found.notes) == 1


def test_a_preview_of_another_process_is_the_same(data: Data) -> None:
    found = preview_beside(MODEL, data, seed=1, count=2, cancel=threading.Event())

    assert found == preview(MODEL, data, seed=1, count=2)


def test_an_error_comes_over_as_it_is(data: Data) -> None:
    lacking = replace(data, files=("/not/there.json",))
    with pytest.raises(TrainingDataError) as there:
        preview_beside(MODEL, lacking, seed=1, cancel=threading.Event())
    with pytest.raises(TrainingDataError) as here:
        preview(MODEL, lacking, seed=1)

    assert there.value.message == here.value.message


def test_nothing_is_shown_of_a_model_that_the_policy_forbids(data: Data, tmp_path: Path) -> None:
    write_policy(tmp_path, "models: []\n")

    with pytest.raises(PolicyError):
        preview(MODEL, data, seed=1)


def test_a_preview_that_nobody_wants_any_more_stops(data: Data) -> None:
    cancel = threading.Event()
    cancel.set()

    assert preview_beside(MODEL, data, seed=1, cancel=cancel) is None
    assert preview(MODEL, data, seed=1, cancel=cancel).counts == Counts()


def test_a_process_that_crashes_is_one_sentence(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = [sys.executable, "-c", "import os; os._exit(7)"]
    monkeypatch.setattr(own_process, "command", lambda *_: crash)

    with pytest.raises(PreviewEndedError, match="by itself with code 7"):
        preview_beside(MODEL, data, seed=1, cancel=threading.Event())


def test_a_process_that_cannot_be_started_is_one_sentence(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_process, "command", lambda *_: [str(tmp_path / "gone")])

    with pytest.raises(PreviewEndedError, match="cannot be started"):
        preview_beside(MODEL, data, seed=1, cancel=threading.Event())


def test_the_process_ends_with_who_asked_it() -> None:
    command = own_process.command(previewing.__name__, previewing.OPTION)
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    assert ended.returncode == 0, ended.stderr.decode()


def test_a_start_of_the_program_reads_no_data(tmp_path: Path) -> None:
    code = (
        "import sys; import baichuan_desktop.services.training.previewing;"
        "found = [one for one in sys.modules if one.startswith(('backends.checkpoint', "
        "'backends.text', 'backends.training.data', 'torch'))]; assert not found, found"
    )

    subprocess.run([sys.executable, "-c", code], check=True)

"""Unfinished trainings: what is noted, what of it can go on, what is deleted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import OutputBusyError
from backends.operating_system import lock_folder
from backends.training.values import Data, Keeping, TrainingRequest
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.training.runs import TrainingRuns
from tests.helpers.kept_trainings import keep_checkpoint


@pytest.fixture
def runs() -> TrainingRuns:
    return TrainingRuns(app_paths().training_runs)


def request(folder: Path, name: str = "out") -> TrainingRequest:
    return TrainingRequest(
        "/models/7b", Data(("d.json",)), Keeping(str(folder / name)), model_name="Seven"
    )


def test_a_run_that_was_noted_can_go_on_with_what_it_was_asked(
    runs: TrainingRuns, tmp_path: Path
) -> None:
    asked = request(tmp_path)
    keep_checkpoint(asked, 2)
    runs.note(tmp_path / "out", "My facts")

    (found,) = TrainingRuns(app_paths().training_runs).unfinished()

    assert (found.name, found.model_name, found.step, found.total_steps) == (
        "My facts", "Seven", 2, 4,
    )  # fmt: skip
    assert found.folder == tmp_path / "out"
    assert found.resumed == replace(asked, resume=True)
    assert found.changed.isoformat() == "2026-11-12T09:30:00+00:00"


def test_nothing_is_unfinished_where_nothing_was_noted_or_kept(
    runs: TrainingRuns, tmp_path: Path
) -> None:
    keep_checkpoint(request(tmp_path, "never noted"), 2)
    runs.note(tmp_path / "never kept")

    assert not runs.unfinished()
    assert not (tmp_path / "never kept").exists()


def test_the_newest_comes_first_and_a_name_may_change(runs: TrainingRuns, tmp_path: Path) -> None:
    for name, day in (("a", 10), ("b", 12), ("c", 11)):
        keep_checkpoint(request(tmp_path, name), 1, kept_at=f"2026-11-{day}T00:00:00+00:00")
        runs.note(tmp_path / name, "old")
    runs.note(tmp_path / "c", "new")

    assert [(run.folder.name, run.name) for run in runs.unfinished()] == [
        ("b", "old"), ("c", "new"), ("a", "old"),
    ]  # fmt: skip


def test_a_run_that_is_done_is_not_offered_any_more(runs: TrainingRuns, tmp_path: Path) -> None:
    keep_checkpoint(request(tmp_path), 2)
    runs.note(tmp_path / "out")
    runs.forget(tmp_path / "out")

    assert not runs.unfinished()


def test_a_run_that_a_process_works_on_is_not_offered_meanwhile(
    runs: TrainingRuns, tmp_path: Path
) -> None:
    keep_checkpoint(request(tmp_path), 2)
    runs.note(tmp_path / "out")
    unlock = lock_folder(tmp_path / "out")
    assert not runs.unfinished()
    unlock()

    assert len(runs.unfinished()) == 1


def test_a_checkpoint_that_was_changed_is_not_offered(runs: TrainingRuns, tmp_path: Path) -> None:
    manifest = keep_checkpoint(request(tmp_path), 2) / "checkpoint.json"
    runs.note(tmp_path / "out")
    manifest.write_bytes(manifest.read_bytes().replace(b'"step": 2', b'"step": 3'))

    assert not runs.unfinished()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"version": 2, "runs": []}', '{"version": 1, "runs": [1, {"output": 3}]}'],
)
def test_a_file_that_is_broken_begins_anew(
    runs: TrainingRuns, tmp_path: Path, content: str
) -> None:
    file = app_paths().training_runs
    file.parent.mkdir(parents=True)
    file.write_text(content, encoding="utf-8")
    assert not runs.unfinished()
    keep_checkpoint(request(tmp_path), 2)
    runs.note(tmp_path / "out")

    assert len(runs.unfinished()) == 1


def test_what_is_discarded_is_gone_and_nothing_else(runs: TrainingRuns, tmp_path: Path) -> None:
    asked = request(tmp_path)
    keep_checkpoint(asked, 1)
    keep_checkpoint(asked, 2)
    runs.note(tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    (run,) = runs.unfinished()

    runs.discard(run)

    assert [one.name for one in (tmp_path / "out").iterdir()] == ["notes.txt"]
    assert not runs.unfinished()


def test_a_run_that_goes_on_elsewhere_is_not_discarded(runs: TrainingRuns, tmp_path: Path) -> None:
    keep_checkpoint(request(tmp_path), 2)
    runs.note(tmp_path / "out")
    (run,) = runs.unfinished()
    unlock = lock_folder(tmp_path / "out")
    with pytest.raises(OutputBusyError):
        runs.discard(run)
    unlock()

    assert len(runs.unfinished()) == 1

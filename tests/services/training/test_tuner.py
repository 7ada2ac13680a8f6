"""All checks in one place, each from its real cause, and what a run notes and lists."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import (
    HostfileError,
    NothingToResumeError,
    OutputFullError,
    OutputTakenError,
    OutputUnwritableError,
    PolicyError,
    ResumeMismatchError,
    TrainingDataError,
    TrainingLibrariesError,
    TrainingMemoryError,
    TrainingSettingsError,
    UserFacingError,
)
from backends.training.data.masking import coding_of
from backends.training.events import (
    CheckpointKept,
    TrainingPaused,
    TrainingReady,
    TrainingStopped,
)
from backends.training.keeping.values import SourceFile, Sources
from backends.training.values import (
    Cadence,
    Compute,
    Lora,
    Method,
    Several,
    TrainingRequest,
)
from baichuan_desktop.services.library.registry import InstalledAdapter, UnknownModelError
from baichuan_desktop.services.training.client import ClientEvent, TrainingClient
from baichuan_desktop.services.training.tuner import Checked, TrainingListed
from baichuan_desktop.services.training.verdict import Fit, require_fitting
from tests.helpers import adapters, quantized
from tests.helpers.kept_trainings import SOURCES, keep_checkpoint
from tests.helpers.machines import card, machine
from tests.helpers.policies import write_policy
from tests.helpers.scripted_training import began
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.training_data import prepare
from tests.services.training.conftest import Home, write_data

posix = pytest.mark.skipif(sys.platform == "win32", reason="speaks of rights")


def files_of(home: Home) -> set[Path]:
    """All that lies in the folder of the test, besides the app's own."""
    return {one for one in home.folder.rglob("*") if "app home" not in one.parts}


def refused(home: Home, request: TrainingRequest, kind: type[UserFacingError]) -> str:
    """The sentence of a check that refuses, and nothing was written."""
    before = files_of(home)
    with pytest.raises(kind) as caught:
        home.tuner.check(request)
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    assert files_of(home) == before
    return caught.value.message


def test_what_passes_is_told_with_whole_paths_and_counts_and_nothing_is_written(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.folder)
    asked = home.request()
    asked = replace(asked, data=replace(asked.data, files=("data.json",)))
    before = files_of(home)

    found = home.tuner.check(asked)

    assert files_of(home) == before
    assert found.base == home.base
    assert found.request.model == str(home.base.path)
    assert found.request.model_name == home.base.shown_name.en
    assert found.request.data.files == (str(home.data),)
    assert found.request.compute is Compute.AUTO
    assert (found.counts.examples, found.counts.cut_examples) == (6, 0)
    assert found.verdict.fit is Fit.FITS
    assert found.resumes_at is None


def test_a_model_may_be_named_by_its_folder(home: Home) -> None:
    asked = replace(home.request(), model=str(home.base.path))

    assert home.tuner.check(asked).base == home.base


# --- what is refused -----------------------------------------------------------------------


def test_the_policy_is_asked_first(home: Home) -> None:
    write_policy(home.folder, "fine_tuning: false\n")
    asked = replace(home.request(), model="nothing")

    assert "No model is fine-tuned here" in refused(home, asked, PolicyError)


def test_the_policy_on_models_holds_too(home: Home) -> None:
    write_policy(home.folder, "models: [baichuan2-13b-chat]\n")

    refused(home, home.request(), PolicyError)


def test_a_model_that_is_not_here_is_named(home: Home) -> None:
    assert "sevem" in refused(home, replace(home.request(), model="sevem"), UnknownModelError)


@pytest.mark.parametrize(
    ("missing", "changes"),
    [
        ("peft", {}),
        ("accelerate", {"method": Method.FULL}),
        ("bitsandbytes", {"method": Method.QLORA}),
    ],
)
def test_a_library_that_is_missing_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch, missing: str, changes: dict[str, Any]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )

    assert missing in refused(home, replace(home.request(), **changes), TrainingLibrariesError)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lora": Lora(rank=0)}, "The rank is 0"),
        ({"lora": Lora(targets=("q_proj",))}, "q_proj"),
        ({"keeping": "the best"}, "nothing is evaluated"),
        ({"several": Several(processes=0)}, "and not 0"),
    ],
)
def test_settings_that_nothing_is_computed_with_are_named(
    home: Home, changes: dict[str, Any], said: str
) -> None:
    asked = home.request()
    if "keeping" in changes:
        keeping = replace(asked.keeping, load_best=True)
        changes = {"keeping": keeping}

    assert said in refused(home, replace(asked, **changes), TrainingSettingsError)


def test_a_model_in_4_bits_is_trained_by_qlora_alone(home: Home) -> None:
    folder = home.folder / "four bits"
    shutil.copytree(quantized.published("b2-7b-4bits"), folder)
    asked = replace(home.request(), model=str(folder))

    assert "is stored in 4-bit" in refused(home, asked, TrainingSettingsError)
    assert home.tuner.check(replace(asked, method=Method.QLORA)).base.path == folder


def test_several_processes_are_checked_where_they_are_told(home: Home) -> None:
    (home.folder / "hosts").write_text("here slots=two\n", encoding="utf-8")
    hosts = Several(hostfile=str(home.folder / "hosts"), deepspeed="ds_config.json")
    several = Several(processes=2, deepspeed="ds_config.json")

    assert "line 1" in refused(home, replace(home.request(), several=hosts), HostfileError)
    refused(home, replace(home.request(), several=several), TrainingLibrariesError)


def test_a_hostfile_must_begin_with_this_machine(home: Home) -> None:
    """A dry run says so, too."""
    (home.folder / "hosts").write_text("192.0.2.1 slots=1\n", encoding="utf-8")
    asked = replace(home.request(), several=Several(hostfile=str(home.folder / "hosts")))

    assert "which is not this one" in refused(home, asked, HostfileError)


def test_what_lies_in_the_folder_of_the_result_is_never_written_over(home: Home) -> None:
    output = home.folder / "results" / "plain"
    output.mkdir(parents=True)
    (output / "thesis.txt").write_text("mine", encoding="utf-8")

    assert "thesis.txt" in refused(home, home.request(), OutputTakenError)


@posix
def test_a_folder_that_cannot_be_written_is_named(home: Home) -> None:
    (home.folder / "results").write_text("no folder", encoding="utf-8")

    refused(home, home.request(), OutputUnwritableError)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no JSON", "data.json"),
        ('[{"conversations": [{"from": "nobody", "value": "x"}]}]', "line 1"),
        ("[]", "it holds no rows"),
    ],
)
def test_data_that_cannot_be_learnt_from_are_named_by_their_file(
    home: Home, content: str, said: str
) -> None:
    home.data.write_text(content, encoding="utf-8")

    assert said in refused(home, home.request(), TrainingDataError)


def test_a_drive_without_room_is_told_before_anything_is_computed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(home.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))

    refused(home, home.request(), OutputFullError)


def test_what_cannot_fit_is_found_and_refused_before_a_process_is_started(home: Home) -> None:
    home.machines.append(machine(free_gib=0.1))
    asked = home.request()

    found = home.tuner.check(asked)
    longest = found.counts.longest_tokens
    assert home.tuner.estimate(asked, found.config, longest) == found.verdict
    events = home.tuner.run(asked, threading.Event())
    told: list[object] = []
    with pytest.raises(TrainingMemoryError):
        told.extend(events)

    assert found.verdict.fit is Fit.CANNOT
    with pytest.raises(TrainingMemoryError):
        require_fitting(found.verdict)
    assert not Path(asked.keeping.output).exists()
    assert not told or isinstance(told[-1], Checked)


def test_what_has_no_effect_here_is_left_out_and_told(home: Home) -> None:
    asked = replace(home.request(), compute=Compute.FP16, tf32=True)
    found = home.tuner.check(asked)

    assert (found.request.compute, found.request.tf32) == (Compute.FP32, False)
    said = " ".join(map(str, found.notes))
    assert "fp16" in said
    assert "tf32" in said


def test_examples_that_are_cut_are_told(home: Home) -> None:
    write_data(home.data, ["一" * 200, "短"])
    found = home.tuner.check(home.request())

    assert found.counts.cut_examples == 1
    assert any("more than 64 tokens" in str(note) for note in found.notes)


# --- going on ------------------------------------------------------------------------------


def begun(home: Home, **changes: Any) -> TrainingRequest:
    """A training that was begun, with a checkpoint of its second step; the request to go on."""
    asked = home.tuner.check(home.request()).request
    coding = coding_of(*Checkpoint.open_with_tokenizer(home.base.path))
    (data,) = prepare(asked.data, coding).files
    sources = Sources(SOURCES.base, (SourceFile("data.json", data.size, data.sha256, data.rows),))
    keep_checkpoint(replace(asked, **changes), 2, sources=sources)
    return replace(home.request(), resume=True)


def test_a_training_goes_on_from_what_was_kept(home: Home) -> None:
    assert home.tuner.check(begun(home)).resumes_at == 2


def test_nothing_goes_on_where_nothing_was_kept(home: Home) -> None:
    refused(home, replace(home.request(), resume=True), NothingToResumeError)


def test_another_training_does_not_go_on_and_what_differs_is_named(home: Home) -> None:
    asked = begun(home, lora=Lora(rank=8))

    assert "“rank” is 1" in refused(home, asked, ResumeMismatchError)


def test_data_that_were_changed_are_named(home: Home) -> None:
    asked = begun(home)
    write_data(home.data, ["别的"] * 6)

    assert "data.json" in refused(home, asked, ResumeMismatchError)


def test_a_card_that_computes_in_another_type_is_told(home: Home) -> None:
    asked = begun(home)
    home.machines.append(machine(card(80, capability=(8, 0))))

    assert "bf16 here" in refused(home, asked, ResumeMismatchError)


# --- a run ---------------------------------------------------------------------------------


def test_a_run_is_noted_while_it_can_go_on_and_its_result_is_listed(home: Home) -> None:
    asked = home.request()
    told: list[type] = []
    for event in home.tuner.run(asked, threading.Event(), name="My facts"):
        told.append(type(event))
        if isinstance(event, CheckpointKept):
            keep_checkpoint(asked, 2)
        if isinstance(event, TrainingReady):
            shutil.rmtree(asked.keeping.output)
            shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), asked.keeping.output)
            assert not home.runs.unfinished()
    assert told.index(Checked) < told.index(CheckpointKept) < told.index(TrainingReady)
    assert isinstance(event, TrainingListed)
    assert isinstance(event.listed, InstalledAdapter)
    assert (event.listed.name.en, event.listed.base) == ("My facts", home.base.id)


def test_a_result_that_cannot_be_listed_is_not_lost_and_the_reason_is_told(home: Home) -> None:
    write_policy(home.folder, "import: false\n")
    *_, last = home.tuner.run(home.request(), threading.Event())

    assert isinstance(last, TrainingListed)
    assert last.listed is None
    assert isinstance(last.refusal, PolicyError)


def test_a_run_that_is_paused_or_stopped_is_unfinished_under_its_name(home: Home) -> None:
    asked = home.request("wait")
    pause = threading.Event()
    for event in home.tuner.run(asked, threading.Event(), pause, "Later"):
        if isinstance(event, CheckpointKept):
            pause.set()
    assert event == TrainingPaused(2)
    keep_checkpoint(asked, 2)

    (run,) = home.runs.unfinished()
    assert (run.name, run.step) == ("Later", 2)


def test_a_result_that_could_not_be_written_is_unfinished(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = home.request()

    def full(*_: object) -> Iterator[ClientEvent]:
        yield began()
        keep_checkpoint(asked, 4)  # of the last step, which is not told
        raise OutputFullError(Path(asked.keeping.output), needed_bytes=2, free_bytes=1)

    monkeypatch.setattr(TrainingClient, "run", full)
    with pytest.raises(OutputFullError):
        list(home.tuner.run(asked, threading.Event(), name="Full"))

    assert [(run.name, run.step) for run in home.runs.unfinished()] == [("Full", 4)]


def test_a_stop_during_the_checks_starts_nothing(home: Home) -> None:
    cancel = threading.Event()
    told = []
    for event in home.tuner.run(home.request(), cancel):
        told.append(event)
        cancel.set()

    assert not any(isinstance(event, Checked | TrainingStopped) for event in told)
    assert not (home.folder / "results").exists()


def test_the_chats_model_makes_room_where_both_do_not_fit(home: Home) -> None:
    config = home.tuner.check(home.request()).config
    asked = home.request()

    assert not home.tuner.needs_room(asked, config, None)
    home.machines.append(machine(free_gib=0.3))
    assert home.tuner.needs_room(asked, config, None)


def test_memory_is_counted_without_the_engine_of_the_chat(home: Home) -> None:
    tuner = type(home.tuner)(
        home.store, home.tuner._admission, home.runs, home.tuner._client,
        detect=lambda: machine(free_gib=0.1), detect_freed=machine,
    )  # fmt: skip

    checked = tuner.check(home.request())
    assert checked.verdict.fit is Fit.FITS
    assert tuner.estimate(home.request(), checked.config).fit is Fit.FITS


def test_examples_are_held_back_only_where_they_are_evaluated(home: Home) -> None:
    asked = home.request()
    data = replace(asked.data, dev_ratio=0.2)
    evaluated = replace(asked, data=data, keeping=replace(asked.keeping, evaluate=Cadence.EPOCH))

    assert home.tuner.check(evaluated).counts.eval_examples == 2
    assert home.tuner.check(replace(asked, data=data)).counts.eval_examples == 0

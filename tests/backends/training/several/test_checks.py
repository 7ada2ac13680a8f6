from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import (
    DeepSpeedFileError,
    HostfileError,
    TrainingLibrariesError,
    TrainingSettingsError,
)
from backends.training.several.checks import require_several, settled
from backends.training.values import (
    Compute,
    Data,
    Device,
    Keeping,
    Method,
    Several,
    TrainingRequest,
)
from tests.helpers.kept_trainings import keep_checkpoint
from tests.helpers.scripted_training import STEPS


def _request(several: Several, keeping: Keeping | None = None, **more: Any) -> TrainingRequest:
    return TrainingRequest(
        "model", Data(("data.json",)), keeping or Keeping("out"), several=several, **more
    )


@pytest.fixture
def deepspeed_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())


def test_a_process_alone_needs_nothing() -> None:
    assert require_several(_request(Several()), cards=0) == ()


def test_processes_may_share_a_processor_or_have_a_card_each() -> None:
    assert require_several(_request(Several(processes=4)), cards=0) == ()
    assert require_several(_request(Several(processes=4)), cards=4) == ()
    assert require_several(_request(Several(processes=4), device=Device.CPU), cards=1) == ()


def test_more_processes_than_cards_are_refused() -> None:
    with pytest.raises(TrainingSettingsError, match="this machine has 2 for 4"):
        require_several(_request(Several(processes=4)), cards=2)


def test_fp16_by_several_processes_is_deepspeeds() -> None:
    with pytest.raises(TrainingSettingsError, match="fp16 is not computed by several processes"):
        require_several(_request(Several(processes=2), compute=Compute.FP16), cards=2)


def test_a_hostfile_is_read_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(HostfileError):
        require_several(_request(Several(hostfile=str(tmp_path / "none"))), cards=0)


@pytest.mark.usefixtures("deepspeed_is_there")
@pytest.mark.parametrize(("cards", "device"), [(0, Device.AUTO), (1, Device.CPU)])
def test_without_a_card_it_is_said_that_deepspeed_compiles(cards: int, device: Device) -> None:
    request = _request(Several(2, deepspeed="ds_config.json"), device=device)

    assert any("compiles" in str(note) for note in require_several(request, cards))
    on_cards = replace(request, device=Device.AUTO)
    assert not any("compiles" in str(note) for note in require_several(on_cards, 2))


def test_deepspeed_that_is_not_installed_is_named_with_its_extra() -> None:
    """It is not in the environment of the tests."""
    with pytest.raises(TrainingLibrariesError) as raised:
        require_several(_request(Several(deepspeed="ds_config.json")), cards=1)

    assert "needs deepspeed" in raised.value.message
    assert "“deepspeed”" in str(raised.value.hint)


def test_a_configuration_is_checked_where_deepspeed_is_not_installed(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text("{}", encoding="utf-8")

    with pytest.raises(DeepSpeedFileError):
        require_several(_request(Several(deepspeed=str(file))), cards=0)


@pytest.mark.usefixtures("deepspeed_is_there")
def test_with_deepspeed_it_is_said_that_no_checkpoints_are_kept() -> None:
    (note,) = require_several(_request(Several(deepspeed="deepspeed.json")), cards=1)

    assert "Checkpoints are not kept" in str(note)


def test_a_configuration_of_deepspeed_decides_in_what_is_computed() -> None:
    assert settled(_request(Several())).compute is Compute.AUTO
    assert settled(_request(Several(deepspeed="deepspeed.json"))).compute is Compute.FP16
    assert settled(_request(Several(deepspeed="ds_config.json"))).compute is Compute.BF16


@pytest.mark.usefixtures("deepspeed_is_there")
def test_a_result_that_could_not_be_written_is_written_later_by_deepspeed_too(
    tmp_path: Path,
) -> None:
    keeping = Keeping(str(tmp_path / "out"))
    request = _request(Several(deepspeed="deepspeed.json"), keeping, resume=True)

    keep_checkpoint(request, STEPS - 1)
    with pytest.raises(TrainingSettingsError, match="could go on"):
        require_several(request, cards=1)
    keep_checkpoint(request, STEPS)
    require_several(request, cards=1)


@pytest.mark.usefixtures("deepspeed_is_there")
@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (_request(Several(deepspeed="deepspeed.json"), resume=True), "could go on"),
        (_request(Several(deepspeed="deepspeed.json"), Keeping("out", load_best=True)), "the best"),
        (_request(Several(deepspeed="ds_config.json"), method=Method.QLORA), "matrices of 4 bits"),
    ],
)
def test_what_deepspeed_cannot_do_here_is_refused_by_name(
    request_: TrainingRequest, said: str
) -> None:
    with pytest.raises(TrainingSettingsError, match=said):
        require_several(request_, cards=1)

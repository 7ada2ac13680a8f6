from __future__ import annotations

import datetime
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from backends.errors import DamagedTrainingError, ResumeMismatchError
from backends.training.keeping.checkpoints import write_checkpoint
from backends.training.keeping.resume import (
    kept_curve,
    require_same,
    require_same_run,
    require_same_sources,
    resumable,
)
from backends.training.values import Cadence, Compute, Device, Method
from tests.helpers.toy_training import SOURCES, after, began, request

OUT = Path("/somewhere/out")
REQUEST = request(OUT)
#: Settings that may be others when a training goes on.
FREE = {
    "model", "model_name", "licence", "resume", "device",
    "data.files", "data.eval_files",
    "keeping.output", "keeping.save", "keeping.save_steps", "keeping.save_limit",
    "keeping.logging_steps",
    "optimization.eval_batch_size", "optimization.gradient_checkpointing",
    "several.processes", "several.hostfile",
}  # fmt: skip


def names(value: Any, prefix: str = "") -> list[str]:
    """Every setting of a request."""
    found = []
    for one in fields(value):
        inner = getattr(value, one.name)
        name = f"{prefix}{one.name}"
        found += names(inner, f"{name}.") if is_dataclass(inner) else [name]
    return found


def changed(value: Any, name: str) -> Any:
    """The same request with another value of one setting."""
    first, _, rest = name.partition(".")
    inner = getattr(value, first)
    return replace(value, **{first: changed(inner, rest) if rest else other(inner)})


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case Enum():
            return next(one for one in type(value) if one is not value)
        case int() | float():
            return value + 1
        case tuple():
            return (*value, "more")
        case str():
            return f"{value}x"
    return "something" if value is None else None


# --- settings ------------------------------------------------------------------------------


def test_the_same_request_goes_on() -> None:
    require_same(replace(REQUEST, resume=True), REQUEST, OUT)


@pytest.mark.parametrize("name", names(REQUEST))
def test_a_setting_that_changes_what_is_learnt_is_refused_by_its_name(name: str) -> None:
    asked = changed(REQUEST, name)

    if name in FREE:
        require_same(asked, REQUEST, OUT)
        return
    with pytest.raises(ResumeMismatchError) as caught:
        require_same(asked, REQUEST, OUT)
    assert f"“{name.rpartition('.')[2]}” is " in str(caught.value)


def test_the_table_names_settings_that_there_are() -> None:
    assert set(names(REQUEST)) >= FREE


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"method": Method.FULL}, "“method” is 'full', and it was begun with 'lora'"),
        (
            {"keeping": replace(REQUEST.keeping, load_best=True, evaluate=Cadence.EPOCH)},
            "“evaluate” is 'epoch', and it was begun with 'no'",
        ),
        (
            {"keeping": replace(REQUEST.keeping, load_best=True)},
            "“load_best” is True, and it was begun with False",
        ),
        (
            {"lora": replace(REQUEST.lora, targets=("all",))},
            "“targets” is ['all'], and it was begun with ['W_pack']",
        ),
        ({"compute": Compute.BF16}, "“compute” is 'bf16', and it was begun with 'auto'"),
    ],
)
def test_what_differs_is_told_with_both_values(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ResumeMismatchError) as caught:
        require_same(replace(REQUEST, **change), REQUEST, OUT)

    assert str(caught.value) == f"The training in “{OUT}” cannot go on so: {what}."


def test_another_device_is_no_other_training_unless_it_computes_in_another_type() -> None:
    require_same(replace(REQUEST, device=Device.CPU), REQUEST, OUT)
    require_same_run("fp32", 1, began(), OUT)

    with pytest.raises(ResumeMismatchError, match="in bf16 here, and it was begun in fp32"):
        require_same_run("bf16", 1, began(), OUT)
    with pytest.raises(ResumeMismatchError, match="by 2 processes, and it was begun with 1"):
        require_same_run("fp32", 2, began(), OUT)


# --- model and data ------------------------------------------------------------------------


def test_sources_of_the_same_content_are_the_same_wherever_they_lie() -> None:
    renamed = replace(
        SOURCES,
        base=tuple(replace(one, name=f"{one.name}.bin") for one in reversed(SOURCES.base)),
        data=tuple(replace(one, name=f"{one.name}l") for one in SOURCES.data),
    )

    require_same_sources(renamed, SOURCES, OUT)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            {"base": (SOURCES.base[0], replace(SOURCES.base[1], sha256="zz"))},
            "the model is another one (“model.safetensors” has another content)",
        ),
        (
            {"base": SOURCES.base[:1]},
            "the model is another one (“config.json” has another content)",
        ),
        (
            {"data": (replace(SOURCES.data[0], sha256="zz"), SOURCES.data[1])},
            "the data in “data.json” have changed since",
        ),
        (
            {"data": tuple(reversed(SOURCES.data))},  # another order is another training
            "the data in “more.json” have changed since",
        ),
        ({"data": SOURCES.data[:1]}, "there are 1 files of data, and it was begun with 2"),
        ({"eval_data": SOURCES.data}, "there are 2 files of data, and it was begun with 0"),
    ],
)
def test_another_model_and_other_data_are_refused_by_name(
    change: dict[str, Any], what: str
) -> None:
    with pytest.raises(ResumeMismatchError) as caught:
        require_same_sources(replace(SOURCES, **change), SOURCES, OUT)

    assert str(caught.value) == f"The training in “{OUT}” cannot go on so: {what}."


# --- what is there -------------------------------------------------------------------------


def test_what_is_there_is_told_without_reading_a_tensor(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, after(2, tmp_path))
    folder = write_checkpoint(tmp_path, last := after(3, tmp_path))
    size = (folder / "weights.safetensors").stat().st_size
    (folder / "weights.safetensors").write_bytes(bytes(size))

    found = resumable(tmp_path)

    assert found is not None
    assert (found.step, found.total_steps, found.epoch) == (3, 8, 0.75)
    assert found.folder == str(folder)
    assert found.request == last.request
    assert found.last_loss == last.curve.steps[-1].loss
    now = datetime.datetime.now(datetime.UTC)
    assert abs(now - datetime.datetime.fromisoformat(found.kept_at)) < datetime.timedelta(hours=1)
    assert kept_curve(tmp_path) == last.curve


def test_nothing_is_there(tmp_path: Path) -> None:
    assert resumable(tmp_path) is None
    assert resumable(tmp_path / "not here") is None
    assert kept_curve(tmp_path).steps == []


def test_a_newest_checkpoint_that_was_cut_is_named_and_no_older_one_told(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, after(2, tmp_path))
    folder = write_checkpoint(tmp_path, after(3, tmp_path))
    (folder / "weights.safetensors").write_bytes(b"cut")

    with pytest.raises(DamagedTrainingError) as caught:
        resumable(tmp_path)

    assert f"“{folder / 'weights.safetensors'}”" in str(caught.value)
    assert "it has 3 bytes, and" in str(caught.value)

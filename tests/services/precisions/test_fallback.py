"""What is loaded instead of what failed: the best there is, and nothing twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import (
    BackendUnavailableError,
    DamagedCheckpointError,
    EngineError,
    ExportRefusedError,
    InsufficientMemoryError,
    InvalidRequestError,
    UserFacingError,
)
from backends.events import ModelKind
from backends.model_config import Family
from backends.precision import Precision
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.precisions.fallback import WantedModel, alternatives
from baichuan_desktop.services.precisions.wish import LoadWish

SEVEN = InstalledModel(
    id="seven", name=Names(en="Seven", zh="七"), path=Path("/m/seven"), variant=None,
    family=Family.BAICHUAN2_7B, kind=ModelKind.CHAT, context_length=4096,
)  # fmt: skip
OTHER = replace(SEVEN, id="other", path=Path("/m/other"))
DAMAGED = DamagedCheckpointError(Path("/m/w.bin"), "it is cut short")
REFUSED = ExportRefusedError(Path("/m/export"), DAMAGED)
ERRORS: list[UserFacingError] = [
    BackendUnavailableError("It is not there."),
    InvalidRequestError("It is too long."),
    InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1),
    EngineError("It is not known."),
    DAMAGED,
    REFUSED,
]
WISHES = [
    LoadWish(), LoadWish(Precision.NF4, "cuda:1"), LoadWish(context_length=256),
    LoadWish(Precision.FP32, "cpu", 256), LoadWish(Precision.ONNX_INT4),
]  # fmt: skip


def chain(
    first: WantedModel, error: UserFacingError, otherwise: WantedModel | None, kept: LoadWish
) -> Iterator[WantedModel]:
    """Everything that is tried while every load fails so."""
    tried: list[tuple[Path, LoadWish]] = []
    wanted: WantedModel | None = first
    while wanted is not None:
        yield wanted
        tried.append((wanted.model.path, wanted.wish))
        following = alternatives(wanted, error, otherwise, kept)
        wanted = next((c for c in following if (c.model.path, c.wish) not in tried), None)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_chain_ends_with_what_ran_before(error: UserFacingError) -> None:
    before = WantedModel(OTHER, LoadWish(Precision.BF16))
    for wish, kept, is_asked in itertools.product(WISHES, WISHES, (True, False)):
        first = WantedModel(SEVEN, wish, is_asked=is_asked)

        tried = list(chain(first, error, before, kept))

        assert (OTHER, LoadWish(Precision.BF16)) in [(one.model, one.wish) for one in tried]
        assert len(tried) <= 8, [one.wish for one in tried]


def test_what_was_asked_for_gives_way_to_what_ran_and_to_nothing_else() -> None:
    ran = WantedModel(SEVEN, LoadWish(Precision.BF16, "cuda:0"))
    for error in ERRORS:
        asked = WantedModel(
            SEVEN, LoadWish(Precision.ONNX_INT4, "cpu"), is_asked=True, is_kept=True
        )

        (instead,) = alternatives(asked, error, ran, LoadWish())

        assert instead == ran


def test_without_anything_else_only_the_model_itself_is_left() -> None:
    remembered = WantedModel(SEVEN, LoadWish(Precision.NF4, "cuda:1", 256))

    found = list(alternatives(remembered, ERRORS[0], None, remembered.wish))

    assert [(one.wish, one.is_kept) for one in found] == [
        (remembered.wish, False),
        (LoadWish(context_length=256), True),
        (LoadWish(), True),
    ]


def test_memory_that_ran_out_is_not_asked_for_more() -> None:
    remembered = WantedModel(SEVEN, LoadWish(Precision.FP32, "cpu", 256))

    found = list(alternatives(remembered, ERRORS[2], None, remembered.wish))

    assert {one.wish.context_length for one in found} == {256}
    assert not any(one.is_kept for one in found), "there may be enough at the next start"


def test_a_full_context_is_not_asked_for_where_a_shorter_one_was_too_much() -> None:
    """Though it is what is kept."""
    of_today = WantedModel(SEVEN, LoadWish(context_length=128))

    found = list(alternatives(of_today, ERRORS[2], None, LoadWish(Precision.FP32, "cpu")))

    assert {one.wish for one in found} == {of_today.wish}


def test_a_precision_of_an_export_stays_kept() -> None:
    """It is right again when the export is made anew, or its drive is there."""
    kept = LoadWish(Precision.ONNX_INT8, "cpu")

    found = list(alternatives(WantedModel(SEVEN, kept), ERRORS[0], None, kept))

    assert LoadWish() in [one.wish for one in found]
    assert not any(one.is_kept for one in found)


def test_what_ran_on_the_same_export_does_not_come_back() -> None:
    ran = WantedModel(SEVEN, LoadWish(Precision.ONNX_INT8, "cpu"))
    shorter = WantedModel(SEVEN, LoadWish(Precision.ONNX_INT8, "cpu", 128), is_asked=True)

    (instead,) = alternatives(shorter, REFUSED, ran, ran.wish)

    assert instead == WantedModel(SEVEN, LoadWish(context_length=128))


def test_a_damaged_model_is_not_tried_again() -> None:
    assert (
        list(alternatives(WantedModel(SEVEN, LoadWish(Precision.NF4)), DAMAGED, None, LoadWish()))
        == []
    )


def test_a_fallback_keeps_the_threads_until_nothing_else_is_left() -> None:
    kept = LoadWish(Precision.NF4, "cuda:1", 256, threads=3)

    found = list(alternatives(WantedModel(SEVEN, kept), ERRORS[0], None, kept))

    assert [one.wish for one in found][-2:] == [LoadWish(context_length=256, threads=3), LoadWish()]

"""An import, a move or a conversion that is killed leaves a whole model, and goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.durability.import_kill import KINDS, Place, hashes_in, left, outcomes
from tests.helpers import goldens

_forks = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


@_forks
def test_twenty_kills_lose_nothing_and_each_goes_on(tmp_path: Path) -> None:
    found = list(outcomes(tmp_path, count=20, seed=3))

    assert [fault for outcome in found for fault in outcome.faults] == []
    assert {outcome.kind for outcome in found if outcome.kills} == set(KINDS)
    kept = sum(outcome.kept_bytes for outcome in found)
    assert kept > 2 * sum(outcome.read_again_bytes for outcome in found), "it begins anew"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "place", "copy")
    made.make(goldens.folder("b2-7b", "safetensors"))
    return made


def test_a_target_that_is_not_whole_is_seen(place: Place) -> None:
    place.target.mkdir()
    for name in list(place.hashes)[1:]:
        (place.target / name).write_bytes((place.source / name).read_bytes())

    assert left(place) == ["copy: the target is there, and not whole"]


def test_a_source_that_lost_a_file_is_seen(place: Place) -> None:
    (place.source / "config.json").unlink()

    assert left(place) == ["copy: the source is touched, and the target not whole"]


def test_a_move_whose_target_is_whole_may_take_the_source_away(place: Place) -> None:
    place.kind = "move to another drive"
    place.source.rename(place.target)

    assert hashes_in(place.target) == place.hashes
    assert left(place) == []


def test_a_half_model_in_the_list_is_seen(place: Place) -> None:
    for event in place.run():
        last = event
    assert last is not None
    (place.target / "config.json").write_bytes(b"{}")

    assert f"copy: {place.target} is listed and not whole" in left(place)

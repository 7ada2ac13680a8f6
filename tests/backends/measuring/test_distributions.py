"""What is kept of a distribution, by numbers that are worked out by hand or by torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.errors import QualityError
from backends.measuring import distributions
from backends.measuring.distributions import (
    Comparison,
    Distributions,
    ReferenceReader,
    ReferenceWriter,
)
from tests.helpers.sentences import assert_one_sentence

#: Probabilities 1/2, 1/4, 1/8, 1/8, and the same moved by one.
HALF = np.log(np.array([[8, 4, 2, 2]], dtype=np.float32))
MOVED = np.log(np.array([[2, 8, 4, 2]], dtype=np.float32))


def random_logits(seed: int, positions: int = 7, vocab: int = 50) -> npt.NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(scale=4, size=(positions, vocab))
    return (noise + 30).astype(np.float32)  # an offset that changes nothing


def compared(
    reference: npt.NDArray[np.float32], found: npt.NDArray[np.float32], file: Path
) -> Comparison:
    with ReferenceWriter(file) as writer:
        writer.write(Distributions(reference))
    with ReferenceReader(file) as reader:
        return reader.read(Distributions(found))


def test_log_probabilities_are_natural() -> None:
    found = Distributions(HALF + 100)

    np.testing.assert_allclose(
        np.exp(found.log_probs(np.array([[0, 3]]))), [[1 / 2, 1 / 8]], rtol=1e-5
    )
    np.testing.assert_allclose(found.rest(np.array([[0, 3]])), [3 / 8], rtol=1e-5)
    assert found.rest(np.array([[0, 1, 2, 3]])).tolist() == [0]


def test_the_best_of_equals_is_the_lowest_id() -> None:
    logits = np.array([[0, 5, 1, 5], [9, 9, 9, 9]], dtype=np.float32)

    assert Distributions(logits).best.tolist() == [1, 0]


def test_the_divergence_goes_from_the_reference_to_the_other(tmp_path: Path) -> None:
    there = compared(HALF, MOVED, tmp_path / "a")
    back = compared(MOVED, HALF, tmp_path / "b")

    # 1/2 ln 4 + 1/4 ln 1/2 + 1/8 ln 1/2 + 1/8 ln 1, and 1/8 ln 1/4 + 1/2 ln 2 + 1/4 ln 2
    assert there.divergence_sum == pytest.approx((1 - 3 / 8) * np.log(2), rel=1e-5)
    assert back.divergence_sum == pytest.approx((3 / 4 - 1 / 4) * np.log(2), rel=1e-5)
    assert there.same_best == back.same_best == 0


@pytest.mark.parametrize("top", [1, 5, 49, 50, 1024])
def test_what_is_compared_with_itself_differs_by_nothing(
    top: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributions, "TOP", top)
    logits = random_logits(1)

    assert compared(logits, logits, tmp_path / "r") == Comparison(0.0, 7)


def test_a_whole_vocabulary_gives_the_divergence_of_torch(tmp_path: Path) -> None:
    p, q = random_logits(1), random_logits(2)

    found = compared(p, q, tmp_path / "r")

    log_p, log_q = (torch.tensor(x).double().log_softmax(-1) for x in (p, q))
    expected = torch.nn.functional.kl_div(log_q, log_p, reduction="sum", log_target=True)
    assert found.divergence_sum == pytest.approx(float(expected), rel=1e-5)
    assert found.same_best == int((p.argmax(1) == q.argmax(1)).sum())


def test_fewer_tokens_are_a_lower_bound_that_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    p, q = random_logits(1, vocab=300), random_logits(2, vocab=300)
    found = []
    for top in (1, 4, 16, 64, 300):
        monkeypatch.setattr(distributions, "TOP", top)
        found.append(compared(p, q, tmp_path / str(top)).divergence_sum)

    assert found == sorted(found)
    assert 0 < found[0] < found[-1]
    assert found[-2] > 0.95 * found[-1]


def test_a_token_that_the_other_never_expects_is_finite(tmp_path: Path) -> None:
    p = np.zeros((1, 4), dtype=np.float32)
    q = np.array([[500, 0, 0, 0]], dtype=np.float32)

    assert 300 < compared(p, q, tmp_path / "r").divergence_sum < 400


def test_positions_are_read_back_in_their_order(tmp_path: Path) -> None:
    p, q = random_logits(1, positions=9), random_logits(2, positions=9)
    with ReferenceWriter(tmp_path / "r") as writer:
        for rows in (p[:2], p[2:3], p[3:]):
            writer.write(Distributions(rows))

    with ReferenceReader(tmp_path / "r") as reader:
        parts = [reader.read(Distributions(rows)) for rows in (q[:5], q[5:])]

    whole = compared(p, q, tmp_path / "whole")
    assert sum(part.divergence_sum for part in parts) == pytest.approx(whole.divergence_sum)
    assert sum(part.same_best for part in parts) == whole.same_best


def test_a_position_takes_eight_kibibytes(tmp_path: Path) -> None:
    with ReferenceWriter(tmp_path / "r") as writer:
        writer.write(Distributions(random_logits(1, positions=3, vocab=20_000)))

    assert (tmp_path / "r").stat().st_size == 3 * (1024 * 8 + 8)


def test_a_reference_of_fewer_tokens_is_an_error(tmp_path: Path) -> None:
    with ReferenceWriter(tmp_path / "r") as writer:
        writer.write(Distributions(random_logits(1, positions=3)))

    with ReferenceReader(tmp_path / "r") as reader, pytest.raises(QualityError) as caught:
        reader.read(Distributions(random_logits(1, positions=4)))

    assert_one_sentence(caught.value)


def test_a_drive_that_fills_up_is_named(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    writer = ReferenceWriter(tmp_path / "r")
    writer._stream.close()
    writer._stream = full.open("wb")  # it refuses when it is flushed: here, when it is closed
    with pytest.raises(QualityError, match="No space left on device") as caught, writer:
        writer.write(Distributions(random_logits(1, positions=1)))

    assert_one_sentence(caught.value)


@pytest.mark.parametrize("kind", ["missing", "exists"])
def test_a_file_that_cannot_be_opened_is_named(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "no folder" / "r"
    if kind == "exists":
        file = tmp_path / "r"
        file.touch()

    with pytest.raises(QualityError, match="cannot be kept in") as caught:
        ReferenceWriter(file)

    assert_one_sentence(caught.value)

"""Perplexity, divergence and agreement of tiny models, against torch's own figures."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.errors import InvalidLogitsError, QualityError
from backends.events import QualityProgress, QualityReady
from backends.interface import LoadedModel, Logits
from backends.measuring import distributions, quality
from backends.measuring.quality import Windows, cut_windows
from backends.measuring.shares import shares
from backends.precision import Precision
from backends.torch_backend import cpu
from backends.torch_backend.loaded_model import TorchModel
from tests.helpers import goldens, quantized
from tests.helpers.fakes import ScriptedModel
from tests.helpers.sentences import assert_one_sentence

NAMES = ["b1-7b", "b1-13b", "b2-7b", "b2-13b-h5"]
TEXT = "How does a refrigerator make cold? 天空为什么是蓝色的？\n" * 12


def windows_of(name: str, length: int = 100, text: str = TEXT, most: int = 10**6) -> Windows:
    tokenizer = goldens.tokenizer(name)
    return cut_windows([text], tokenizer, length=length, max_tokens=most, name="text")


def finish(job: Generator[Any, None, QualityReady | None]) -> QualityReady:
    result = quantized.finish(job)
    assert result is not None
    return result


def score(
    model: LoadedModel, windows: Windows, file: Path, *, is_reference: bool = False
) -> QualityReady:
    cancel = threading.Event()
    return finish(quality.score(model, windows, file, is_reference=is_reference, cancel=cancel))


def fp32(name: str) -> LoadedModel:
    return quantized.load(goldens.folder(name), Precision.FP32, cpu)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reference"


# --- the figures -------------------------------------------------------------------------


def logits_by_torch(name: str, windows: Windows) -> tuple[torch.Tensor, torch.Tensor]:
    """Of every scored token: logits [N, vocab_size] before it, and its id [N]."""
    model = goldens.model(name)
    with torch.inference_mode():
        rows = [model(torch.tensor([window[:-1]]))[0] for window in windows.windows]
    return torch.cat(rows), torch.tensor([t for window in windows.windows for t in window[1:]])


@pytest.mark.parametrize("name", NAMES)
def test_perplexity_is_that_of_a_direct_computation(name: str, file: Path) -> None:
    windows = windows_of(name)
    assert len(windows.windows) > 2

    with fp32(name) as model:
        found = score(model, windows, file, is_reference=True)

    logits, targets = logits_by_torch(name, windows)
    expected = torch.nn.functional.cross_entropy(logits, targets).exp()
    assert found.perplexity == pytest.approx(float(expected), rel=1e-4)
    assert found.scored_tokens == len(targets) == sum(len(w) - 1 for w in windows.windows)
    assert (found.kl_divergence, found.top1_agreement) == (None, None)


@pytest.mark.parametrize("name", NAMES)
def test_a_precision_does_not_differ_from_itself(name: str, file: Path) -> None:
    windows = windows_of(name)
    with fp32(name) as model:
        reference = score(model, windows, file, is_reference=True)

    with fp32(name) as model:
        found = score(model, windows, file)

    assert found.kl_divergence == 0
    assert found.top1_agreement == 1
    assert found.perplexity == reference.perplexity


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP4])
def test_a_quantised_precision_differs_as_torch_says(
    name: str, precision: Precision, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributions, "TOP", 2000)  # the whole vocabulary
    windows = windows_of(name)
    with fp32(name) as model:
        score(model, windows, file, is_reference=True)
    with quantized.load(goldens.folder(name), precision) as model:
        found = score(model, windows, file)
        rows = []
        for window in windows.windows:
            model.truncate(0)
            for begin in range(0, len(window) - 1, 64):
                rows.append(model.prefill_logits(window[:-1][begin : begin + 64]))

    q = torch.tensor(np.concatenate(rows)).double().log_softmax(-1)
    p = logits_by_torch(name, windows)[0].double().log_softmax(-1)
    expected = torch.nn.functional.kl_div(q, p, reduction="batchmean", log_target=True)
    assert found.kl_divergence == pytest.approx(float(expected), rel=1e-3)
    assert found.kl_divergence is not None
    assert found.kl_divergence > 1e-6
    assert found.top1_agreement == pytest.approx(
        float((p.argmax(-1) == q.argmax(-1)).double().mean()), abs=0.01
    )


def test_four_bits_differ_more_than_eight(file: Path) -> None:
    windows = windows_of("b2-7b")
    with fp32("b2-7b") as model:
        score(model, windows, file, is_reference=True)

    found = {}
    for precision in (Precision.INT8, Precision.NF4):
        with quantized.load(goldens.folder("b2-7b"), precision) as model:
            found[precision] = score(model, windows, file)

    eight, four = found[Precision.INT8], found[Precision.NF4]
    assert eight.kl_divergence is not None
    assert four.kl_divergence is not None
    assert eight.kl_divergence < four.kl_divergence
    assert eight.top1_agreement is not None
    assert four.top1_agreement is not None
    assert eight.top1_agreement > four.top1_agreement


# --- logits of every position ------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_logits_of_every_position_are_those_of_one_after_the_other(name: str) -> None:
    ids = list(range(10, 60))
    with fp32(name) as model:
        each = []
        for token_id in ids:
            each.append(model.decode(token_id))
        model.truncate(0)
        model.prefill(ids[:7])

        found = model.prefill_logits(ids[7:40])
        found = np.concatenate([found, model.prefill_logits(ids[40:])])

        assert model.cached_ids == ids
    np.testing.assert_allclose(found, np.stack(each[7:]), rtol=0, atol=3e-5)


def test_a_backend_without_its_own_way_decodes_token_by_token(file: Path) -> None:
    class OneBuffer(ScriptedModel):
        """Gives the same array each time, with the number of cached tokens in it."""

        def _pass(self, token_ids: Sequence[int]) -> Logits:
            super()._pass(token_ids)
            self.buffer[:] = len(self.cached_ids)
            return self.buffer

        buffer = np.zeros(301, dtype=np.float32)

    model = OneBuffer([5])

    rows = model.prefill_logits([3, 4, 5])

    assert rows.shape == (3, 301)
    assert rows[:, 0].tolist() == [1, 2, 3]
    assert model.passes == [1, 1, 1]


def test_scores_do_not_depend_on_the_way(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that only decodes gives the same figures as one that reads chunks."""
    windows = windows_of("b2-7b", length=40)
    with fp32("b2-7b") as model:
        reference = score(model, windows, file, is_reference=True)
        monkeypatch.setattr(TorchModel, "prefill_logits", LoadedModel.prefill_logits)
        found = score(model, windows, file)

    assert found.perplexity == pytest.approx(reference.perplexity, rel=1e-5)
    assert found.kl_divergence == pytest.approx(0, abs=1e-7)


# --- windows -----------------------------------------------------------------------------


def test_windows_follow_one_another_and_leave_nothing_out() -> None:
    ids = goldens.tokenizer("b2-7b").encode(TEXT)
    windows = windows_of("b2-7b", length=50)

    assert [t for window in windows.windows for t in window] == ids[: len(ids) // 50 * 50 + 50]
    assert {len(window) for window in windows.windows[:-1]} == {50}
    assert not windows.is_cut


def test_a_single_token_at_the_end_is_no_window() -> None:
    ids = goldens.tokenizer("b2-7b").encode(TEXT)

    windows = windows_of("b2-7b", length=len(ids) - 1)

    assert [len(window) for window in windows.windows] == [len(ids) - 1]


def test_a_long_text_is_cut_and_says_so() -> None:
    windows = windows_of("b2-7b", most=150)

    assert sum(map(len, windows.windows)) == 150
    assert windows.is_cut
    assert windows.scored_tokens == 148


def test_each_text_begins_a_window_and_gives_its_share() -> None:
    tokenizer = goldens.tokenizer("b2-7b")
    one, other = "天空为什么是蓝色的？" * 40, "How cold is it? " * 40

    windows = cut_windows([one, other], tokenizer, length=64, max_tokens=200, name="t")

    assert [len(window) for window in windows.windows] == [64, 36, 64, 36]
    assert list(windows.windows[2]) == tokenizer.encode(other)[:64]


@pytest.mark.parametrize(
    ("lengths", "most", "expected"),
    [
        ([10, 100, 200], 150, [10, 70, 70]),
        ([200, 10, 100], 150, [70, 10, 70]),
        ([5, 5], 100, [5, 5]),
        ([50], 7, [7]),
        ([3, 3, 3], 8, [2, 3, 3]),
        ([0, 4], 3, [0, 3]),
        ([], 3, []),
    ],
)
def test_shares(lengths: list[int], most: int, expected: list[int]) -> None:
    assert shares(lengths, most) == expected


@pytest.mark.parametrize("text", ["", "a", "A line or two."])
def test_a_text_that_is_too_short_is_one_sentence(text: str) -> None:
    with pytest.raises(QualityError, match="at least 64 are needed") as caught:
        windows_of("b2-7b", text=text)

    assert_one_sentence(caught.value)


def test_64_scored_tokens_are_enough() -> None:
    assert windows_of("b2-7b", most=65).scored_tokens == 64
    with pytest.raises(QualityError):
        windows_of("b2-7b", most=64)


# --- cancelled, broken -------------------------------------------------------------------


def test_a_cancel_ends_it_after_one_chunk(file: Path) -> None:
    windows, cancel = windows_of("b2-7b"), threading.Event()
    with fp32("b2-7b") as model:
        job = quality.score(model, windows, file, is_reference=True, cancel=cancel)
        next(job)
        cancel.set()

        assert quantized.finish(job) is None
    file.unlink()  # it is closed, or Windows would refuse


def test_progress_counts_the_tokens(file: Path) -> None:
    windows = windows_of("b2-7b")
    with fp32("b2-7b") as model:
        job = quality.score(model, windows, file, is_reference=True, cancel=threading.Event())
        events = list(job)

    assert events[-1] == QualityProgress(windows.scored_tokens, windows.scored_tokens)
    done = [event.done_tokens for event in events]
    assert done == sorted(set(done))


def test_numbers_that_are_none_are_an_error(file: Path) -> None:
    class Broken(ScriptedModel):
        def prefill_logits(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
            return np.full((len(token_ids), self.vocab_size), np.nan, dtype=np.float32)

    with pytest.raises(InvalidLogitsError):
        score(Broken([5]), windows_of("b2-7b"), file, is_reference=True)


def test_a_text_that_is_never_expected_has_a_finite_perplexity(file: Path) -> None:
    class Sure(ScriptedModel):
        def prefill_logits(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
            rows = np.zeros((len(token_ids), 2000), dtype=np.float32)
            rows[:, 1999] = 5000
            self._ids.extend(token_ids)
            return rows

    found = score(Sure([5]), windows_of("b2-7b"), file, is_reference=True)

    assert math.isfinite(found.perplexity)
    assert found.perplexity > 1e300

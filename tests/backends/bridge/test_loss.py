"""The loss of a training: the same as of all logits at once, in a part of their memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

pytest.importorskip("transformers")

from backends.bridge import logit_parts
from backends.bridge import loss as losses
from backends.bridge.loss import IGNORED, LossTerms, next_labels, token_loss
from tests.helpers.allocations import Allocations
from tests.helpers.bridge import golden_folder, load

IDS = torch.tensor([[5, 6, 7, 8, 9], [11, 12, 13, 0, 0]])
LABELS = torch.tensor([[IGNORED, IGNORED, 7, 8, 9], [2, 12, IGNORED, IGNORED, IGNORED]])


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two positions of a golden model."""
    monkeypatch.setattr(logit_parts, "LOGITS_PART_BYTES", 2 * 1072 * 4)


def gradients(model: Any, loss: Tensor) -> list[Tensor]:
    model.zero_grad()
    loss.backward()
    return [parameter.grad.clone() for parameter in model.parameters()]


def published(logits: Tensor, labels: Tensor, z_weight: float) -> Tensor:
    """As the published 13B code computes it, of all logits."""
    inner, wanted = logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()
    return F.cross_entropy(inner, wanted) + z_weight * (inner.max(-1).values ** 2).mean()


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("z_weight", [0.0, 0.25])
@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_loss_and_gradients_are_those_of_all_logits_at_once(name: str, z_weight: float) -> None:
    model = load(golden_folder(name), dtype="float32").train()
    model.config.z_loss_weight = z_weight
    whole = model(IDS, attention_mask=IDS.ne(0), labels=LABELS, with_logits=True)
    expected = published(whole.logits, LABELS, z_weight)
    of_all = gradients(model, expected)

    output = model(IDS, attention_mask=IDS.ne(0), labels=LABELS)

    assert output.logits is None
    assert float(output.loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    for one, other in zip(gradients(model, output.loss), of_all, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("z_weight", [0.0, 0.25])
def test_losses_of_the_batches_of_a_step_add_up_to_the_mean_over_all_of_it(z_weight: float) -> None:
    """Which the mean of their means is not: one has three labels, the other two."""
    model = load(golden_folder("b2-13b"), dtype="float32").train()
    model.config.z_loss_weight = z_weight
    whole = float(model(IDS, attention_mask=IDS.ne(0), labels=LABELS).loss.detach())

    parts = [
        model(
            IDS[row : row + 1],
            attention_mask=IDS[row : row + 1].ne(0),
            labels=LABELS[row : row + 1],
            num_items_in_batch=torch.tensor(4),
            num_positions_in_batch=8,
        ).loss.detach()
        for row in (0, 1)
    ]

    assert float(sum(parts)) == pytest.approx(whole, rel=1e-6)


def test_without_a_label_the_loss_and_its_gradients_are_zero() -> None:
    model = load(golden_folder("b2-13b"), dtype="float32").train()

    loss = model(IDS, labels=torch.full_like(IDS, IGNORED)).loss
    loss.backward()

    assert float(loss.detach()) == 0
    given = [one.grad for one in model.parameters() if one.grad is not None]
    assert given
    assert not any(gradient.any() for gradient in given)


def test_in_evaluation_and_where_they_are_asked_for_logits_are_there() -> None:
    model = load(golden_folder("b1-7b"), dtype="float32")
    assert model(IDS, labels=LABELS).logits.shape == (2, 5, 1072)
    assert model(IDS, labels=LABELS, with_logits=False).logits is None
    model.train()
    assert model(IDS).logits is not None
    with torch.no_grad():
        assert model(IDS, labels=LABELS).logits is not None


def test_the_memory_of_a_loss_is_that_of_a_few_parts_however_long_the_batch_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All logits of the 4,096 positions with a label would take 32 MiB a copy; a part has 1 MiB."""
    part = 2**20
    monkeypatch.setattr(logit_parts, "LOGITS_PART_BYTES", part)
    vocabulary, width = 2048, 8
    head = torch.nn.Linear(width, vocabulary, bias=False)
    hidden = torch.randn(16, 513, width, requires_grad=True)
    labels = torch.randint(vocabulary, (16, 513)).where(torch.arange(513) % 2 == 0, IGNORED)

    with Allocations() as allocations:
        loss = token_loss(hidden, next_labels(labels), head, vocabulary, LossTerms())
        loss.backward()

    assert int(labels[:, 1:].ne(IGNORED).sum()) * vocabulary * 4 == 32 * 2**20
    assert allocations.largest <= part
    assert allocations.peak < 5 * part + 4 * hidden.nbytes


def test_a_part_of_a_released_vocabulary_takes_128_mib() -> None:
    rows = logit_parts.rows_of_part(125_696)

    assert rows * 125_696 * 4 <= logit_parts.LOGITS_PART_BYTES < (rows + 1) * 125_696 * 4
    assert 30 * logit_parts.LOGITS_PART_BYTES < 16 * 512 * 125_696 * 4


@pytest.mark.usefixtures("small_parts")
def test_a_trained_head_is_normalised_once_in_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Tensor] = []
    normalize = F.normalize

    def counted(rows: Tensor, **options: float) -> Tensor:
        calls.append(rows)
        return normalize(rows, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(F, "normalize", counted)
    model = load(golden_folder("b2-13b"), dtype="float32").train()

    model(IDS, labels=IDS).loss.backward()

    assert len(calls) == 1
    assert model.lm_head.weight.grad.any()


def test_a_frozen_head_is_folded_once_for_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(golden_folder("b2-13b"), dtype="float32").train()
    expected = float(model(IDS, labels=LABELS).loss.detach())
    weight = model.lm_head.weight
    before = weight.detach().clone()
    model.lm_head.fold()
    monkeypatch.setattr("backends.bridge.heads._bit_sums", lambda _: pytest.fail("looked at again"))
    monkeypatch.setattr(F, "normalize", lambda *_, **__: pytest.fail("normalised again"))

    found = model(IDS, labels=LABELS).loss
    found.backward()

    assert float(found.detach()) == pytest.approx(expected, rel=1e-6)
    assert model.lm_head.weight.grad is None
    assert torch.equal(weight, before)
    assert model.model.norm.weight.grad.any()


def test_a_folded_head_says_what_it_said_with_gradients_and_without() -> None:
    model = load(golden_folder("b2-13b"), dtype="float32")
    with torch.no_grad():
        before = model(IDS).logits
        model.lm_head.fold()
        after = model(IDS).logits
    trained = model.train()(IDS).logits.detach()

    torch.testing.assert_close(after, before, rtol=0, atol=3e-5)
    assert torch.equal(trained, after)


def test_labels_in_their_places_are_taken_as_they_are() -> None:
    model = load(golden_folder("b1-7b"), dtype="float32").train()

    plain = model(IDS, labels=LABELS).loss
    given = model(IDS, shift_labels=next_labels(LABELS)).loss

    assert float(plain.detach()) == float(given.detach())
    assert losses.next_labels(torch.tensor([[1, 2, 3]])).tolist() == [[2, 3, IGNORED]]

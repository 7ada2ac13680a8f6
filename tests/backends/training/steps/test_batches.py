"""In which order examples are read, by one process and by several, and how they are padded."""

from __future__ import annotations

from array import array

import pytest

pytest.importorskip("transformers")

from backends.training.data.values import Example
from backends.training.steps.batches import NONE_LEFT, ExampleRows, Order, padded


def numbers(
    count: int, batch: int, number: int = 0, processes: int = 1, epoch: int = 0
) -> list[int]:
    order = Order(count, batch, number=number, processes=processes, seed=7, epoch=lambda: epoch)
    found = list(order)
    assert len(order) == len(found)
    return found


def batches(found: list[int], size: int) -> list[list[int]]:
    return [found[first : first + size] for first in range(0, len(found), size)]


def test_an_epoch_reads_each_example_once_in_an_order_of_its_own() -> None:
    first, second = numbers(20, 4), numbers(20, 4, epoch=1)

    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second != list(range(20))
    assert numbers(20, 4) == first
    assert list(Order(20, 4)) == list(range(20))


def test_the_order_is_the_same_on_every_machine() -> None:
    """A training that was kept elsewhere goes on with the same examples."""
    assert numbers(8, 2) == [0, 6, 7, 2, 4, 5, 1, 3]


@pytest.mark.parametrize("count", [1, 4, 7, 8, 9, 12, 13])
def test_several_processes_read_together_what_one_reads_with_larger_batches(count: int) -> None:
    alone = batches(numbers(count, 4), 4)

    shares = [batches(numbers(count, 2, number, 2), 2) for number in (0, 1)]

    assert len(shares[0]) == len(shares[1]) == len(alone)
    for together, *each in zip(alone, *shares, strict=True):
        read = [one for share in each for one in share if one != NONE_LEFT]
        assert read == together


def example(*ids: int) -> Example:
    labels = array("i", (-100, *ids[1:]))
    return Example(array("i", ids), labels, "data.json", 1, 0)


def test_batches_are_padded_on_the_right_with_id_0_that_is_neither_seen_nor_learnt() -> None:
    batch = padded([example(5, 6, 7), example(8, 9)])

    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 9, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["labels"].tolist() == [[-100, 6, 7], [-100, 9, -100]]


def test_a_process_that_has_no_example_left_gets_one_of_which_nothing_is_learnt() -> None:
    rows = ExampleRows([example(5, 6)])

    batch = padded([rows[NONE_LEFT]])

    assert rows[0] is not None
    assert set(batch["labels"].flatten().tolist()) == {-100}
    assert batch["attention_mask"][:, 0].all()

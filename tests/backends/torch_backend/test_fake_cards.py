"""The cards that tests have where there is none, against what is known of the real ones."""

from __future__ import annotations

import gc

import pytest
import torch
from torch import nn

from tests.helpers.fake_cards import GIB, MIB, Card, CardTensor, CUDAGraph, fake_cards, graph


def test_a_tensor_is_where_it_was_made_and_goes_where_it_is_sent() -> None:
    with fake_cards(Card(), Card()):
        made = torch.tensor([[1.0, 2.0]], device="cuda:1")
        host = made.cpu()

        assert made.device == torch.device("cuda", 1)
        assert (made * 2).device == torch.device("cuda", 1)
        assert made.to("cuda:1") is made
        assert host.device.type == "cpu"
        assert host.numpy().tolist() == [[1.0, 2.0]]
        assert host.to(made).device == made.device
        with pytest.raises(TypeError, match="cuda:1 device type tensor to numpy"):
            made.numpy()


def test_a_model_without_memory_and_the_host_stay_what_they_are() -> None:
    with fake_cards():
        with torch.device("meta"):
            layer = nn.Linear(2, 2)

        assert layer.weight.is_meta
        assert torch.zeros(2).device.type == "cpu"
        assert not isinstance(torch.zeros(2) + 1, CardTensor)


def test_other_memory_may_take_the_place_of_a_tensors() -> None:
    with fake_cards():
        x, y = torch.zeros(2, device="cuda"), torch.ones(4, device="cuda")
        x.data = y[2:]
        y.fill_(3.0)

        assert x.cpu().tolist() == [3.0, 3.0]
        assert torch.cuda.memory_allocated() == 512


def test_tensors_of_two_devices_are_not_computed_with() -> None:
    with fake_cards(Card(), Card()):
        first, second = torch.ones(2, device="cuda:0"), torch.ones(2, device="cuda:1")

        with pytest.raises(RuntimeError, match="found at least two devices, cuda:0 and cuda:1"):
            first + second
        with pytest.raises(RuntimeError, match="cpu and cuda:1"):
            second + torch.ones(2)
        assert (first + torch.tensor(1.0)).cpu().tolist() == [2.0, 2.0]


def test_a_replay_computes_into_the_same_memory_what_a_capture_did_not() -> None:
    with fake_cards(Card(), Card()):
        x, count = torch.zeros(3, device="cuda:1"), torch.zeros(1, device="cuda:1")
        stream = torch.cuda.Stream("cuda:1")
        recorded = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recorded, stream=stream):
            count += 1
            out = (x * 2)[1:] + 1
        assert count.cpu().tolist() == [0.0]
        assert out.cpu().isnan().all()

        for value in (1.0, 4.0):
            x.fill_(value)
            recorded.replay()
            assert out.cpu().tolist() == [2 * value + 1] * 2
        assert count.cpu().tolist() == [2.0]


def test_without_a_stream_the_work_of_another_card_is_done_at_once_and_not_captured() -> None:
    with fake_cards(Card(), Card()):
        x = torch.ones(3, device="cuda:1")
        recorded = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recorded):
            out = x * 2
        assert out.cpu().tolist() == [2.0] * 3

        x.fill_(5.0)
        recorded.replay()

        assert out.cpu().tolist() == [2.0] * 3


def test_the_stream_without_a_name_is_of_the_device_that_was_current_first() -> None:
    with fake_cards(Card(), Card()):
        graphs: list[CUDAGraph] = []
        for device in ("cuda:0", "cuda:1"):
            with torch.cuda.device(device):
                x = torch.ones(3, device=device)
                graphs.append(CUDAGraph())
                with graph(graphs[-1]):
                    x * 2

        assert [len(one.operations) for one in graphs] == [1, 0]


@pytest.mark.parametrize(
    "wait", [lambda x: x.cpu(), lambda x: x.item(), lambda _: torch.cuda.synchronize()]
)
def test_a_capture_does_not_bear_waiting(wait: object) -> None:
    assert callable(wait)
    with fake_cards():
        x = torch.ones(1, device="cuda")
        recorded = torch.cuda.CUDAGraph()

        before = torch.cuda.current_stream()
        with (
            pytest.raises(torch.AcceleratorError, match="previous error during capture") as caught,
            torch.cuda.graph(recorded, stream=torch.cuda.Stream()),
        ):
            wait(x)

        assert "when stream is capturing" in str(caught.value.__context__)
        assert torch.cuda.current_stream() is not before
        torch.cuda.synchronize()  # it ended with the block


def test_the_first_product_on_a_card_cannot_be_captured() -> None:
    with fake_cards(), torch.inference_mode():
        x = torch.ones(2, 2, device="cuda")

        def capture() -> None:
            with torch.cuda.graph(torch.cuda.CUDAGraph(), stream=torch.cuda.Stream()):
                x @ x

        with pytest.raises(torch.AcceleratorError, match="previous error during capture"):
            capture()
        x @ x
        capture()


def test_memory_is_counted_until_nothing_refers_to_it() -> None:
    card = Card(memory_bytes=12 * GIB, context_bytes=400 * MIB, others_bytes=GIB)
    with fake_cards(card):
        assert torch.cuda.mem_get_info() == (11 * GIB - 400 * MIB, 12 * GIB)
        x = torch.zeros(3 * MIB, device="cuda")  # 12 MiB
        part = x[5:].view(-1)
        del x
        assert torch.cuda.memory_allocated() == 12 * MIB

        del part
        gc.collect()

        assert torch.cuda.memory_allocated() == 0
        assert torch.cuda.memory_reserved() == 12 * MIB
        torch.cuda.empty_cache()
        assert torch.cuda.memory_reserved() == 0
        assert torch.cuda.max_memory_reserved() == 12 * MIB


def test_a_card_that_is_full_says_so_as_torch_does() -> None:
    with fake_cards(Card(), Card(memory_bytes=401 * MIB, context_bytes=397 * MIB)):
        x = torch.zeros(MIB // 4, device="cuda:1")  # 1 MiB; 2 are reserved

        with pytest.raises(torch.cuda.OutOfMemoryError) as caught:
            torch.zeros(MIB, device="cuda:1")

        assert "Tried to allocate 4.00 MiB. GPU 1 has a total capacity of 401.00 MiB" in str(
            caught.value
        )
        assert x.device.index == 1


def test_a_lost_card_refuses_everything_and_the_other_works() -> None:
    with fake_cards(Card(), Card()) as cards:
        x, y = torch.ones(1, device="cuda:0"), torch.ones(1, device="cuda:1")
        cards[1].is_lost = True

        for ask in (
            lambda: y + 1,
            lambda: torch.zeros(1, device="cuda:1"),
            lambda: torch.cuda.mem_get_info("cuda:1"),
            lambda: torch.cuda.synchronize("cuda:1"),
            torch.cuda.empty_cache,
        ):
            with pytest.raises(torch.AcceleratorError, match="unspecified launch failure"):
                ask()
        assert (x + 1).item() == 2.0


def test_modules_run_on_a_card() -> None:
    with fake_cards(Card(), Card()):
        torch.manual_seed(0)
        layer = nn.Linear(4, 3)
        x = torch.randn(2, 4)
        expected = layer(x)
        layer.to("cuda:1")

        with torch.inference_mode():
            actual = layer(x.to("cuda:1"))

        assert actual.device.index == 1
        assert torch.equal(actual.cpu(), expected)


def test_what_cuda_raises_at_its_start_comes_with_the_first_use() -> None:
    with fake_cards() as cards:
        cards.start_error = RuntimeError("No CUDA GPUs are available")

        assert not torch.cuda.is_available()
        with pytest.raises(RuntimeError, match="No CUDA GPUs"):
            torch.zeros(1, device="cuda")


def test_nothing_is_left_of_the_cards() -> None:
    with fake_cards():
        assert torch.cuda.device_count() == 1

    assert torch.cuda.device_count.__module__ == "torch.cuda"

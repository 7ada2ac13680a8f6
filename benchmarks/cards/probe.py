"""What no test asks, on a real card: one line of JSON for each question.

    PYTHONPATH=. python3 -m benchmarks.cards.probe --seconds 110

What the driver tells beside what torch tells; the kernels of a replayed step; whether a replay
writes its logits at all; the ordinary step at lengths it never saw; what a process takes beside its
tensors; what the host adds to a token; and at last a card that is lost.
`--device cpu --shapes tiny` asks the same without a card, to know that the questions can be asked.
"""

from __future__ import annotations

import argparse
import collections
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import torch
from torch.profiler import ProfilerActivity, profile

from backends.errors import BackendUnavailableError
from backends.machine import hardware
from backends.machine.card_order import number_cards_by_slot
from backends.machine.cards import lookup
from backends.machine.cards.values import Gpu
from backends.precision import Precision
from backends.torch_backend.card_errors import translated_errors
from backends.torch_backend.cuda import CudaModel
from backends.torch_backend.decode_graph import keys_for
from benchmarks import random_model
from benchmarks.cards import speed
from benchmarks.cards.clocks import once, wait
from benchmarks.cards.comparisons.attention import cudnn
from benchmarks.cards.run import LeftOutError, plain_precision
from benchmarks.cards.sizes import CARD, DRY, Sizes
from benchmarks.random_checkpoint import SHAPES

Answer = Mapping[str, Any]

_NEW_LENGTHS: Final = 12
_COPIES: Final = 50
_TRACE_LINES: Final = 3
_ATTENTION: Final = ("fmha", "flash", "sdpa", "attention", "cudnn")


def main() -> int:
    """Ask everything and print the answers."""
    options = _arguments()
    number_cards_by_slot()
    gc.freeze()  # what was imported stays; the searches for garbage need not look at it
    if options.device.startswith("cuda"):
        torch.cuda.set_device(options.device)
    else:
        torch.set_num_threads(1)
    ends = time.monotonic() + options.seconds
    for name, work in questions(options.device, options.shapes):
        print(json.dumps(_asked(name, work, ends), ensure_ascii=False, default=str), flush=True)
        gc.collect()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda:0", help="one card, or cpu for a dry run")
    parser.add_argument(
        "--shapes", type=lambda text: text.split(","), default=["baichuan2-7b", "baichuan2-13b"]
    )
    parser.add_argument("--seconds", type=float, default=110.0, help="no question begins later")
    return parser.parse_args()


def questions(device: str, shapes: Sequence[str]) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """Every question by its name; the last one costs the process its card."""
    sizes = CARD if device.startswith("cuda") else DRY
    yield "machine", partial(machine, device)
    yield "memory held", partial(memory_held, device)
    yield "host", partial(host, device)
    for shape in shapes:
        for precision in (Precision.NF4, plain_precision(device), Precision.INT8):
            name = f"{shape} {precision.value}"
            yield name, partial(step, shape, precision, device, sizes)
    yield "lost", partial(lost, device)


def _asked(name: str, work: Callable[[], Answer], ends: float) -> Answer:
    """The answer, or why there is none; one broken question must not cost the others."""
    if time.monotonic() > ends:
        return {name: "left out, the seconds were used up"}
    started = time.perf_counter()
    answer: Any
    try:
        answer = work()
    except ModuleNotFoundError as error:
        answer = f"left out, {error.name} is not installed"
    except (LeftOutError, BackendUnavailableError) as error:
        answer = f"left out, {error}"
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        lines = collections.deque(_trace(error), maxlen=_TRACE_LINES)
        answer = {"error": f"{type(error).__name__}: {str(error)[:300]}", "at": list(lines)}
    return {name: answer, "seconds": round(time.perf_counter() - started, 2)}


def _trace(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        yield f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next


# --- the machine -----------------------------------------------------------------------------


def machine(device: str) -> Answer:
    """The cards as the driver tells them, and what torch says of its own build and of one."""
    found = hardware.detect()
    answer: dict[str, Any] = {
        "cards": [asdict(card) for card in found.gpus],
        "torch": torch.__version__,
        "CUDA of torch": torch.version.cuda,
        "CUDA of torch by its metadata": found.torch_cuda,
        "cuDNN": torch.backends.cudnn.version(),
        "architectures": torch.cuda.get_arch_list(),
        "cuDNN's attention": torch.backends.cuda.cudnn_sdp_enabled(),
    }
    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info(device)
        answer |= {
            "UUID by torch": str(torch.cuda.get_device_properties(device).uuid),
            "free by torch": free,
            "total by torch": total,
        }
    return answer


def memory_held(device: str) -> Answer:
    """What the driver counts of this process, beside what torch knows to have taken."""
    card = _card(device)
    answer: dict[str, Any] = {
        "by the driver": card and lookup.held_bytes(card.uuid, os.getpid()),
        "free by the driver": card and card.free_memory_bytes,
    }
    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info(device)
        reserved = torch.cuda.memory_reserved(device)
        answer |= {"reserved by torch": reserved, "beside torch": total - free - reserved}
    return answer


def _card(device: str) -> Gpu | None:
    """A card as the driver tells it."""
    index = torch.device(device).index or 0
    return next((gpu for gpu in lookup.gpus() if gpu.index == index), None)


def host(device: str) -> Answer:
    """Milliseconds of bringing a row of logits to the host, and of the best of it."""
    row = torch.randn(125_696, device=device)
    pinned = torch.empty(row.shape, pin_memory=device.startswith("cuda"))

    def to_pinned() -> None:
        pinned.copy_(row, non_blocking=True)
        wait(device)

    ways: dict[str, Callable[[], object]] = {
        "cpu()": row.cpu,
        "pinned": to_pinned,
        "topk 1024": lambda: torch.topk(row, 1024)[0].cpu(),
    }
    return {name: _milliseconds(way, device, _COPIES) for name, way in ways.items()}


# --- a step ----------------------------------------------------------------------------------


def step(shape: str, precision: Precision, device: str, sizes: Sizes) -> Answer:
    """The recorded step and the ordinary one, what they launch, and what they take."""
    model = random_model.wrap(
        random_model.build(SHAPES[shape].config, precision, device),
        precision,
        device,
        sizes.context_length,
    )
    with model:
        speed.read(model, speed.some_ids(model.vocab_size, sizes.contexts[0]))
        model.decode(5)
        return {
            **_replay(model, device),
            "eager": kernels(partial(model.prefill, (7,)), device),
            "eager ms by step": _new_lengths(model, device),
            "eager ms by step, cuDNN's attention on": _with_cudnn(model, device),
            "decode ms": _milliseconds(partial(model.decode, 11), device, 5 * sizes.rounds),
            **_memory(model, device),
        }


def _new_lengths(model: CudaModel, device: str) -> list[float]:
    """A new number of keys each time: does anything make a plan for each?"""
    steps = range(9, 9 + _NEW_LENGTHS)
    return [round(1000 * once(partial(model.prefill, (token,)), device), 2) for token in steps]


def _with_cudnn(model: CudaModel, device: str) -> list[float]:
    with cudnn(on=True):
        return _new_lengths(model, device)


def _replay(model: CudaModel, device: str) -> Answer:
    if model._graph is None:
        return {"graph": False}
    keys = keys_for(model._cache.length + 1, model.context_length)
    graph, logits = model._graph._recorded[keys]
    found = kernels(graph.replay, device)
    with torch.inference_mode():
        logits.fill_(float("nan"))
        graph.replay()
        wait(device)
        writes = bool(torch.isfinite(logits).all())
    return {"graph": True, "keys": keys, "replay": found, "replay writes its logits": writes}


def _memory(model: CudaModel, device: str) -> Answer:
    if not device.startswith("cuda"):
        return {}
    card = _card(device)
    free, total = torch.cuda.mem_get_info(device)
    return {
        "reserved at most": torch.cuda.max_memory_reserved(device),
        "beside torch": total - free - torch.cuda.memory_reserved(device),
        "by the driver": card and lookup.held_bytes(card.uuid, os.getpid()),
        "KV cache": model._cache.nbytes,
        "peak_bytes": model.peak_bytes(),
    }


def kernels(work: Callable[[], object], device: str) -> Answer:
    """How many kernels `work` launches, which, and how long the device is busy with them."""
    on_card = device.startswith("cuda")
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_card else [])]
    with profile(activities=activities) as profiled, torch.inference_mode():
        work()
        wait(device)
    kind = "CUDA" if on_card else "CPU"
    found = [event for event in profiled.events() if str(event.device_type).endswith(kind)]
    names = collections.Counter(event.name[:60] for event in found)
    ranges = [event.time_range for event in found]
    return {
        "kernels": len(found),
        "busy µs": round(sum(one.elapsed_us() for one in ranges)),
        "span µs": round(max(r.end for r in ranges) - min(r.start for r in ranges)) if found else 0,
        "most": names.most_common(12),
        "attention": [name for name in names if any(w in name.lower() for w in _ATTENTION)],
    }


# --- the end ---------------------------------------------------------------------------------


def lost(device: str) -> Answer:
    """How a card that stops working is told, and whether its model can still be closed."""
    if not device.startswith("cuda"):
        raise LeftOutError("a processor is not lost")
    precision = plain_precision(device)
    model = random_model.wrap(
        random_model.build(SHAPES["tiny"].config, precision, device), precision, device, 512
    )
    model.prefill((1, 2))
    answer: dict[str, Any] = {}
    try:
        with translated_errors(model._devices):
            torch._assert_async(torch.zeros(1, device=device))
            torch.cuda.synchronize(device)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        answer["told as"] = f"{type(error).__name__}: {error}"[:200]
    try:
        model.close()
        answer["close()"] = "ok"
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        answer["close()"] = f"{type(error).__name__}: {error}"[:120]
    return answer


# --- clocks ----------------------------------------------------------------------------------


def _milliseconds(work: Callable[[], object], device: str, count: int) -> float:
    """The mean of so many calls, after a first one."""
    work()
    return round(1000 * once(lambda: [work() for _ in range(count)], device) / count, 3)


if __name__ == "__main__":
    sys.exit(main())

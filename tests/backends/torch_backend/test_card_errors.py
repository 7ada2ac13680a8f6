"""What CUDA, cuBLAS and torch raise of a card, and what a person is told: the reason, and which."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from backends.errors import (
    BackendError,
    CardUnavailableError,
    GpuLostError,
    InsufficientMemoryError,
    UserFacingError,
)
from backends.interface import LayerDevices, LoadedModel, LoadOptions
from backends.precision import Precision
from backends.torch_backend import cuda, low_bits
from backends.torch_backend.card_errors import Trouble, translated_errors, trouble_of
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import GIB, LOST, MIB, Card, Cards, fake_cards
from tests.helpers.sentences import assert_one_sentence

ONE = LayerDevices(("cuda:0",) * 2)
TWO = LayerDevices(("cuda:0", "cuda:1"))
SECOND = LayerDevices(("cuda:1",) * 2)
FIRST_NAME, SECOND_NAME = "NVIDIA GeForce RTX 3060", "NVIDIA GeForce GTX 1080"
BOTH = f"{FIRST_NAME} (cuda:0) + {SECOND_NAME} (cuda:1)"


@pytest.fixture
def card() -> Iterator[Card]:
    """A machine with one card."""
    with fake_cards(Card(FIRST_NAME, 12 * GIB)) as cards:
        yield cards[0]


@pytest.fixture
def cards() -> Iterator[Cards]:
    """A machine with two."""
    with fake_cards(Card(FIRST_NAME, 12 * GIB), Card(SECOND_NAME, 8 * GIB)) as cards:
        yield cards


def named(error: Exception, devices: LayerDevices = ONE) -> UserFacingError:
    """What a person is told of an error that torch raises."""
    with pytest.raises(BackendError) as caught, translated_errors(devices):
        raise error
    assert_one_sentence(caught.value)
    assert caught.value.__cause__ is error
    return caught.value


# --- CUDA does not start -------------------------------------------------------------------

TOO_OLD = (
    "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU "
    "driver by downloading and installing a new version from the URL: "
    "http://www.nvidia.com/Download/index.aspx Alternatively, go to: https://pytorch.org to "
    "install a PyTorch version that has been compiled with your version of the CUDA driver."
)
COUNT = (
    "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling "
    "NumCudaDevices() that might have already set an error? Error "
)
TORCH = torch.__version__
OLD = f"The NVIDIA driver of this machine is too old for the installed PyTorch {TORCH}"
BNB = f"The installed bitsandbytes does not work on {FIRST_NAME}"
TOOLCHAIN = "CUDA error: the provided PTX was compiled with an unsupported toolchain"
MIXED = "system has unsupported display driver / cuda driver combination"
FAILED = "CUDA driver initialization failed, you might not have a CUDA gpu"
UNKNOWN = (
    "CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing env "
    "variable CUDA_VISIBLE_DEVICES after program start"
)
TOO_NEW = "API call is not supported in the installed CUDA driver"
NO_MPS = "MPS client failed to connect to the MPS control daemon or the MPS server"
FULL_MPS = "the hardware resources required to create MPS client have been exhausted"
COUNTED_APART = 'device >= 0 && device < num_gpus INTERNAL ASSERT FAILED at "CUDAContext.cpp":50'
NVML = (
    'NVML_SUCCESS == {asked} INTERNAL ASSERT FAILED at "../c10/cuda/CUDACachingAllocator.cpp":995, '
    "please report a bug to PyTorch. "
)
STARTS = {
    "too old": (
        RuntimeError(TOO_OLD),
        f"{OLD}: it runs CUDA 11.4 at most.",
    ),
    "too old, new style": (
        RuntimeError(TOO_OLD.replace("11040", "12080")),
        f"{OLD}: it runs CUDA 12.8 at most.",
    ),
    "insufficient": (
        RuntimeError(COUNT + "35: CUDA driver version is insufficient for CUDA runtime version"),
        f"{OLD}: CUDA driver version is insufficient for CUDA runtime version.",
    ),
    "forward compatibility": (
        RuntimeError(COUNT + "804: forward compatibility was attempted on non supported HW"),
        f"{OLD}: forward compatibility was attempted on non supported HW.",
    ),
    "toolchain": (torch.AcceleratorError(f"{TOOLCHAIN}."), f"{OLD}: {TOOLCHAIN}."),
    "mixed": (
        RuntimeError(f"{COUNT}803: {MIXED}"),
        f"The parts of the NVIDIA driver are of different versions: {MIXED}.",
    ),
    "no driver": (
        RuntimeError(
            "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and "
            "installed a driver from http://www.nvidia.com/Download/index.aspx"
        ),
        "There is no NVIDIA driver on this machine, or it is not running.",
    ),
    "no card": (
        RuntimeError("No CUDA GPUs are available"),
        "CUDA finds no card cuda:0 on this machine.",
    ),
    "no capable card": (
        RuntimeError(COUNT + "100: no CUDA-capable device is detected"),
        "CUDA finds no card cuda:0 on this machine.",
    ),
    "no build": (
        AssertionError("Torch not compiled with CUDA enabled"),
        f"The installed PyTorch {TORCH} is built without CUDA, so it uses no card.",
    ),
    "fabric manager": (
        RuntimeError(COUNT + "802: system not yet initialized"),
        f"CUDA cannot be started on {FIRST_NAME}: system not yet initialized.",
    ),
    "initialisation": (
        torch.AcceleratorError("CUDA error: initialization error\nCUDA kernel errors might be"),
        f"CUDA cannot be started on {FIRST_NAME}: CUDA error: initialization error.",
    ),
    "initialisation failed": (
        RuntimeError(f"{FAILED}."),
        f"CUDA cannot be started on {FIRST_NAME}: {FAILED}.",
    ),
    "unknown": (
        RuntimeError(f"{UNKNOWN}. Setting the available devices to be zero."),
        f"CUDA cannot be started on {FIRST_NAME}: {UNKNOWN}.",
    ),
    "no binary": (
        RuntimeError(
            "\n🚨 CUDA VERSION MISMATCH 🚨\nRequested CUDA version:          13.9\nDetected"
        ),
        f"{BNB}: CUDA VERSION MISMATCH.",
    ),
    "no dependency": (
        RuntimeError(
            "\n🚨 CUDA SETUP ERROR: Missing dependency: libcublasLt.so.13 🚨\n\nCUDA 13.x"
        ),
        f"{BNB}: CUDA SETUP ERROR: Missing dependency: libcublasLt.so.13.",
    ),
    "bitsandbytes for processors": (
        RuntimeError(
            "Method 'cget_ptr' not available in CPU-only version of bitsandbytes.\n"
            "Reinstall with GPU support or use CUDA-enabled hardware."
        ),
        f"{BNB}: Method 'cget_ptr' not available in CPU-only version of bitsandbytes.",
    ),
    "refused": (
        RuntimeError("cublasLt ran into an error!\n\tshapeA=(1, 2), shapeB=(3, 4)"),
        f"A library of CUDA does not work on {FIRST_NAME}: cublasLt ran into an error.",
    ),
    "an interface that is too new": (
        torch.AcceleratorError(f"CUDA error: {TOO_NEW}"),
        f"{OLD}: CUDA error: {TOO_NEW}.",
    ),
    "no server of MPS": (
        RuntimeError(f"{COUNT}805: {NO_MPS}"),
        f"CUDA cannot be started on {FIRST_NAME}: {NO_MPS}.",
    ),
    "a full server of MPS": (
        torch.AcceleratorError(f"CUDA error: {FULL_MPS}"),
        f"CUDA cannot be started on {FIRST_NAME}: CUDA error: {FULL_MPS}.",
    ),
    "no licence of a virtual card": (
        torch.AcceleratorError("CUDA error: device doesn't have valid Grid license"),
        (
            f"CUDA cannot be started on {FIRST_NAME}: CUDA error: device doesn't have valid Grid "
            "license."
        ),
    ),
    "what was put off fails": (
        torch.cuda.DeferredCudaCallError(
            f"CUDA call failed lazily at initialization with error: {COUNTED_APART}, please report "
            "a bug to PyTorch. device=1, num_gpus=1\n\nCUDA call was originally invoked at:"
        ),
        (
            f"CUDA cannot be started on {FIRST_NAME}: CUDA call failed lazily at initialization "
            f"with error: {COUNTED_APART}, please report a bug to PyTorch. device=1, num_gpus=1."
        ),
    ),
    "counted apart": (
        RuntimeError(COUNTED_APART),
        f"CUDA cannot be started on {FIRST_NAME}: {COUNTED_APART}.",
    ),
    "no such number": (
        AssertionError("Invalid device id"),
        "CUDA finds no card cuda:0 on this machine.",
    ),
    "taken": (
        torch.AcceleratorError("CUDA error: CUDA-capable device(s) is/are busy or unavailable"),
        f"Another program has {FIRST_NAME} for itself alone.",
    ),
}


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(("error", "sentence"), STARTS.values(), ids=STARTS)
def test_what_keeps_cuda_from_starting_is_told(error: Exception, sentence: str) -> None:
    found = named(error)

    assert isinstance(found, CardUnavailableError)
    assert found.message == sentence
    assert "“cpu”" in str(found.hint)


@pytest.mark.parametrize("backend", [cuda, low_bits])
@pytest.mark.parametrize("case", ["too old", "no driver", "no card", "no build", "fabric manager"])
def test_a_load_onto_a_card_that_does_not_start_says_why(backend: Any, case: str) -> None:
    error, _ = STARTS[case]
    precision = Precision.BF16 if backend is cuda else Precision.NF4
    checkpoint = goldens.checkpoint("b2-7b")

    options = quantized.options(checkpoint, precision, "cuda:0")

    with fake_cards(Card(FIRST_NAME)) as cards:
        cards.start_error = error
        with pytest.raises(CardUnavailableError) as caught:
            next(backend.load(checkpoint, options))

    assert_one_sentence(caught.value)
    if case != "fabric manager":
        return
    assert caught.value.message == (  # nobody tells the name of a card before CUDA starts
        "CUDA cannot be started on cuda:0: system not yet initialized."
    )


def test_a_card_that_is_not_there_any_more_is_named_by_its_number(card: Card) -> None:
    error = torch.AcceleratorError("CUDA error: invalid device ordinal\nGPU device may be out of")

    assert named(error, TWO).message == "CUDA finds no card cuda:1 on this machine."


# --- no code for a card --------------------------------------------------------------------

NO_IMAGES = (
    torch.AcceleratorError(
        "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors"
    ),
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    torch.AcceleratorError("CUDA error: invalid device function"),
    torch.AcceleratorError("CUDA error: device kernel image is invalid"),
    torch.AcceleratorError("CUDA error: PTX JIT compiler library not found"),
    torch.AcceleratorError("CUDA error: a PTX JIT compilation failed"),
    torch.AcceleratorError("CUDA error: PTX JIT compilation was disabled"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ARCH_MISMATCH when calling `cublasGemmEx(handle)`"),
)


@pytest.mark.parametrize("error", NO_IMAGES, ids=str)
def test_of_two_cards_the_one_that_torch_has_no_code_for_is_named(
    error: Exception, cards: Cards
) -> None:
    cards[1].capability = (6, 1)

    found = named(error, TWO)

    assert isinstance(found, CardUnavailableError)
    assert found.message == (
        f"The installed PyTorch {TORCH} has no code for {SECOND_NAME} (cuda:1) (compute capability "
        "6.1)."
    )


@pytest.mark.parametrize(
    ("capability", "arch_list", "runs"),
    [
        ((6, 1), ["sm_75", "sm_80"], False),
        ((7, 5), ["sm_75", "sm_80"], True),
        ((8, 9), ["sm_75", "sm_86"], True),  # machine code of the same major version
        ((8, 0), ["sm_75", "sm_86"], False),
        ((12, 0), ["sm_80", "sm_90"], False),
        ((12, 0), ["sm_80", "compute_90"], True),  # that the driver compiles
        ((12, 0), [], True),  # a build that says nothing
    ],
)
def test_a_card_is_refused_before_weights_are_read_for_it(
    capability: tuple[int, int], arch_list: list[str], runs: bool
) -> None:
    checkpoint = goldens.checkpoint("b2-7b")
    options = quantized.options(checkpoint, Precision.BF16, "cuda:1")

    with fake_cards(Card("first"), Card("second", capability=capability)) as cards:
        cards.arch_list = arch_list
        loading = cuda.load(checkpoint, options)
        if runs:
            quantized.finish(loading).close()
            return
        with pytest.raises(CardUnavailableError, match=r"no code for second \(cuda:1\)") as caught:
            next(loading)

    assert_one_sentence(caught.value)
    assert cards[1].allocated_bytes == 0


# --- memory --------------------------------------------------------------------------------

OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate {asked}. GPU {number} has a total capacity of 11.65 GiB "
    "of which 1.12 GiB is free. Including non-PyTorch memory, this process has 10.53 GiB memory in "
    "use. Of the allocated memory 10.01 GiB is allocated by PyTorch, and 251.20 MiB is reserved "
    "by PyTorch but unallocated."
)


def full(card: Card, allocated: int, free: int) -> None:
    """Give a card so much allocated and so much free memory."""
    card.is_used = True
    card.allocated_bytes = card.reserved_bytes = allocated
    card.others_bytes = card.memory_bytes - card.context_bytes - allocated - free


@pytest.mark.parametrize(
    ("asked", "gib"), [("2.50 GiB", 2.5), ("1536.00 MiB", 1.5), ("1048577.00 KiB", 1.0)]
)
def test_a_card_that_is_full_is_told_with_its_numbers(asked: str, gib: float, card: Card) -> None:
    full(card, 10 * GIB, GIB)
    if gib == 1.0:
        full(card, 10 * GIB, GIB - 2**20)

    found = named(torch.cuda.OutOfMemoryError(OUT_OF_MEMORY.format(asked=asked, number=0)))

    assert isinstance(found, InsufficientMemoryError)
    shown = max(10 + gib, 11.1)  # more than is free is never shown as equal
    assert found.message == (
        f"The model needs {shown:.1f} GiB on {FIRST_NAME}, but only 11.0 GiB is free."
    )


@pytest.mark.parametrize(
    "error",
    [
        # Less than is free: it lies in pieces.
        torch.cuda.OutOfMemoryError(OUT_OF_MEMORY.format(asked="512.00 MiB", number=0)),
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA driver error: out of memory"),
        RuntimeError("CUDA error: CUDA_ERROR_OUT_OF_MEMORY"),
        RuntimeError(NVML.format(asked="r")),
        RuntimeError(NVML.format(asked="DriverAPI::get()->nvmlInit_v2_()")),
    ],
    ids=str,
)
def test_memory_that_runs_out_without_a_number_is_told_as_what_is_free(
    error: Exception, card: Card
) -> None:
    full(card, 10 * GIB, GIB)

    found = named(error)

    assert isinstance(found, InsufficientMemoryError)
    assert found.message == (
        f"The memory of {FIRST_NAME} ran out: 1.0 GiB of its 12.0 GiB is free."
    )


def test_the_card_that_torch_names_is_the_one_that_is_told(cards: Cards) -> None:
    full(cards[0], 11 * GIB, 0)
    full(cards[1], 6 * GIB, GIB)

    error = torch.cuda.OutOfMemoryError(OUT_OF_MEMORY.format(asked="3.00 GiB", number=1))

    assert named(error, TWO).message == (
        f"The model needs 9.0 GiB on {SECOND_NAME} (cuda:1), but only 7.0 GiB is free."
    )


def test_the_card_is_named_by_the_allocator_of_cuda_too(cards: Cards) -> None:
    full(cards[0], 11 * GIB, 0)
    full(cards[1], 6 * GIB, GIB)

    error = torch.cuda.OutOfMemoryError(
        "Allocation on device 1 would exceed allowed memory. (out of memory)\n"
        "Currently allocated     : 6.00 GiB\nRequested               : 3.00 GiB\n"
    )

    assert named(error, TWO).message == (
        f"The model needs 9.0 GiB on {SECOND_NAME} (cuda:1), but only 7.0 GiB is free."
    )


@pytest.mark.parametrize(("emptier", "told"), [(0, SECOND_NAME), (1, FIRST_NAME)])
def test_where_nobody_names_a_card_the_fullest_of_the_model_is_told(
    emptier: int, told: str, cards: Cards
) -> None:
    full(cards[emptier], GIB, 2 * GIB)
    full(cards[1 - emptier], GIB, GIB)

    found = named(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), TWO)

    assert f"The memory of {told} (cuda:{1 - emptier}) ran out: 1.0 GiB" in found.message


def test_a_card_that_the_model_is_not_on_is_never_told(cards: Cards) -> None:
    full(cards[0], 11 * GIB, 0)
    full(cards[1], 6 * GIB, GIB)

    assert SECOND_NAME in named(torch.AcceleratorError("CUDA error: out of memory"), SECOND).message


NOT_BEGUN = "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"


@pytest.mark.parametrize("text", [NOT_BEGUN, "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"])
def test_a_library_that_does_not_begin_ran_out_of_memory_only_where_there_is_none(
    text: str, card: Card
) -> None:
    full(card, 11 * GIB, 100 * MIB)
    assert isinstance(named(RuntimeError(text)), InsufficientMemoryError)

    full(card, 8 * GIB, 3 * GIB)
    found = named(RuntimeError(text))

    assert isinstance(found, CardUnavailableError)
    assert found.message == f"A library of CUDA does not work on {FIRST_NAME}: {text}."


# --- a lost card ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (torch.AcceleratorError(LOST), "CUDA error: unspecified launch failure"),
        (
            torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
            "CUDA error: an illegal memory access was encountered",
        ),
        (
            RuntimeError("CUDA error: device-side assert triggered"),
            "CUDA error: device-side assert triggered",
        ),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"),
            "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
        ),
        (torch.AcceleratorError(""), "AcceleratorError"),
        (torch.AcceleratorError("x" * 1000), "x" * 200),
        (torch.AcceleratorError("CUDA error: {unknown}"), "CUDA error: {unknown}"),
    ],
)
def test_of_two_cards_the_one_that_answers_no_more_is_lost(
    error: Exception, what: str, cards: Cards
) -> None:
    cards[1].is_lost = True

    found = named(error, TWO)

    assert isinstance(found, GpuLostError)
    assert found.message == f"{SECOND_NAME} (cuda:1) stopped working: {what}."
    assert "“cpu”" in str(found.hint)


def test_where_both_answer_both_are_named(cards: Cards) -> None:
    assert named(torch.AcceleratorError(LOST), TWO).message == (
        f"{BOTH} stopped working: CUDA error: unspecified launch failure."
    )


OTHERS = (
    "shapes cannot be multiplied",
    "Expected all tensors to be on the same device, but found two, cuda:0 and cpu!",
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes.",
    "indices should be either on cpu or on the same device as the indexed tensor (cuda)",
)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("text", OTHERS)
def test_other_errors_stay_what_they_are(text: str) -> None:
    error = RuntimeError(text)
    assert trouble_of(error) is None

    with pytest.raises(RuntimeError) as caught, translated_errors(ONE):
        raise error

    assert caught.value is error


def test_every_trouble_has_a_case() -> None:
    """So that none of the sentences is one that nothing leads to."""
    seen = {trouble_of(error) for error, _ in STARTS.values()}
    seen |= {trouble_of(error) for error in NO_IMAGES}
    seen |= {trouble_of(RuntimeError(NOT_BEGUN)), trouble_of(torch.AcceleratorError(LOST))}
    seen |= {trouble_of(torch.cuda.OutOfMemoryError(OUT_OF_MEMORY))}
    seen |= {trouble_of(RuntimeError("CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling"))}

    assert seen == set(Trouble)


# --- memory is free before anybody hears of it ----------------------------------------------


def load_options(name: str, device: str, context_length: int | None = None) -> LoadOptions:
    checkpoint = goldens.checkpoint(name)
    options = quantized.options(checkpoint, Precision.BF16, device)
    length = context_length or options.context_length
    return LoadOptions(options.precision, length, threads=1, devices=options.devices)


@pytest.mark.parametrize("keys", [2**17, 2**19])
def test_a_load_without_room_for_the_kv_cache_leaves_nothing_on_the_card(
    keys: int, cards: Cards
) -> None:
    """The weights were there already when the cache found no room, or none for its second half."""
    cards[1].others_bytes = cards[1].memory_bytes - cards[1].context_bytes - 64 * MIB

    with pytest.raises(InsufficientMemoryError) as caught:
        quantized.finish(
            cuda.load(goldens.checkpoint("b2-7b"), load_options("b2-7b", "cuda:1", keys))
        )

    # While the error is held, as it is by whoever shows it.
    assert caught.value.__cause__ is not None
    assert (cards[1].allocated_bytes, cards[1].reserved_bytes) == (0, 0)
    assert SECOND_NAME in caught.value.message


def test_a_load_that_finds_the_card_full_leaves_nothing_on_it(cards: Cards) -> None:
    """In the middle of the weights, where a frame of the loader holds what is there."""
    checkpoint = goldens.checkpoint("b2-7b")
    cards[1].others_bytes = cards[1].memory_bytes - cards[1].context_bytes - 1 * MIB
    loading = cuda.load(checkpoint, load_options("b2-7b", "cuda:1"))

    with pytest.raises(InsufficientMemoryError) as caught:
        quantized.finish(loading)

    assert (cards[1].allocated_bytes, cards[1].reserved_bytes) == (0, 0)
    # And the same card runs the model once there is room.
    cards[1].others_bytes = 0
    loaded: LoadedModel = quantized.finish(cuda.load(checkpoint, load_options("b2-7b", "cuda:1")))
    assert loaded.prefill([5]).shape == (loaded.vocab_size,)
    del caught


@pytest.mark.parametrize("kind", [torch.cuda.OutOfMemoryError, torch.AcceleratorError])
def test_what_an_answer_needed_is_given_back_and_the_model_stays(
    kind: type[Exception], cards: Cards
) -> None:
    checkpoint = goldens.checkpoint("b2-7b")
    loaded = quantized.finish(cuda.load(checkpoint, load_options("b2-7b", "cuda:1")))
    before = loaded.prefill([5, 6, 7]).copy()
    loaded.truncate(0)
    held = cards[1].allocated_bytes
    cards[1].failures["aten::silu"] = kind("CUDA error: out of memory")

    with pytest.raises(InsufficientMemoryError) as caught:
        loaded.prefill([5, 6, 7])
    cards[1].failures.clear()

    # The ids of the prompt are in a frame that still ran.
    assert cards[1].allocated_bytes <= held + 512
    assert loaded.cached_ids == []
    assert (loaded.prefill([5, 6, 7]) == before).all()
    del caught


def test_frames_behind_frames_are_emptied_too() -> None:
    """An error that was met while another was handled holds its frames as well."""
    watched: list[weakref.ref[Any]] = []

    class Weights:
        pass

    def deep() -> None:
        held = Weights()
        watched.append(weakref.ref(held))
        raise KeyError("first")

    def between() -> None:
        held = Weights()
        watched.append(weakref.ref(held))
        try:
            deep()
        except KeyError:
            raise ValueError("second")  # noqa: B904  the context is what is tried

    def outer() -> None:
        held = Weights()
        watched.append(weakref.ref(held))
        try:
            between()
        except ValueError as error:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.") from error

    with fake_cards(), pytest.raises(InsufficientMemoryError) as caught, translated_errors(ONE):
        outer()

    gc.collect()
    assert len(watched) == 3
    assert [one() for one in watched] == [None] * 3
    assert caught.value.__cause__ is not None


# --- closing -------------------------------------------------------------------------------


@pytest.mark.parametrize("is_recorded", [True, False])
def test_closing_a_model_of_a_lost_card_raises_nothing(is_recorded: bool, cards: Cards) -> None:
    checkpoint = goldens.checkpoint("b2-7b")
    loaded = quantized.finish(cuda.load(checkpoint, load_options("b2-7b", "cuda:1")))
    assert isinstance(loaded, cuda.CudaModel)
    if not is_recorded:
        loaded._graph = None
    loaded.prefill([5])
    cards[1].is_lost = True
    with pytest.raises(GpuLostError):
        loaded.decode(6)

    loaded.close()
    loaded.close()

    with pytest.raises(ValueError, match="closed"):
        loaded.prefill([5])


def test_closing_gives_the_memory_back(cards: Cards) -> None:
    checkpoint = goldens.checkpoint("b2-7b")
    loaded = quantized.finish(cuda.load(checkpoint, load_options("b2-7b", "cuda:1")))
    loaded.prefill([5])
    assert cards[1].allocated_bytes > 0

    loaded.close()

    assert (cards[1].allocated_bytes, cards[1].reserved_bytes) == (0, 0)

"""Each end of an engine has a sentence, and those for want of memory are known as such."""

from __future__ import annotations

import sys

import pytest

from backends.errors import EngineCardError, EngineCrashedError, EngineKilledError
from baichuan_desktop.services.engines import ends
from tests.helpers.sentences import assert_one_sentence

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="speaks of signals")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-9, "the system ended it (signal 9), as it does when memory runs out"),
        (-11, "it crashed in native code (signal 11)"),
        (-6, "a library aborted it (signal 6)"),
        (-7, "a model file became unreadable while in use (signal 7)"),
        (-4, "this processor lacks an instruction that a library uses (signal 4)"),
        (-15, "the signal SIGTERM ended it"),
        (-999, "signal 999 ended it"),
        (0, "it ended by itself with code 0"),
        (None, "it closed its pipe but did not end"),
    ],
)
def test_every_end_has_a_reason(code: int | None, reason: str) -> None:
    assert str(ends._reason(code)) == reason
    assert_one_sentence(EngineCrashedError(ends._reason(code)))


@pytest.mark.parametrize(
    ("code", "reason", "of_memory"),
    [
        (0xC0000005, "it crashed in native code (0xC0000005)", False),
        (0xC0000006, "a model file became unreadable while in use (0xC0000006)", False),
        (0xC0000017, "the system gave it no more memory (0xC0000017)", True),
        (0xC000012D, "the system gave it no more memory (0xC000012D)", True),
        (
            0xC000001D,
            "this processor lacks an instruction that a library uses (0xC000001D)",
            False,
        ),
        (0xC00000FD, "it needed more stack than there is (0xC00000FD)", False),
        (0xC0000409, "a library aborted it (0xC0000409)", False),
        (0xC0000142, "a library that it needs cannot be loaded (0xC0000142)", False),
        (0xC0000420, "the system ended it with the code 0xC0000420", False),
        (0x8000000A, "the system ended it with the code 0x8000000A", False),
        (1, "it ended by itself with code 1", False),
        (3, "it ended by itself with code 3", False),
    ],
)
def test_every_end_on_windows_has_a_reason(
    code: int, reason: str, of_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")

    error = ends.ended(code, "")

    assert str(error.facts["reason"]) == reason
    assert isinstance(error, EngineKilledError) is of_memory
    assert_one_sentence(error)


@pytest.mark.parametrize(
    ("last_words", "code", "of_memory"),
    [
        ("terminate called after throwing an instance of 'std::bad_alloc'\n", -6, True),
        ("libgomp: Thread creation failed: Resource temporarily unavailable\n", 1, True),
        ("MemoryError\n", 1, True),
        ("ImportError: libtorch_cpu.so: failed to map segment from shared object\n", 1, True),
        ("OpenBLAS blas_thread_init: pthread_create failed for thread 1 of 2\n", -11, True),
        ("Fatal Python error: Segmentation fault\n", -11, False),
        ("RuntimeError: CUDA error: out of memory\n", -6, False),
        ("OSError: [WinError 1455] 页面文件太小，无法完成操作。\n", 1, True),
        ("OSError: [WinError 1455] The paging file is too small for this operation\n", 1, True),
        ("Insufficient system resources exist to complete the request\n", 0xC0000005, True),
        ("OSError: [WinError 126] 找不到指定的模块。\n", 1, False),
        ("OSError: [WinError 14551] of nobody\n", 1, False),
        ("MemoryError\n", 0, False),
        ("", -6, False),
    ],
)
def test_an_engine_that_dies_of_memory_is_told_so_by_its_last_words(
    last_words: str, code: int, of_memory: bool
) -> None:
    error = ends.ended(code, last_words)

    assert isinstance(error, EngineKilledError) is of_memory
    assert ("memory ran out, and " in error.message) is of_memory
    assert_one_sentence(error)


CARD = "NVIDIA GeForce RTX 3060"
AT = "at line 380 in file /src/csrc/ops.cu"


@pytest.mark.parametrize("device_name", [CARD, ""])
@pytest.mark.parametrize(
    ("last_words", "code", "text"),
    [
        (f"Error invalid argument {AT}\n", 1, "invalid argument"),
        (
            f"INFO loading\nError no kernel image is available for execution on the device {AT}\n",
            1,
            "no kernel image is available for execution on the device",
        ),
        (
            "Error an illegal memory access was encountered at line 7 in file D:\\a b\\ops.cu\n",
            1,
            "an illegal memory access was encountered",
        ),
        (f"Error {{0}} {{device}} {AT}\n", 1, "{0} {device}"),
        (
            (
                "terminate called after throwing an instance of 'c10::AcceleratorError'\n"
                "  what():  CUDA error: unspecified launch failure\nCUDA kernel errors might be\n"
            ),
            -6,
            "CUDA error: unspecified launch failure",
        ),
        (
            "  what():  cuBLAS API failed with status 15\n",
            0xC0000409,
            "cuBLAS API failed with status 15",
        ),
        (
            "BLAS Lt API failed with status 14\nerror detected",
            -6,
            "BLAS Lt API failed with status 14",
        ),
    ],
)
def test_what_a_library_said_of_a_card_before_it_ended_the_engine_is_told(
    last_words: str, code: int, text: str, device_name: str
) -> None:
    error = ends.ended(code, last_words, device_name)

    assert isinstance(error, EngineCardError)
    assert error.message == (
        "The engine that runs the model stopped: a library ended it after an error of "
        f"{device_name or 'the graphics card'} ({text})."
    )
    assert "“cpu”" in str(error.hint)
    assert_one_sentence(error)


@pytest.mark.parametrize(
    ("last_words", "code"),
    [
        (f"Error out of memory {AT}\n", 1),
        ("  what():  CUDA error: out of memory\n", -6),
        ("CUBLAS ERROR: Status CUBLAS_STATUS_ALLOC_FAILED\n", 1),
    ],
)
def test_an_engine_that_a_library_ended_for_want_of_a_cards_memory_is_told_so(
    last_words: str, code: int
) -> None:
    error = ends.ended(code, last_words, CARD)

    assert isinstance(error, EngineKilledError)
    assert error.message == (
        f"The engine that runs the model stopped: the memory of {CARD} ran out, and a library "
        "ended it."
    )
    assert_one_sentence(error)


@pytest.mark.parametrize(
    ("last_words", "code"),
    [
        (
            "INFO GpuLostError: a card stopped working: CUDA error: unspecified launch failure.\n",
            -11,
        ),
        ("  what():  basic_string::substr: __pos (which is 5) > this->size()\n", -6),
        (f"Error out of memory {AT}\n", 0),
        ("Error at line 5\n", 1),
    ],
)
def test_other_last_words_are_not_put_down_to_a_card(last_words: str, code: int) -> None:
    error = ends.ended(code, last_words, CARD)

    assert not isinstance(error, EngineCardError)
    assert CARD not in error.message


def test_an_engine_that_the_system_killed_is_told_as_that() -> None:
    assert "the system ended it (signal 9)" in ends.ended(-9, f"Error x {AT}\n", CARD).message

"""A pickle names what state dicts name, with the arguments that torch gives, and no code runs."""

from __future__ import annotations

import pickle
import struct
import subprocess
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.errors import CheckpointError, UnsafeCheckpointError
from backends.files.inert_pickle import read_pickle
from backends.files.pickle_names import CodeError
from backends.files.tensor_files import read_contents
from tests.helpers.pickles import GLOBAL_TENSOR, refusal, short, state_dict, tensor, tensor_of
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import write_archive


def integer(number: int) -> bytes:
    data = pickle.encode_long(number)
    return b"\x8b" + struct.pack("<i", len(data)) + bytes(data)  # LONG4


STORAGE = (
    b"(" + short("storage") + b"ctorch\nFloatStorage\n" + short("0") + short("cpu") + b"K\x02tQ"
)


@pytest.mark.parametrize(
    "value",
    [
        tensor(short("no storage"), b"K\x00", b"K\x02\x85", b"K\x01\x85"),
        tensor(b"N", b"K\x00", b"K\x02\x85", b"K\x01\x85"),
        tensor(STORAGE, short("x"), b"K\x02\x85", b"K\x01\x85"),
        tensor(STORAGE, b"K\x00", b"N\x85", b"K\x01\x85"),
        tensor(STORAGE, b"K\x00", b"K\x02", b"K\x01\x85"),
        tensor(STORAGE, b"K\x00", integer(10**5000) + b"K\x00\x86", b"K\x00K\x01\x86"),
        tensor(STORAGE, integer(-1), b"K\x02\x85", b"K\x01\x85"),
        tensor(STORAGE, b"K\x00", b"K\x02\x85", b")"),
        # BUILD puts anything in the place of a record's fields
        tensor(STORAGE, b"K\x00", b"K\x02\x85", b"K\x01\x85") + b"](NK\x00NNeb",
        tensor(STORAGE, b"K\x00", b"K\x02\x85", b"K\x01\x85") + b"](K\x05K\x00K\x02K\x01eb",
        STORAGE + b"](" + short("X7") + short("0") + b"K\x02eb",
        STORAGE,
        GLOBAL_TENSOR,
        b"ctorch\nFloatStorage\n",
        b"ctorch\nFloatStorage\n)R",
        b"Q",
        b"}(" + b"}" + b"K\x01u",  # a dict as a key
        b"\x95\xff\xff\xff\xff\xff\xff\xff\xff",  # FRAME
        b"\x96\xff\xff\xff\xff\xff\xff\xff\x00",  # BYTEARRAY8
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",  # BINBYTES8
        b"I" + b"9" * 5000 + b"\n",
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_pickle_of_the_wrong_things_is_refused(tmp_path: Path, value: bytes) -> None:
    refusal(write_archive(tmp_path / "w.bin", state_dict(value), {"0": b"\0" * 8}))


def test_a_handmade_pickle_of_the_right_things_is_read(tmp_path: Path) -> None:
    """So that the refusals above have the reason that they seem to have."""
    value = tensor(STORAGE, b"K\x00", b"K\x02\x85", b"K\x01\x85")
    file = write_archive(tmp_path / "w.bin", state_dict(value), {"0": b"\0\0\x80\x3f" * 2})

    (record,) = read_contents(file).records

    assert tensor_of(record).tolist() == [1.0, 1.0]


def test_nothing_that_a_pickle_does_outlives_it(tmp_path: Path) -> None:
    """BUILD sets attributes on whatever lies on the stack, the reader's own functions too."""
    poison = GLOBAL_TENSOR + b"}}" + short("__defaults__") + b"K\x01\x85\x85s\x86b"
    with pytest.raises(CheckpointError):
        read_contents(write_archive(tmp_path / "bad.bin", state_dict(poison)))
    few = GLOBAL_TENSOR + b"(" + STORAGE + b"K\x00" + b"K\x02\x85" + b"tR"  # one argument too few

    refusal(write_archive(tmp_path / "w.bin", state_dict(few), {"0": b"\0" * 8}))


class Runs:
    """Pickles as a call of `function`."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


def attacks(sentinel: Path) -> Iterator[tuple[str, bytes]]:
    """Pickles that write `sentinel` when anything of them is executed."""
    import builtins
    import os

    touch = f"touch '{sentinel}'"
    code = f"open({str(sentinel)!r}, 'w').close()"
    calls = {
        "os.system": Runs(os.system, touch),
        "subprocess": Runs(subprocess.check_call, ["touch", str(sentinel)]),
        "eval": Runs(builtins.eval, code),
        "exec": Runs(builtins.exec, code),
        "open": Runs(builtins.open, str(sentinel), "w"),
        "torch.load": Runs(torch.load, str(sentinel)),
        "Path.touch": Runs(Path.touch, sentinel),
    }
    for name, call in calls.items():
        for protocol in (0, 2, 4, 5):  # GLOBAL, and STACK_GLOBAL from 4 on
            yield f"{name} in {protocol}", pickle.dumps({"a": call}, protocol)
            tensors = OrderedDict(a=1, b=[call], c=(call,))
            yield f"{name} nested in {protocol}", pickle.dumps(tensors, protocol)
    command = short(touch)
    yield "REDUCE", state_dict(b"cposix\nsystem\n" + command + b"\x85R")
    yield "INST", state_dict(b"(" + command + b"iposix\nsystem\n")
    yield "OBJ", state_dict(b"(cposix\nsystem\n" + command + b"o")
    yield "NEWOBJ", state_dict(b"cposix\nsystem\n" + command + b"\x85\x81")
    yield (
        "STACK_GLOBAL",
        state_dict(short("posix") + short("system") + b"\x93" + command + b"\x85R"),
    )
    yield (
        "dotted",
        state_dict(
            b"\x80\x04" + short("torch._utils") + short("os.system") + b"\x93" + command + b"\x85R"
        ),
    )
    yield (
        "through a function",
        state_dict(
            b"\x80\x04" + short("torch._utils") + short("_rebuild_tensor_v2.__globals__") + b"\x93"
        ),
    )
    yield "in a persistent id", state_dict(b"cposix\nsystem\n" + command + b"\x85RQ")
    yield "in a storage", state_dict(
        b"(" + short("storage") + b"cposix\nsystem\n" + command + b"\x85R"
        + short("0") + short("cpu") + b"K\x02tQ"
    )  # fmt: skip
    yield "after the dict", state_dict(b"K\x01")[:-1] + b"cposix\nsystem\n" + command + b"\x85R."
    yield "EXT1 of the registry", state_dict(b"\x82\xf0")
    yield "getattr", state_dict(b"c__builtin__\ngetattr\n")


def test_code_in_a_pickle_is_refused_by_name_and_never_executed(tmp_path: Path) -> None:
    sentinel = tmp_path / "executed"
    names = []
    for name, pickled in attacks(sentinel):
        file = write_archive(tmp_path / "pytorch_model.bin", pickled)
        with pytest.raises(CheckpointError) as caught:
            read_contents(file)

        assert_one_sentence(caught.value)
        assert not sentinel.exists(), name
        if not name.startswith("EXT1"):
            assert isinstance(caught.value, UnsafeCheckpointError), name
            assert "it contains code (" in caught.value.message
        names.append(name)
    assert len(names) > 60


def test_those_pickles_do_run_where_nobody_refuses_them(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    sentinel = tmp_path / "executed"
    ran = set()
    for name, pickled in attacks(sentinel):
        if name in ("REDUCE", "INST", "OBJ", "STACK_GLOBAL", "eval in 2", "Path.touch nested in 4"):
            pickle.loads(pickled)
            ran.add((name, sentinel.exists()))
            sentinel.unlink()
    assert len(ran) == 6


def test_code_in_the_metadata_of_a_state_dict_is_refused(tmp_path: Path) -> None:
    import os

    sentinel = tmp_path / "executed"
    state = torch.nn.Linear(2, 2).state_dict()
    state._metadata = Runs(os.system, f"touch '{sentinel}'")  # type: ignore[attr-defined]
    file = tmp_path / "w.bin"
    torch.save(state, file)

    message = refusal(file, UnsafeCheckpointError)

    assert message == "“w.bin” was refused: it contains code (posix.system)."
    assert not sentinel.exists()


def test_lists_with_sizes_and_types_are_read_in_place(tmp_path: Path) -> None:
    file = tmp_path / "w.bin"
    torch.save(
        {"w.quant_state": [torch.ones(2), torch.Size([3, 4]), torch.float16, 64, [None, "nf4"]]},
        file,
    )

    contents = read_contents(file)

    assert [record.name for record in contents.records] == ["w.quant_state.0"]
    assert contents.values == {
        "w.quant_state.1": (3, 4),
        "w.quant_state.2": "float16",
        "w.quant_state.3": 64,
        "w.quant_state.4.0": None,
        "w.quant_state.4.1": "nf4",
    }


@pytest.mark.parametrize(
    ("pickled", "name"),
    [
        (b"cos\nsystem\n.", "os.system"),
        (b"(ios\nsystem\n.", "os.system"),
        (b"\x8c\x02os\x8c\x06system\x93.", "os.system"),
        (b"cbuiltins\ngetattr\n.", "builtins.getattr"),
        (b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "__globals__"),
        (b"ctorch\nload\n.", "torch.load"),
        (b"ctorch.storage\n_load_from_bytes\n.", "_load_from_bytes"),
        (b"c\n\n.", "."),
    ],
)
def test_a_name_that_is_no_state_dicts_is_said(pickled: bytes, name: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_pickle(pickled)
    assert name in caught.value.name

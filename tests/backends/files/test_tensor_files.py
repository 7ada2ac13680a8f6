"""Where tensors lie: what is right is found, and what is wrong is one sentence."""

from __future__ import annotations

import json
import pickle
import pickletools
import random
import struct
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from backends.errors import CheckpointError, ForeignModelError
from backends.files.tensor_files import DTYPE_BYTES, read_contents
from tests.helpers.pickles import TORCH_DTYPES, refusal, state_dict, tensor_of
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import read_pickle, replace_entry, write_archive, write_safetensors


def some_tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    tensors = {
        name: torch.randint(0, 2, (3, 5)).to(dtype)
        if dtype == torch.bool
        else (torch.randn(3, 5) * 9).to(dtype)
        for name, dtype in TORCH_DTYPES.items()
    }
    return {**tensors, "scalar": torch.tensor(2.5), "empty": torch.empty(0, 4), "层": torch.ones(1)}


# --- what is right -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["w.safetensors", "w.bin"])
def test_every_dtype_is_found_where_the_library_wrote_it(tmp_path: Path, name: str) -> None:
    tensors = some_tensors()
    file = tmp_path / name
    if file.suffix == ".bin":
        torch.save(tensors, file)
    else:
        safetensors.torch.save_file(tensors, file, metadata={"format": "pt"})

    records = {record.name: record for record in read_contents(file).records}

    assert records.keys() == tensors.keys()
    foreign = {"U64", "U32", "U16", "F8_E4M3", "F8_E5M2", "F8_E8M0"}  # read in headers only
    assert {record.dtype for record in records.values()} == DTYPE_BYTES.keys() - foreign
    for key, tensor in tensors.items():
        assert records[key].shape == tuple(tensor.shape)
        assert torch.equal(tensor_of(records[key]), tensor)


@pytest.mark.parametrize("name", ["w.safetensors", "w.bin"])
def test_the_types_of_quantised_models_are_found_in_both_formats(tmp_path: Path, name: str) -> None:
    """In a .bin they have no storage of their own; offsets count elements all the same."""
    dtypes = (torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16, torch.uint32, torch.uint64)
    tensors = {str(dtype): torch.arange(6).to(dtype).view(3, 2) for dtype in dtypes}
    if name == "w.bin":
        torch.save({key: tensor[1:] for key, tensor in tensors.items()}, tmp_path / name)
    else:
        rows = {key: tensor[1:].clone() for key, tensor in tensors.items()}
        safetensors.torch.save_file(rows, tmp_path / name)

    records = {record.name: record for record in read_contents(tmp_path / name).records}

    assert [records[str(dtype)].dtype for dtype in dtypes] == [
        "F8_E4M3", "F8_E5M2", "U16", "U32", "U64",
    ]  # fmt: skip
    for key, record in records.items():
        expected = tensors[key][1:].contiguous().view(torch.uint8).numpy().tobytes()
        assert record.shape == (2, 2)
        raw = record.file.read_bytes()
        assert raw[record.offset : record.offset + record.nbytes] == expected


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_state_dicts_of_modules_with_parameters_and_views(tmp_path: Path, protocol: int) -> None:
    module = torch.nn.Linear(4, 3)
    state = module.state_dict(keep_vars=True)  # Parameters, and the `_metadata` that torch adds
    whole = torch.arange(20.0)
    state["view"] = whole[8:14].view(2, 3)
    file = tmp_path / "w.bin"
    torch.save(state, file, pickle_protocol=protocol)

    records = {record.name: record for record in read_contents(file).records}

    assert torch.equal(tensor_of(records["weight"]), module.weight)
    assert torch.equal(tensor_of(records["view"]), whole[8:14].view(2, 3))


# --- what is wrong: .safetensors ---------------------------------------------------------


def test_a_safetensors_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    safetensors.torch.save_file(some_tensors(), file)
    data = file.read_bytes()
    for cut in range(len(data)):
        file.write_bytes(data[:cut])
        refusal(file)


ENTRY: dict[str, Any] = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


BIG = 10**4000


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ('{"a": %s, "a": %s}' % ((json.dumps(ENTRY),) * 2), "its header names “a” twice"),
        ('{"a": {"dtype": "F32", "dtype": "F16"}}', "its header names “dtype” twice"),
        ({"a": ENTRY, "b": ENTRY}, "overlaps another or leaves a gap"),
        ({"a": {**ENTRY, "data_offsets": [4, 12]}}, "overlaps another or leaves a gap"),
        ({"a": {**ENTRY, "data_offsets": [0, 4]}}, "takes 4 bytes, but its shape needs 8"),
        ({"a": {**ENTRY, "data_offsets": [-8, 0]}}, "“a” "),
        ({"a": {**ENTRY, "shape": [-2]}}, "has an impossible shape"),
        ({"a": {**ENTRY, "shape": [True, 2]}}, "has an impossible shape"),
        ({"a": {**ENTRY, "shape": [2.0]}}, "has an impossible shape"),
        ({"a": {**ENTRY, "shape": [BIG, BIG]}}, "has an impossible shape"),
        ({"a": {**ENTRY, "shape": [1] * 10_000}}, "has an impossible shape"),
        ({"a": {**ENTRY, "data_offsets": [0, BIG]}}, "“a” "),
        ({"a": {**ENTRY, "shape": [2**40]}}, "but its shape needs 4,398,046,511,104"),
        ({"a": {**ENTRY, "dtype": "F4"}}, "has the unknown type F4"),
        ({"a": {"dtype": "F32"}}, "is not described as a tensor"),
        ({"a": 5}, "is not described as a tensor"),
        ({"a\nb": 5}, "is not described as a tensor"),
        ({"\ud800": 5}, "is not described as a tensor"),
        ({"x" * 5000: 5}, "is not described as a tensor"),
        ([], "its header is not readable"),
        ("[" * 100_000, "its header is not readable"),
        ('{"a":' * 100_000, "its header is not readable"),
        (b"\xff\xfe", "its header is not readable"),
        ("{}", "it has 18 bytes, but its header describes 10"),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, bytes) else "bytes",
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: Any, sentence: str) -> None:
    if isinstance(header, list):
        header = json.dumps(header)

    assert sentence in refusal(write_safetensors(tmp_path / "w.safetensors", header, b"\0" * 8))


def test_a_header_longer_than_the_file_costs_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(struct.pack("<Q", 99_000_000) + b"{}")
    tracemalloc.start()

    sentence = refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "its header would be 99,000,000 bytes in a file of 10" in sentence
    assert peak < 10_000_000


def mutated_header(text: str, chance: random.Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.choice(b'0123456789-.eE{}[]",: nulltrue\\u\x00\xff')
            case 1:
                del data[at : at + chance.randrange(1, 20)]
            case 2:
                data[at:at] = chance.choice(
                    [
                        b"9" * 30,
                        b"-1",
                        b"null",
                        b"[]",
                        b"{}",
                        b'"a":1,',
                        b"NaN",
                        b"1e999",
                        b"\\ud800",
                    ]
                )
            case _:
                start = chance.randrange(len(data))
                data[at:at] = data[start : start + chance.randrange(1, 60)]
    return bytes(data)


def test_mutated_safetensors_headers_are_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(300)
    tensors = {f"layer.{i}.weight": torch.ones(2, i + 1) for i in range(5)}
    file = tmp_path / "w.safetensors"
    safetensors.torch.save_file(tensors, file)
    raw = file.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    text = raw[8 : 8 + length].decode().rstrip()
    refused = 0
    for _ in range(600):
        write_safetensors(file, mutated_header(text, chance), raw[8 + length :])
        try:
            for record in read_contents(file).records:
                tensor_of(record)
        except CheckpointError as error:
            assert_one_sentence(error)
            refused += 1
    assert refused > 300


# --- what is wrong: .bin -----------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A .bin file as torch writes it."""
    file = tmp_path / "pytorch_model.bin"
    torch.save({f"layer.{i}.weight": torch.ones(2, i + 1) for i in range(3)}, file)
    return file


def test_a_bin_file_cut_anywhere_is_refused(archive: Path) -> None:
    data = archive.read_bytes()
    for cut in range(0, len(data), 7):
        archive.write_bytes(data[:cut])
        refusal(archive)


def test_a_bin_file_of_the_old_format_is_refused(tmp_path: Path) -> None:
    """Before torch 1.6 it was a bare pickle, which torch would still load."""
    file = tmp_path / "w.bin"
    torch.save({"a": torch.ones(2)}, file, _use_new_zipfile_serialization=False)

    assert "was written by a PyTorch before 1.6" in refusal(file, CheckpointError)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ([torch.ones(2)], "something other than named tensors"),
        ({5: torch.ones(2)}, "something other than named tensors"),
        ({"a": [{"b": torch.ones(2)}]}, "something other than named tensors"),
    ],
    ids=["list", "number as name", "nested"],
)
def test_a_bin_file_with_something_else_is_refused(
    tmp_path: Path, state: object, sentence: str
) -> None:
    file = tmp_path / "w.bin"
    torch.save(state, file)

    assert sentence in refusal(file)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"a": torch.ones(2, 3).t()}, "does not hold “a” row by row, which this app needs"),
        ({"a": torch.ones(1).expand(4)}, "does not hold “a” row by row, which this app needs"),
        ({"state_dict": {"a": torch.ones(2)}}, "a training program keeps, with “state_dict” in it"),
        ({"module": OrderedDict(a=torch.ones(2)), "epoch": 3}, "keeps, with “module” in it"),
        ({"a": torch.ones(2), "args": {"lr": 0.1}}, "keeps, with “args” in it"),
        ({"a": torch.ones(2), "x" * 4_000: {"lr": 0.1}}, f"with “{'x' * 100}” in it"),
    ],
    ids=["transposed", "expanded", "wrapped", "with its epoch", "arguments beside", "long name"],
)
def test_a_bin_file_that_is_whole_and_not_read_is_not_called_damaged(
    tmp_path: Path, state: object, sentence: str
) -> None:
    file = tmp_path / "w.bin"
    torch.save(state, file)

    message = refusal(file, ForeignModelError)

    assert sentence in message
    assert "damaged" not in message


def test_a_zip_without_or_with_two_pickles_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.bin"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "it is not a PyTorch weight file" in refusal(file)

    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}))
        archive.writestr("b/data.pkl", pickle.dumps({}))
    assert "it is not a PyTorch weight file" in refusal(file)


def test_big_endian_numbers_are_refused(archive: Path) -> None:
    replace_entry(archive, "/byteorder", b"big")

    assert "not little-endian" in refusal(archive)


@pytest.mark.parametrize("name", ["data.pkl", "byteorder"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, name: str) -> None:
    file = tmp_path / "w.bin"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in {"data.pkl", name}:
            big = entry == name
            archive.writestr(f"a/{entry}", b"\0" * 80_000_000 if big else pickle.dumps({}))
    assert file.stat().st_size < 200_000
    tracemalloc.start()

    refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10_000_000


def test_a_shape_beyond_the_storage_is_refused(archive: Path) -> None:
    numbers = read_pickle(archive)
    # The first tensor is [2, 1]: BININT1 2, BININT1 1, TUPLE2.
    assert b"K\x02K\x01\x86" in numbers
    replace_entry(archive, "/data.pkl", numbers.replace(b"K\x02K\x01\x86", b"K\xffK\x01\x86", 1))

    assert "reaches past the end of its data" in refusal(archive)


def test_compressed_weights_are_refused(tmp_path: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    packed = tmp_path / "packed.bin"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries.items():
            target.writestr(name, data)

    assert "is compressed or encrypted" in refusal(packed)


# --- pickles by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "opcode", [b"r\x00\x00\x00\x04", b"p67108864\n"], ids=["LONG_BINPUT", "PUT"]
)
def test_a_memo_of_gigabytes_is_refused(tmp_path: Path, opcode: bytes) -> None:
    """CPython's unpickler makes a table of twice the index: 1 GB for five bytes here."""
    file = write_archive(tmp_path / "w.bin", state_dict(b"N" + opcode))
    tracemalloc.start()

    refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10_000_000


# --- code in a pickle --------------------------------------------------------------------


def mutated_pickle(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    opcodes = [ord(op.code) for op in pickletools.opcodes]
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(2, len(broken))
        match chance.randrange(4):
            case 0:
                broken[at] = chance.choice(opcodes)
            case 1:
                broken[at] = chance.randrange(256)
            case 2:
                del broken[at : at + chance.randrange(1, 20)]
            case _:
                start = chance.randrange(len(broken))
                broken[at:at] = broken[start : start + chance.randrange(1, 40)]
    return bytes(broken)


def test_mutated_bin_files_are_read_or_refused(archive: Path) -> None:
    chance = random.Random(301)
    whole, pickled = archive.read_bytes(), read_pickle(archive)
    refused = 0
    for number in range(600):
        if number % 3:
            archive.write_bytes(whole)
            replace_entry(archive, "/data.pkl", mutated_pickle(pickled, chance))
        else:
            broken = bytearray(whole)
            for _ in range(chance.randrange(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            archive.write_bytes(broken)
        try:
            for record in read_contents(archive).records:
                tensor_of(record)
        except CheckpointError as error:
            assert_one_sentence(error)
            refused += 1
    assert refused > 200


# --- the wrong format --------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_file_of_an_old_pytorch_says_what_to_do(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "pytorch_model.bin"
    state = torch.nn.Linear(3, 2).state_dict()
    torch.save(state, file, _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    with pytest.raises(CheckpointError) as caught:
        read_contents(file)

    assert caught.value.message == (
        "“pytorch_model.bin” was written by a PyTorch before 1.6, whose format this app does not "
        "read."
    )
    assert "torch.save" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "found"), [("pytorch_model.bin", ".safetensors"), ("model.safetensors", ".bin")]
)
def test_a_file_with_the_ending_of_the_other_format_is_named(
    tmp_path: Path, name: str, found: str
) -> None:
    file = tmp_path / name
    if found == ".bin":
        torch.save(some_tensors(), file)
    else:
        safetensors.torch.save_file(some_tensors(), file)

    sentence = refusal(file, CheckpointError)

    assert f"“{name}” is a {found} file by its content" in sentence


@pytest.mark.parametrize("name", ["w.safetensors", "w.bin"])
def test_a_file_without_tensors_is_refused(tmp_path: Path, name: str) -> None:
    """One link to it a shard would else be read again and again."""
    file = tmp_path / name
    if file.suffix == ".bin":
        torch.save({}, file)
    else:
        safetensors.torch.save_file({}, file)

    assert "it holds no tensors" in refusal(file)


@pytest.mark.parametrize("size", [4_000_001, 99_000_000])
def test_a_header_of_more_than_any_model_has_is_not_read(tmp_path: Path, size: int) -> None:
    file = write_safetensors(tmp_path / "w.safetensors", " " * size, b"")
    tracemalloc.start()

    sentence = refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "its list of tensors is implausibly large" in sentence
    assert peak < 2_000_000

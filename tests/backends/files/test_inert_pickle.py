"""A pickle is read as data: what torch writes is found, and nothing costs more than its limit."""

from __future__ import annotations

import pickle
import pickletools
import resource
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from backends.checkpoint.folder import Checkpoint
from backends.errors import DamagedCheckpointError
from backends.files.inert_pickle import (
    MAX_MARKS,
    MAX_MEMO,
    MAX_OPCODES,
    MAX_STRING_BYTES,
    read_pickle,
)
from backends.files.pickle_names import PickleError
from backends.files.tensor_files import read_contents
from tests.helpers import goldens
from tests.helpers.quantized import FOUR_BIT, published
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import write_archive

REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
ORDERED = b"ccollections\nOrderedDict\n"


def text(value: str) -> bytes:
    """BINUNICODE."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def state(value: bytes) -> bytes:
    """A pickle of {"a": value}."""
    return b"\x80\x02}" + text("a") + value + b"s."


# --- what is right -----------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_are_what_pickle_reads(protocol: int) -> None:
    shared = [1, (2, 3)]
    value = {
        "ints": [0, 255, 256, 65536, -1, 2**31, -(2**63), 2**63 - 1],
        "truth": [True, False, None],
        "real": [0.5, -1e300] if protocol else [],  # which protocol 0 writes as text
        "层": "é",
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "shared": (shared, shared),
        "ordered": OrderedDict(a=1),
        5: {},
    }
    if protocol == 0:
        del value["层"]  # escaped, where no name is
    assert read_pickle(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", range(1, 6))
def test_what_torch_saves_by_any_protocol_is_found(tmp_path: Path, protocol: int) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LayerNorm(3))
    tensors = {**module.state_dict(keep_vars=True), "many": torch.zeros(300, 70_000)[:, :2].clone()}
    for kind in (dict, OrderedDict):
        file = tmp_path / f"{kind.__name__}.bin"
        torch.save(kind(tensors), file, pickle_protocol=protocol)
        found = {r.name: r.shape for r in read_contents(file).records}
        assert found == {name: tuple(t.shape) for name, t in tensors.items()}


@pytest.mark.parametrize("name", FOUR_BIT)
def test_a_published_4_bit_file_takes_a_small_part_of_the_limits(name: str) -> None:
    """Layers of the largest released model: 40, with as many opcodes each as these two."""
    folder = published(name)
    (file,) = folder.glob("*.bin")
    with zipfile.ZipFile(file) as archive:
        pickled = archive.read("pytorch_model/data.pkl")
    opcodes = sum(1 for _ in pickletools.genops(pickled))
    layers = Checkpoint.open(folder).config.num_layers

    assert opcodes / layers * 40 < MAX_OPCODES / 5


# --- what is not a state dict ------------------------------------------------------------


@pytest.mark.parametrize(
    "pickled",
    [
        # a function that is given itself as what it calls
        REBUILD + b"q\x01(h\x01)}}tb)R.",
        REBUILD + b"q\x01(h\x01h\x01}}tb)R.",
        ORDERED + b"q\x01(h\x01)}}tbh\x01)R.",
        ORDERED + b"q\x01h\x01\x85R.",
        REBUILD + b"q\x01h\x01\x85R.",
        b"ctorch._utils\n_rebuild_parameter\nq\x01(h\x01h\x01tR.",
        ORDERED + b"q\x01)RN}b.",  # attributes that are no dict
        b"}](e}b.",
        b"}N.",  # two values
        b"}(.",  # an open mark
        b"(",
        b"u.",
        b"t.",
        b"}s.",
        b"}Ns.",
        b"](}u.",
        b"}(Nu.",
        b"}}Ns.",  # a dict as a name
        b"}]Ns.",
        b"h\x05.",
        b"g5\n.",
        b"q\x01.",
        b"(K\x01h\x01.",
        b"(K\x01s.",
        b"K\x01(\x85.",  # TUPLE1 across a mark
        b"X\x05\x00\x00\x00abc.",
        b"X\x02\x00\x00\x00\xff\xfe.",
        b"X\x03\x00\x00\x00\xed\xa0\x80.",  # half a surrogate pair
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"Ix\n.",
        b"I.",
        b"L12345L",
        b"N0N.",  # POP, which torch never writes
        b"N2.",  # DUP
        b"U\x01a.",  # a string of Python 2
        b"C\x01a.",  # bytes
        b"\x8f.",  # a set
        b"\x82\x01.",  # an extension
        b"\x97.",  # an out-of-band buffer
        b"P1\n.",  # a persistent id in text
        b"",
    ],
    ids=repr,
)
def test_what_is_no_pickle_of_values_is_refused(pickled: bytes) -> None:
    with pytest.raises(PickleError):
        read_pickle(pickled)


# --- work --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pickled", "sentence"),
    [
        (b"N" * (MAX_OPCODES + 1), "implausibly large"),
        (b"}" + b"h\x00" * (MAX_OPCODES + 1), "not readable"),
        (b"}q\x00" + b"h\x00" * (MAX_OPCODES + 1), "implausibly large"),
        (b"}" + b"\x94" * (MAX_MEMO + 1), "implausibly large"),
        (b"}r\xff\xff\xff\x7f", "implausibly large"),
        (b"}p" + b"9" * 40 + b"\n", "implausibly large"),
        (b"(" * (MAX_MARKS + 1), "nested too deeply"),
        (text("x" * (MAX_STRING_BYTES + 1)), "a name of 4,097 bytes"),
        (b"\x8a\xff" + b"\x01" * 255, "a number of 255 bytes"),
        (b"\x8b" + struct.pack("<I", 100_000) + b"\x01" * 100_000, "a number of 100,000 bytes"),
        (b"I" + b"9" * 5_000 + b"\n", "not readable"),
        (b"L" + b"9" * 5_000 + b"L\n", "not readable"),
        (b"V" + b"x" * 100_000 + b"\n", "not readable"),
        (b"c" + b"x" * 100_000 + b"\ny\n", "not readable"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_more_than_any_model_has_is_refused(pickled: bytes, sentence: str) -> None:
    with pytest.raises(PickleError, match=sentence):
        read_pickle(pickled)


NAME = text("N" * 4_000)
MANY = b"(" + b"K\x00" * 60_000 + b"e"


EVIL = {
    # a tuple of tuples of …, doubled 60 times over
    "doubled tuples": state(b"K\x01q\x00" + b"".join(b"h\x00h\x00\x86q\x00" for _ in range(60))),
    "doubled lists": state(b"]q\x00" + b"".join(b"](h\x00h\x00eq\x00" for _ in range(60))),
    "a list in itself": state(b"]q\x01(" + b"h\x01" * 2_000 + b"e"),
    "one list in many": state(b"]q\x01" + MANY + b"](" + b"h\x01" * 2_000 + b"e"),
    "one shape in many": state(b"(" + b"K\x00" * 60_000 + b"tq\x01](" + b"h\x01" * 60_000 + b"e"),
    "long names": b"\x80\x02}" + NAME + b"]" + MANY + b"s.",
    "long names, deeper": b"\x80\x02}"
    + NAME
    + b"]("
    + b"](K\x00K\x00K\x00e" * 12_000
    + b"e"
    + b"s.",
    "deep lists": state(b"]" * 50_000 + b"a" * 49_999),
    "deep tuples": state(b")" + b"\x85" * 400_000),
    "a deep number": state(b"](" + b"\x8a\xff" + b"\x7f" * 255 + b"e"),
    "more names than models": b"\x80\x02}("
    + b"".join(text(f"{i:x}") + b"N" for i in range(60_000))
    + b"u.",
}


@pytest.mark.parametrize("name", EVIL)
def test_a_small_file_that_asks_for_much_is_refused_early(tmp_path: Path, name: str) -> None:
    file = write_archive(tmp_path / "w.bin", EVIL[name], {"0": b"\0" * 64}, compression=8)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from backends.errors import DamagedCheckpointError\n"
        "from backends.files.tensor_files import read_contents\n"
        "before = resource.getrusage(resource.RUSAGE_SELF)\n"
        "try: read_contents(Path(sys.argv[1]))\n"
        "except DamagedCheckpointError as error: print(error.message)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(after.ru_utime - before.ru_utime, after.ru_maxrss - before.ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limit,
    )

    assert done.returncode == 0, done.stderr
    sentence, used = done.stdout.splitlines()
    assert "its list of tensors" in sentence
    assert int(used.split()[1]) < 200_000  # KiB


def _limit() -> None:
    # Of processor time, not of the clock: a busy machine changes nothing. Far above what it takes.
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))


def test_a_sentence_about_a_long_name_is_one_sentence(tmp_path: Path) -> None:
    file = write_archive(tmp_path / "w.bin", state(text("x" * 10_000)))
    with pytest.raises(DamagedCheckpointError) as caught:
        read_contents(file)
    assert_one_sentence(caught.value)


def test_every_golden_is_read_as_torch_reads_it() -> None:
    for name, layout in goldens.CHECKPOINTS:
        for file in goldens.folder(name, layout).glob("*.bin"):
            found = {record.name: record.shape for record in read_contents(file).records}
            loaded = torch.load(file, weights_only=True, map_location="meta")
            assert found == {key: tuple(tensor.shape) for key, tensor in loaded.items()}

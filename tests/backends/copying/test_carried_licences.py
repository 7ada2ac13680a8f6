"""A copy carries the licences of its source, and says what was changed, when, by which version."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import MANIFEST
from backends.copying.folder_writer import write_copy
from backends.engine import heavy_modules
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.licences import changes_note
from backends.licences.licence_files import CHANGES_FILE, licence_names
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest, ExportRequest, MergeRequest
from tests.helpers import goldens
from tests.helpers.copies import digests

LICENCES = {
    "LICENSE": b"Mine.\n",
    "Baichuan 2模型社区许可协议.pdf": b"%PDF-1.7 \xff\x00",
    "NOTICE": b"Copyright somebody.\n",
}
VERSION = importlib.metadata.version("baichuan-desktop")


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_note, "today", lambda: datetime.date(2026, 2, 3))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    for name, content in LICENCES.items():
        (folder / name).write_bytes(content)
    return folder


Request = CopyRequest | ExportRequest | MergeRequest
ADAPTER = goldens.ROOT / "lora" / "b2-7b" / "w_pack_r1"

REQUESTS: dict[str, Callable[[str, str], Request]] = {
    "safetensors": lambda source, out: CopyRequest(source, out),
    "8bit": lambda source, out: CopyRequest(source, out, Precision.INT8),
    "nf4": lambda source, out: CopyRequest(source, out, Precision.NF4),
    "folded": lambda source, out: CopyRequest(source, out, fold_head=True),
    "merged": lambda source, out: MergeRequest(source, str(ADAPTER), out),
    "onnx with an adapter": lambda source, out: ExportRequest(
        source, out, Precision.ONNX_INT4, adapter=str(ADAPTER)
    ),
    "onnx": lambda source, out: ExportRequest(source, out, Precision.ONNX_INT4),
    "portable": lambda source, out: ExportRequest(source, out, Precision.ONNX_FP32, portable=True),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_every_copy_and_export_carries_every_licence_file(
    kind: str, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    list(run_request(Engine(), REQUESTS[kind](str(source), str(out)), threading.Event()))

    assert {name: (out / name).read_bytes() for name in LICENCES} == LICENCES
    note = (out / CHANGES_FILE).read_text(encoding="utf-8")
    assert note.startswith("NOTICE: this folder holds a changed copy of a model.")
    assert "\n2026-02-03: written from “source” " in note
    assert f" by baichuan-desktop {VERSION}" in note
    is_merged = isinstance(REQUESTS[kind]("", ""), MergeRequest) or "adapter" in kind
    assert ("with the adapter “w_pack_r1”" in note) is is_merged
    contents = digests(out)
    del contents[MANIFEST]
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    assert {name: facts["sha256"] for name, facts in manifest["files"].items()} == contents
    # What is asked about with a copy is what was accepted with its source.
    assert set(licence_names(out)) == set(LICENCES)
    if kind != "portable":  # which is for other programs
        Checkpoint.open(out)


def test_a_copy_of_a_copy_says_what_was_changed_each_time(source: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    list(run_request(Engine(), CopyRequest(str(source), str(first)), threading.Event()))
    request = CopyRequest(str(first), str(second), Precision.NF4)
    list(run_request(Engine(), request, threading.Event()))

    before, after = ((one / CHANGES_FILE).read_text(encoding="utf-8") for one in (first, second))
    assert after.startswith(before.rstrip("\n"))
    (added,) = after.removeprefix(before).splitlines()
    assert added.startswith("2026-02-03: written from “first” by")
    assert '"precision": "4bit"' in added


def test_without_a_licence_file_the_copy_carries_what_is_known_of_the_licence(
    tmp_path: Path,
) -> None:
    folder = goldens.folder("b2-7b", "safetensors")
    out, again = tmp_path / "out", tmp_path / "again"

    known = CopyRequest(str(folder), str(out), licence="Community License\n\n社区许可协议")
    list(run_request(Engine(), known, threading.Event()))
    list(run_request(Engine(), CopyRequest(str(out), str(again)), threading.Event()))

    for one in (out, again):
        note = (one / CHANGES_FILE).read_text(encoding="utf-8")
        assert note.count("The model's folder held no licence file.") == 1
        assert "Community License\n\n社区许可协议" in note
        assert licence_names(one) == ()  # which would be asked about as another text


def test_a_licence_file_is_not_joined_by_a_summary_of_it(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    request = CopyRequest(str(source), str(out), licence="Community License")
    list(run_request(Engine(), request, threading.Event()))

    assert "Community License" not in (out / CHANGES_FILE).read_text(encoding="utf-8")


def test_of_a_model_without_any_licence_the_note_names_none(tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = goldens.folder("b2-7b", "safetensors")
    list(run_request(Engine(), CopyRequest(str(folder), str(out)), threading.Event()))

    note = (out / CHANGES_FILE).read_text(encoding="utf-8")
    assert "2026-02-03: written from “safetensors” by" in note
    assert "What is known of its licence" not in note


def test_a_merged_copy_carries_the_licences_of_the_adapter_too(
    source: Path, tmp_path: Path
) -> None:
    """Those that differ under one name get one that says whose they are."""
    adapter, out, again = (tmp_path / name for name in ("adapter", "out", "again"))
    shutil.copytree(ADAPTER, adapter)
    for name, content in (("LICENSE", b"Yours.\n"), ("NOTICE", LICENCES["NOTICE"])):
        (adapter / name).write_bytes(content)
    (adapter / "LICENSE-data.txt").write_bytes(b"Of the data.\n")

    request = MergeRequest(str(source), str(adapter), str(out))
    list(run_request(Engine(), request, threading.Event()))
    list(run_request(Engine(), CopyRequest(str(out), str(again)), threading.Event()))

    carried = {
        **LICENCES, "adapter-LICENSE": b"Yours.\n", "LICENSE-data.txt": b"Of the data.\n"
    }  # fmt: skip
    for one in (out, again):
        assert {name: (one / name).read_bytes() for name in licence_names(one)} == carried
    digest = hashlib.sha256((adapter / "adapter_model.safetensors").read_bytes()).hexdigest()
    assert (
        f"\n2026-02-03: written from “source” with the adapter “adapter” (SHA-256 {digest}) merged "
        f"into it by baichuan-desktop {VERSION}"
    ) in (out / CHANGES_FILE).read_text(encoding="utf-8")


def test_two_notices_of_one_name_are_both_carried(source: Path, tmp_path: Path) -> None:
    adapter, out, again = (tmp_path / name for name in ("adapter", "out", "again"))
    shutil.copytree(ADAPTER, adapter)
    (adapter / "NOTICE").write_bytes(b"Copyright somebody else.\n")

    request = MergeRequest(str(source), str(adapter), str(out))
    list(run_request(Engine(), request, threading.Event()))
    list(run_request(Engine(), CopyRequest(str(out), str(again)), threading.Event()))

    assert (again / "NOTICE").read_bytes() == LICENCES["NOTICE"]
    assert (again / "adapter-NOTICE").read_bytes() == b"Copyright somebody else.\n"


def test_an_interrupted_copy_with_licences_is_taken_up(source: Path, tmp_path: Path) -> None:
    """Its folder is known as an interrupted copy, and not as a model of somebody."""
    checkpoint, out = Checkpoint.open(source), tmp_path / "out"
    plan = heavy_modules.copy_plan(checkpoint, None)
    list(write_copy(checkpoint, plan, out))
    whole = digests(out)
    out.rename(tmp_path / "out.partial")

    list(write_copy(checkpoint, plan, out))

    assert digests(out) == whole


def test_a_note_is_text_whatever_a_folder_is_called() -> None:
    note = changes_note.changes_note(
        "a\nb\x1b[31m\udcff", {"precision": None}, {}, earlier=b"\xff old", licence="\x1b[2J"
    )

    text = note.decode("utf-8")
    assert "\x1b" not in text
    assert text.splitlines()[0] == "� old"
    assert "written from “a�b�[31m�” by Baichuan Desktop" in text

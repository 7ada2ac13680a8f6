"""Nothing private is in a bundle: canaries that are put everywhere come out nowhere."""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
import platform
import shutil
import stat
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from backends.errors import UserFacingError
from backends.events import EngineEvent
from backends.machine import hardware
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.services.support_bundle.collecting import collect
from baichuan_desktop.services.support_bundle.values import BundlePart
from baichuan_desktop.services.support_bundle.writing import (
    FOLDER,
    BundleNotWrittenError,
    write,
)
from tests.helpers import adapters, goldens
from tests.helpers.conversations import put_branch
from tests.helpers.machines import card, machine
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence

#: What a person would not want to send. Each stands in places of its own.
USER, HOST, HOME = "canaryuser", "canaryhost", "canary 家 home"
NAME, FOLDER_NAME, FILE = "金丝雀名字", "canary-model 文件夹", "canary-file.txt"
QUESTION, ANSWER, TITLE = "金丝雀的问题 canary-question", "canary-answer 回答", "canary-title"
ADMIN = "canary-admin@example.org"
CANARIES = (USER, HOST, HOME, NAME, FOLDER_NAME, FILE, QUESTION, ANSWER, TITLE, ADMIN, "canary")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppPaths:
    """A machine of somebody who has canaries everywhere."""
    home = tmp_path / HOME
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(home / "app"))
    monkeypatch.setattr(getpass, "getuser", lambda: USER)
    monkeypatch.setattr(platform, "node", lambda: f"{HOST}.example.org")
    monkeypatch.setenv("XMODIFIERS", f"@im={USER}")
    monkeypatch.setenv("PYTHONPATH", str(home))
    found = app_paths()
    _converse(found)
    _list_models(found, home)
    SettingsFile(found.settings).change(
        last_model=NAME, cards_told=QUESTION, as_chat=[home / FOLDER_NAME], theme="dark"
    )
    _log(found, home)
    write_policy(tmp_path, f"contact: {ADMIN}\nlicence_text: {QUESTION}\nprecisions: [fp32]\n")
    return found


def _converse(paths: AppPaths) -> None:
    store = ConversationStore(paths.conversations)
    put_branch(store, [QUESTION, ANSWER], TITLE)
    store.close()
    assert QUESTION.encode() in paths.conversations.read_bytes()


def _list_models(paths: AppPaths, home: Path) -> None:
    store = ModelStore(paths)
    for number, name in enumerate((FOLDER_NAME, f"{FOLDER_NAME} 2")):
        folder = home / name
        shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
        model = store.add(folder)
        if not number:
            store.rename(model.id, NAME)
            (folder / "canary-license.txt").write_text(QUESTION)
        else:
            (folder / "config.json").write_text(json.dumps({"model_type": QUESTION}))
    lora = home / f"{FOLDER_NAME} lora"
    shutil.copytree(adapters.folder("b2-7b", "all_r8"), lora)
    (lora / "provenance.json").write_text(json.dumps({"data": QUESTION}), encoding="utf-8")
    entry = f"adapters:\n- {{id: canary-lora, name: {NAME}, path: {lora}, base: {model.id}}}\n"
    text = paths.user_registry.read_text(encoding="utf-8").replace(
        "installed:", f"{entry}installed:"
    )
    paths.user_registry.write_text(
        text + f"- {{id: canary-wrong, path: 7, family: {USER}}}\n", encoding="utf-8"
    )


def _log(paths: AppPaths, home: Path) -> None:
    paths.log.mkdir(parents=True, exist_ok=True)
    file = home / FOLDER_NAME / FILE
    lines = [
        f"prompt: {QUESTION}",
        QUESTION,
        f"2026-11-29 06:55:01,123 WARNING {file} {ANSWER} [baichuan_desktop.services.settings:139]",
        f"INFO InsufficientMemoryError: {QUESTION} [backends.engine.server:144]",
        f"INFO {ANSWER}",
        f"ValueError: {QUESTION}",
        f"OSError: [Errno 2] No such file or directory: {str(file)!r}",
        f'  File "{file}", line 3, in {USER}',
        f"    answer = {ANSWER!r}",
        f"{USER}@{HOST}:{file}$ {TITLE}",
        quote(str(file)),
        json.dumps(str(file)),
        f"C:\\Users\\{USER}\\{FILE} \\\\{HOST}\\share",
        f"{USER[:6].upper()}~1",
        ascii(QUESTION),
    ]
    names = (
        "window.log", "window.log.1", "engine.log", "engine.previous.log", "engine.4711.log",
        "job.log", "comparison.log", "terminal.log", "canary.log", "canary-engine.log",
    )  # fmt: skip
    for name in names:
        (paths.log / name).write_text("\n".join(lines), encoding="utf-8")
    (paths.log / "terminal.previous.log").write_bytes(b"\xff\xfe\x00" + QUESTION.encode("gbk"))


def crashing(_: Request, __: threading.Event) -> Iterator[EngineEvent]:
    """An engine of which the error names a file."""
    yield from ()
    raise UserFacingError("“{file}” of {user} broke.", file=str(Path.home() / FILE), user=USER)


def bundle(paths: AppPaths) -> list[BundlePart]:
    measurements = Measurements(paths.measurements)
    return list(collect(paths, ModelStore(paths), measurements, crashing))


def test_no_canary_comes_out(paths: AppPaths, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"

    write(bundle(paths), file)

    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
        assert archive.comment == b""
    for name, content in contents.items():
        for text in (name, content):
            for canary in CANARIES:
                for form in (canary, quote(canary), ascii(canary)[1:-1], json.dumps(canary)[1:-1]):
                    assert form.lower() not in text.lower(), (name, canary)
            assert "CANARY~" not in text.upper()
            assert str(tmp_path) not in text
            assert "金丝雀" not in text


def test_the_layout_is_fixed_and_every_part_is_there(paths: AppPaths, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    parts = bundle(paths)
    write(parts, file)

    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        assert [info.filename for info in infos] == [f"{FOLDER}/{part.name}" for part in parts]
        assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
        assert [info.file_size for info in infos] == [part.size for part in parts]
    assert [part.name for part in parts if not part.name.startswith("logs/")] == [
        "README.txt", "versions.json", "hardware.json", "models.json", "registry.json",
        "settings.json", "policy.json", "storage.json", "environment.json",
    ]  # fmt: skip
    assert {part.name for part in parts if part.name.startswith("logs/")} == {
        "logs/comparison.log", "logs/engine.4711.log", "logs/engine.log",
        "logs/engine.previous.log", "logs/job.log", "logs/terminal.log",
        "logs/terminal.previous.log", "logs/window.log", "logs/window.log.1",
    }  # fmt: skip
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def facts(paths: AppPaths, name: str) -> dict[str, object]:
    (found,) = [part for part in bundle(paths) if part.name == name]
    content = json.loads(found.text)
    assert isinstance(content, dict)
    return content


def test_what_helps_is_there(paths: AppPaths) -> None:
    """Else an empty bundle would be the safest one."""
    parts = {part.name: part.text for part in bundle(paths)}
    registry, models = (
        json.loads(parts["registry.json"]),
        json.loads(parts["models.json"])["models"],
    )
    settings, policy = json.loads(parts["settings.json"]), json.loads(parts["policy.json"])
    hardware = json.loads(parts["hardware.json"])

    assert [one["model"] for one in registry["models"]] == ["baichuan-guide", "model-2", "model-3"]
    assert registry["problems"] == 1
    (adapter,) = registry["adapters"]
    assert (adapter["adapter"], adapter["adapter_for"]) == ("adapter-1", "model-3")
    (told,) = json.loads(parts["models.json"])["adapters"]
    assert (told["adapter"], told["method"], told["ranks"]) == ("adapter-1", "LoRA", [8])
    assert told["provenance"] == 2  # the version of PEFT, and what was written here
    assert registry["models"][1]["path"]["has_spaces"]
    assert [one["error_topic"] for one in models] == [None, None, "another-architecture"]
    assert any(row["chosen"] for row in models[1]["precisions"])
    assert (settings["theme"], settings["as_chat"]) == ("dark", {"count": 1})
    assert "last_model" in settings["chosen"]
    assert policy["is_there"]
    assert policy["licence_text"] == {"length": len(QUESTION)}
    assert hardware["products_failed"]
    assert hardware["memory_bytes"] > 0
    assert parts["logs/engine.log"].splitlines()[:4] == [
        "[2 lines]",
        "2026-11-29 06:55:01,123 WARNING [baichuan_desktop.services.settings:139]",
        "INFO InsufficientMemoryError [backends.engine.server:144]",
        "INFO",
    ]


def test_a_released_model_keeps_its_name(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    text = paths.user_registry.read_text(encoding="utf-8")
    entry = (
        "- {id: baichuan2-7b-chat-2, variant: baichuan2-7b-chat, path: /gone, "
        "family: baichuan2-7b, kind: chat, context_length: 4096}\n"
    )
    paths.user_registry.write_text(text + entry, encoding="utf-8")

    models = facts(paths, "registry.json")["models"]

    assert isinstance(models, list)
    assert [one["model"] for one in models][-1] == "baichuan2-7b-chat-2"


def test_a_policy_that_cannot_be_read_is_told_as_such(paths: AppPaths, tmp_path: Path) -> None:
    write_policy(tmp_path, f"models: [{QUESTION}")

    assert facts(paths, "policy.json") == {"is_there": True, "is_usable": False}


def test_the_number_of_a_card_is_left_out(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = dataclasses.replace(card(24, name="NVIDIA GeForce RTX 4090"), uuid="GPU-canary-1234")
    monkeypatch.setattr(hardware, "detect", lambda: machine(gpu))

    texts = [part.text for part in bundle(paths)]

    assert any("NVIDIA GeForce RTX 4090" in text for text in texts)
    assert not any("canary" in text for text in texts)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files there")
def test_a_log_that_is_no_file_is_left_out(paths: AppPaths) -> None:
    (paths.log / "engine.log").unlink()
    os.mkfifo(paths.log / "engine.log")

    assert "logs/engine.log" not in [part.name for part in bundle(paths)]


def test_a_file_that_is_there_is_not_replaced(paths: AppPaths, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    file.write_bytes(b"mine")

    with pytest.raises(BundleNotWrittenError) as caught:
        write([BundlePart("a.txt", "x")], file)

    assert_one_sentence(caught.value)
    assert file.read_bytes() == b"mine"


def test_a_bundle_that_cannot_be_written_whole_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(BundleNotWrittenError) as caught:
        write([BundlePart("a.txt", "x")], tmp_path / "bundle.zip")

    assert_one_sentence(caught.value)
    assert list(tmp_path.glob("*.zip")) == []
    with pytest.raises(BundleNotWrittenError):
        write([], tmp_path / "gone" / "bundle.zip")

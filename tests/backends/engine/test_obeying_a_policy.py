"""The engine obeys the policy by itself: its requests in a process, and frames on its pipes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from backends.checkpoint.allowed import open_allowed, open_allowed_exports
from backends.checkpoint.folder import Exports
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import PolicyError, PolicyFileError, PrecisionOffError, UserFacingError
from backends.events import EngineEvent, Finished, ModelReady
from backends.generation.sampling import SamplingParams
from backends.policy.values import Policy
from backends.precision import Precision
from backends.protocol.engine_requests import (
    BenchmarkRequest,
    ChatRequest,
    CompleteRequest,
    CopyRequest,
    ExportRequest,
    LoadRequest,
    QualityRequest,
    Request,
    UnloadRequest,
)
from backends.protocol.frames import Alive, Done, Failed, read_frame, write_frame
from backends.text.chat_template import Message, Role
from tests.helpers import goldens
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.policies import engine_command, place_in, write_policy
from tests.helpers.sentences import assert_one_sentence

ROOT = Path(__file__).parents[3]
FOLDER = goldens.folder("b2-7b", "safetensors")
LOAD = LoadRequest(str(FOLDER), Precision.FP32, threads=1, wanted_device="cpu")

#: Sends a request, and gives its events or raises its error.
Ask = Callable[[Request], list[EngineEvent]]


def in_this_process(tmp_path: Path) -> Iterator[Ask]:
    engine = Engine()

    def ask(request: Request) -> list[EngineEvent]:
        return list(run_request(engine, request, threading.Event()))

    yield ask
    engine.unload()


def by_frames(tmp_path: Path) -> Iterator[Ask]:
    with (tmp_path / "engine.log").open("wb") as log:
        engine = subprocess.Popen(
            engine_command(tmp_path),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert engine.stdin is not None
    assert engine.stdout is not None
    stdin, stdout, number = engine.stdin, engine.stdout, 0

    def ask(request: Request) -> list[EngineEvent]:
        nonlocal number
        number += 1
        write_frame(stdin, number, request)
        events: list[EngineEvent] = []
        while (frame := read_frame(stdout)) is not None:
            match frame[1]:
                case Failed() as failed:
                    raise failed.exception()
                case Done():
                    return events
                case Alive():
                    continue
            events.append(frame[1])  # type: ignore[arg-type]  # all others are events
        raise AssertionError((tmp_path / "engine.log").read_text(encoding="utf-8"))

    yield ask
    stdin.close()
    engine.wait(PATIENCE_SECONDS)
    stdout.close()


@pytest.fixture(params=[in_this_process, by_frames])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ask]:
    yield from request.param(tmp_path)


def openings(tmp_path: Path, precision: Precision | None = Precision.FP32) -> list[Request]:
    """Every request that opens a folder."""
    load = LoadRequest(str(FOLDER), precision, threads=1, wanted_device="cpu")
    return [
        load,
        BenchmarkRequest(load, prompts=(4,), contexts=(4,), new_tokens=2),
        QualityRequest(load, ("some text " * 90,), "text", 64, str(tmp_path / "reference"), True),
        CopyRequest(str(FOLDER), str(tmp_path / "copy"), Precision.NF4),
        ExportRequest(str(FOLDER), str(tmp_path / "export"), Precision.ONNX_INT8),
    ]


def refused(ask: Ask, request: Request) -> PolicyError:
    with pytest.raises(UserFacingError) as caught:
        ask(request)
    assert isinstance(caught.value, PolicyError), (request, caught.value)
    assert_one_sentence(caught.value)
    return caught.value


def test_without_a_policy_and_with_one_that_allows_it_a_model_loads(
    ask: Ask, tmp_path: Path
) -> None:
    assert isinstance(ask(LOAD)[-1], ModelReady)
    write_policy(
        tmp_path,
        f"precisions: [fp32]\nfolders: [{goldens.ROOT}]\nmodels: [{FOLDER}]\nserver: false\n",
    )
    assert isinstance(ask(LOAD)[-1], ModelReady)


def test_every_request_that_opens_a_folder_obeys_every_rule(ask: Ask, tmp_path: Path) -> None:
    rules = {
        f"folders: [{tmp_path}]\n": "only models below",
        "folders: []\n": "only models below",
        "models: [baichuan2-7b-chat]\n": "is not used here",
        "models: []\n": "is not used here",
        f"models: [{FOLDER.parent}]\n": "is not used here",
        "precisions: [onnx-fp16]\n": "only ONNX fp16",
        "precisions: []\n": "No precision",
    }
    for rule, words in rules.items():
        file = write_policy(tmp_path, f"contact: desk 7\n{rule}")
        for request in openings(tmp_path):
            error = refused(ask, request)
            assert words in error.message, (rule, request)
            assert str(file) in error.message
            assert str(error.hint) == "To have it allowed, ask desk 7."
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "export").exists()


def test_a_policy_that_cannot_be_used_closes_every_request(ask: Ask, tmp_path: Path) -> None:
    def misspelt() -> None:
        write_policy(tmp_path, "import; true\n")

    def writable() -> None:
        write_policy(tmp_path, "import: true\n").chmod(0o666)

    def unknown_key() -> None:
        write_policy(tmp_path, "models_allowed: all\n")

    def folder_writable() -> None:
        write_policy(tmp_path, "import: true\n").parent.chmod(0o777)

    for make in (misspelt, writable, unknown_key, folder_writable):
        make()
        for request in openings(tmp_path):
            error = refused(ask, request)
            assert isinstance(error, PolicyFileError)
            assert str(place_in(tmp_path).file) in error.message


def test_a_model_that_is_loaded_answers_no_longer_once_it_is_forbidden(
    ask: Ask, tmp_path: Path
) -> None:
    params = SamplingParams(greedy=True, max_new_tokens=2)
    chat = ChatRequest((Message(Role.USER, "Hello"),), params)
    questions: list[Request] = [chat, CompleteRequest("Hello", params)]
    ask(LOAD)
    assert isinstance(ask(chat)[-1], Finished)

    for rule in ("models: []\n", "folders: []\n", "precisions: [bf16]\n", "nonsense: 1\n"):
        write_policy(tmp_path, rule)
        for question in questions:
            refused(ask, question)
    write_policy(tmp_path, "import: false\n")
    assert isinstance(ask(chat)[-1], Finished)
    write_policy(tmp_path, "nonsense: 1\n")
    assert ask(UnloadRequest()) == []  # memory is given back whatever a policy says


def test_auto_takes_a_precision_that_is_allowed(ask: Ask, tmp_path: Path) -> None:
    load = LoadRequest(str(FOLDER), None, threads=1, wanted_device="cpu")
    for allowed in (Precision.FP32, Precision.BF16):
        write_policy(tmp_path, f"precisions: [{allowed}]\n")
        ready = ask(load)[-1]
        assert isinstance(ready, ModelReady)
        assert ready.precision is allowed

    write_policy(tmp_path, "precisions: [onnx-int4]\n")
    assert isinstance(refused(ask, load), PrecisionOffError)


def test_a_folder_that_leads_out_by_a_link_is_refused(ask: Ask, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "7b").symlink_to(FOLDER)
    inner = allowed / "of links"
    inner.mkdir()
    for file in FOLDER.iterdir():
        (inner / file.name).symlink_to(file)
    write_policy(tmp_path, f"folders: [{allowed}]\n")

    for folder in (allowed / "7b", inner):
        refused(ask, LoadRequest(str(folder), Precision.FP32))


def test_an_id_of_the_site_is_the_folder_that_its_registry_lists(ask: Ask, tmp_path: Path) -> None:
    policy = write_policy(tmp_path, "models: [ours]\n")
    registry = policy.with_name("models_registry.yaml")
    registry.write_text(
        f"schema_version: 1\ninstalled:\n- id: ours\n  path: {FOLDER}\n", encoding="utf-8"
    )
    registry.chmod(0o644)

    assert isinstance(ask(LOAD)[-1], ModelReady)

    registry.chmod(0o666)  # now anybody could list anything in it
    refused(ask, LOAD)
    registry.chmod(0o644)
    registry.write_text("schema_version: 1\ninstalled: [\n", encoding="utf-8")
    refused(ask, LOAD)


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
@pytest.mark.parametrize("rule", ["folders: [{allowed}]", "models: [{allowed}/7b]"])
def test_a_link_that_is_turned_while_a_model_is_loaded_leads_to_no_other_weights(
    tmp_path: Path, rule: str
) -> None:
    """What was allowed is what is read: a link is in the hands of whoever made it."""
    allowed, link = tmp_path / "allowed", tmp_path / "link"
    shutil.copytree(FOLDER, allowed / "7b")
    shutil.copytree(FOLDER, tmp_path / "own")
    link.symlink_to(allowed / "7b")
    write_policy(tmp_path, rule.format(allowed=allowed))
    engine = Engine()
    load = LoadRequest(str(link), Precision.FP32, threads=1, wanted_device="cpu")

    events = run_request(engine, load, threading.Event())
    next(events)
    link.unlink()
    link.symlink_to(tmp_path / "own")
    list(events)

    real = (allowed / "7b").resolve()
    assert {file.parent for file in engine.loaded.weights.weight_files} == {real}
    engine.unload()
    with pytest.raises(PolicyError):
        list(run_request(engine, load, threading.Event()))


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_an_export_is_opened_where_it_was_allowed(tmp_path: Path) -> None:
    allowed, link = tmp_path / "allowed", tmp_path / "link"
    shutil.copytree(FOLDER, allowed / "7b")
    link.symlink_to(allowed / "7b")
    policy = Policy(tmp_path / "policy.yaml", folders=(allowed,))
    seen: list[tuple[list[str], dict[str, str]]] = []

    def noting(_: object, folders: Sequence[str | Path], stamps: Mapping[str, str]) -> Exports:
        seen.append(([str(one) for one in folders], dict(stamps)))
        return Exports({}, [])

    checkpoint, _ = open_allowed(link, policy)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("backends.checkpoint.allowed.open_exports", noting)
        open_allowed_exports(checkpoint, [str(link)], {str(link): "of then"}, policy)

    real = str((allowed / "7b").resolve())
    assert checkpoint.folder == Path(real)
    assert [folders for folders, _ in seen] == [[real]]
    assert seen[0][1][real] == "of then"

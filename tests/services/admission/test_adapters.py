"""The gate for adapters: the policy, what is away, what verifying found; no licence of its own."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import (
    FailedVerificationError,
    ModelAwayError,
    NotVerifiedError,
    PolicyError,
    UserFacingError,
)
from backends.events import EngineEvent
from backends.precision import Precision
from backends.protocol.engine_requests import (
    AdapterRequest,
    BenchmarkRequest,
    ExportRequest,
    LoadRequest,
    MergeRequest,
    Request,
)
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.admission.admitted_engine import AdmittedEngine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import KnownHash, Origin
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from tests.helpers import adapters, goldens
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.verified import verified


class Gate:
    """The gate of this test's home, with a listed model and the folder of an adapter for it."""

    def __init__(self, root: Path) -> None:
        self.model, self.folder = root / "models" / "7b", root / "models" / "adapter"
        shutil.copytree(goldens.folder("b2-7b", "safetensors"), self.model)
        shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), self.folder)
        paths = app_paths()
        self.store, self.manifests = ModelStore(paths), ManifestStore(paths.manifests)
        self.store.add(self.model)
        self.admission = Admission(self.store, self.manifests, Acceptances(paths.licences))

    def check(self) -> None:
        self.admission.check_adapter(self.folder)

    def list(self) -> InstalledAdapter:
        return self.store.add_adapter(self.folder)

    def verify(self, *, against: bool = False) -> None:
        found = self.list()
        sums = {
            file.name: KnownHash(Origin.SITE_LIST, hashlib.sha256(file.read_bytes()).hexdigest())
            for file in self.folder.iterdir()
        }
        known = self.manifests.read(found.id)
        self.manifests.keep(verified(found, known, sums if against else None))


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def refused(gate: Gate, kind: type[UserFacingError]) -> str:
    with pytest.raises(UserFacingError) as caught:
        gate.check()
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


def test_an_adapter_that_nothing_forbids_passes(gate: Gate) -> None:
    gate.check()
    gate.list()
    gate.check()
    gate.folder = gate.folder / "not there"
    gate.check()  # opening it says why


@pytest.mark.parametrize("rule", ["adapters: []\n", "adapters: [another]\n", "folders: [/no]\n"])
def test_an_adapter_that_the_policy_does_not_allow_is_refused(
    gate: Gate, tmp_path: Path, rule: str
) -> None:
    gate.list()
    write_policy(tmp_path, rule)

    refused(gate, PolicyError)

    write_policy(tmp_path, "adapters: [adapter]\n")
    gate.check()


def test_a_listed_adapter_whose_folder_is_gone_is_away(gate: Gate) -> None:
    gate.list()
    shutil.rmtree(gate.folder)

    assert "is not there any more" in refused(gate, ModelAwayError)


def test_an_adapter_that_failed_is_not_used_until_somebody_says_so(gate: Gate) -> None:
    found = gate.list()
    gate.verify()
    gate.check()
    weights = gate.folder / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    gate.verify()

    assert "adapter_model.safetensors" in refused(gate, FailedVerificationError)

    gate.manifests.override(found.id, "somebody")
    gate.check()


def test_where_the_policy_wants_it_an_adapter_is_used_once_a_list_confirmed_it(
    gate: Gate, tmp_path: Path
) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    refused(gate, NotVerifiedError)
    gate.verify()
    refused(gate, NotVerifiedError)

    gate.verify(against=True)

    gate.check()


class Noting:
    """An engine that notes what it is asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        self.requests.append(request)
        return iter(())

    def kill(self) -> None: ...

    def close(self) -> None: ...


def test_an_engine_hears_of_no_adapter_that_is_not_admitted(gate: Gate, tmp_path: Path) -> None:
    inner, cancel = Noting(), threading.Event()
    engine = AdmittedEngine(inner, gate.admission)
    model, adapter = str(gate.model), str(gate.folder)
    load = LoadRequest(model, adapter=adapter)
    asked: list[Request] = [
        load,
        BenchmarkRequest(load),
        AdapterRequest(adapter),
        MergeRequest(model, adapter, "out"),
        ExportRequest(model, "out", Precision.ONNX_INT4, adapter=adapter),
    ]
    write_policy(tmp_path, "adapters: []\n")

    for request in asked:
        with pytest.raises(PolicyError):
            list(engine.run(request, cancel))
    list(engine.run(AdapterRequest(None), cancel))
    list(engine.run(LoadRequest(model), cancel))
    assert inner.requests == [AdapterRequest(None), LoadRequest(model)]

    write_policy(tmp_path, "")
    for request in asked:
        list(engine.run(request, cancel))
    assert inner.requests[2:] == asked

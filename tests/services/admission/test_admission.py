"""The gate: the policy, then what is away, the licence and what verifying found."""

from __future__ import annotations

import datetime
import hashlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import (
    FailedVerificationError,
    LicenceNotAcceptedError,
    ModelAwayError,
    NotAdmittedError,
    NotVerifiedError,
    PolicyError,
    PolicyFileError,
    PrecisionOffError,
    UserFacingError,
)
from backends.events import EngineEvent
from backends.phrases import Phrase
from backends.policy.site_policy import site_policy
from backends.precision import Precision
from backends.protocol.engine_requests import (
    BenchmarkRequest,
    CopyRequest,
    ExportRequest,
    LoadRequest,
    ProductsRequest,
    QualityRequest,
    Request,
    UnloadRequest,
)
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.admission.admitted_engine import AdmittedEngine
from baichuan_desktop.services.admission.confirmed import require_confirmed
from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library.integrity.folder_files import folder_stamp
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import (
    Fault,
    FileFault,
    FileRecord,
    KnownHash,
    Manifest,
    Origin,
    Verification,
    Verified,
)
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import FileSection
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.requirement import open_texts
from tests.helpers import goldens
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.verified import verified

FOLDER = goldens.folder("b2-7b", "safetensors")


class Gate:
    """The gate of this test's home, with a model in it."""

    def __init__(self, folder: Path) -> None:
        paths = app_paths()
        self.store = ModelStore(paths)
        self.manifests = ManifestStore(paths.manifests)
        self.acceptances = Acceptances(paths.licences)
        self.admission = Admission(self.store, self.manifests, self.acceptances)
        self.folder = folder

    def check(self, precision: Precision | None = None) -> None:
        self.admission.check(self.folder, precision)

    def list(self) -> InstalledModel:
        return self.store.add(self.folder)

    def verified(self, model: InstalledModel, origin: Origin, *faults: FileFault) -> None:
        """Keep that each file was confirmed by one who knows it."""
        files = {
            file.name: FileRecord(
                file.stat().st_size, file.stat().st_mtime_ns, (KnownHash(origin, "0" * 64),)
            )
            for file in self.folder.iterdir()
        }
        now = datetime.datetime.now(datetime.UTC)
        manifest = Manifest(model.id, model.path, now, files)
        stamp = folder_stamp(self.folder)
        confirmed = tuple(files) if origin in (Origin.SITE_LIST, Origin.REGISTRY) else ()
        found = Verification(
            model.id, now, faults, {origin: len(files)}, 1, stamp, confirmed=confirmed
        )
        self.manifests.write(manifest)
        self.manifests.keep(Verified(found, manifest))


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    folder = tmp_path / "models" / "7b"
    shutil.copytree(FOLDER, folder)
    return Gate(folder)


def refused(gate: Gate, kind: type[NotAdmittedError], precision: Precision | None = None) -> str:
    with pytest.raises(UserFacingError) as caught:
        gate.check(precision)
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


def test_a_model_that_nothing_forbids_passes(gate: Gate) -> None:
    gate.check()
    gate.list()
    gate.check(Precision.NF4)


def test_a_folder_that_cannot_be_used_passes_for_opening_it_says_why(gate: Gate) -> None:
    gate.folder = gate.folder / "not there"

    gate.check()


def test_the_policy_is_asked_before_all_else(gate: Gate, tmp_path: Path) -> None:
    (gate.folder / "LICENSE").write_text("Do no harm.", encoding="utf-8")
    write_policy(tmp_path, f"folders: [{tmp_path / 'elsewhere'}]\n")
    refused(gate, PolicyError)
    write_policy(tmp_path, "models: [baichuan-guide]\n")
    refused(gate, PolicyError)
    write_policy(tmp_path, "precisions: [4bit]\n")
    refused(gate, PrecisionOffError, Precision.BF16)
    write_policy(tmp_path, "nonsense\n")
    refused(gate, PolicyFileError)


def test_a_person_who_edits_their_own_list_gets_around_no_rule(gate: Gate, tmp_path: Path) -> None:
    model = gate.list()
    user = app_paths().user_registry
    text = user.read_text(encoding="utf-8")
    user.write_text(text.replace(f"id: {model.id}", "id: baichuan2-7b-chat"), encoding="utf-8")
    gate.store.reload()
    assert gate.store.listed_at(gate.folder) is not None
    assert gate.store.model("baichuan2-7b-chat").path == gate.folder
    write_policy(tmp_path, "models: [baichuan2-7b-chat]\n")

    refused(gate, PolicyError)


def test_a_folder_of_another_name_is_the_same_model(gate: Gate, tmp_path: Path) -> None:
    write_policy(tmp_path, f"models: [{gate.folder}]\n")
    gate.check()

    moved = gate.folder.rename(tmp_path / "models" / "another")
    gate.folder = moved
    refused(gate, PolicyError)
    (tmp_path / "models" / "7b").symlink_to(moved)
    gate.check()  # the path that the policy names leads to it


def test_a_licence_is_accepted_first_and_the_one_of_the_site_too(
    gate: Gate, tmp_path: Path
) -> None:
    (gate.folder / "LICENSE").write_text("Do no harm.", encoding="utf-8")
    policy = f"licence_text: Be kind.\nfolders: [{tmp_path}]\n"
    write_policy(tmp_path, policy)
    for _ in range(2):
        refused(gate, LicenceNotAcceptedError)
        model = gate.store.describe(gate.folder)
        text = open_texts(gate.store, model, site_policy(), gate.acceptances)[0]
        gate.acceptances.accept(text, model.id, "somebody")
    gate.check()

    write_policy(tmp_path, policy.replace("kind", "kinder"))
    refused(gate, LicenceNotAcceptedError)


def test_a_model_that_failed_does_not_load(gate: Gate) -> None:
    model = gate.list()
    fault = FileFault("config.json", Fault.DAMAGED, Phrase("it is another one"))
    gate.verified(model, Origin.IMPORT, fault)

    refused(gate, FailedVerificationError)
    gate.manifests.override(model.id, "somebody")
    gate.check()


def test_where_the_policy_wants_it_a_model_loads_once_a_list_confirmed_it(
    gate: Gate, tmp_path: Path
) -> None:
    write_policy(tmp_path, "require_verification: true\ncontact: desk 7\n")
    refused(gate, NotVerifiedError)
    model = gate.list()
    refused(gate, NotVerifiedError)
    for origin in (Origin.IMPORT, Origin.CONVERSION, Origin.DOWNLOAD):
        gate.verified(model, origin)
        assert "config.json" in refused(gate, NotVerifiedError)
    for origin in (Origin.SITE_LIST, Origin.REGISTRY):
        gate.verified(model, origin)
        gate.check()

    (gate.folder / "config.json").touch()
    with (gate.folder / "generation_config.json").open("a") as file:
        file.write(" ")
    refused(gate, NotVerifiedError)


def test_an_override_does_not_take_the_place_of_a_list(gate: Gate, tmp_path: Path) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    model = gate.list()
    fault = FileFault("config.json", Fault.DAMAGED, Phrase("it is another one"))
    gate.verified(model, Origin.SITE_LIST, fault)
    refused(gate, FailedVerificationError)
    gate.manifests.override(model.id, "somebody")

    refused(gate, NotVerifiedError)


def test_a_file_that_the_list_does_not_name_is_named(gate: Gate, tmp_path: Path) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    (gate.folder / "README.md").write_text("Words.", encoding="utf-8")
    model = gate.list()
    gate.verified(model, Origin.SITE_LIST)
    kept = gate.manifests.kept(model.id)
    assert kept is not None
    assert kept.verification is not None
    confirmed = {*kept.verification.confirmed} - {"README.md", "config.json"}
    found = replace(kept.verification, confirmed=tuple(sorted(confirmed)))
    gate.manifests.keep(Verified(found, kept.manifest))

    message = refused(gate, NotVerifiedError)
    assert "config.json" in message
    assert "README" not in message


def test_a_list_that_was_taken_in_after_verifying_confirmed_nothing_yet(
    gate: Gate, tmp_path: Path
) -> None:
    model = gate.list()
    gate.verified(model, Origin.IMPORT)
    names = [file.name for file in gate.folder.iterdir()]
    gate.manifests.state(model.id, {name: KnownHash(Origin.SITE_LIST, "1" * 64) for name in names})
    write_policy(tmp_path, "require_verification: true\n")
    refused(gate, NotVerifiedError)

    gate.verified(model, Origin.SITE_LIST)
    gate.check()
    gate.manifests.state(model.id, {name: KnownHash(Origin.SITE_LIST, "2" * 64) for name in names})
    refused(gate, NotVerifiedError)


def sums_of(folder: Path) -> dict[str, KnownHash]:
    """What `sha256sum` says of a folder."""
    return {
        file.name: KnownHash(Origin.SITE_LIST, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in folder.iterdir()
    }


def verify(gate: Gate, model: InstalledModel, against: dict[str, KnownHash] | None = None) -> None:
    """Verify as a person does, and keep what came of it."""
    gate.manifests.keep(verified(model, gate.manifests.read(model.id), against))


def test_verifying_against_a_list_of_this_time_is_what_the_refusal_asks_for(
    gate: Gate, tmp_path: Path
) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    model = gate.list()
    sums = sums_of(gate.folder)
    verify(gate, model, sums)
    gate.check()

    verify(gate, model)  # without a list nothing confirms it
    refused(gate, NotVerifiedError)
    verify(gate, model, {name: sums[name] for name in sums if name != "config.json"})
    assert "(“config.json”)" in refused(gate, NotVerifiedError)


def test_hashes_of_the_registry_confirm_a_model_until_it_says_others(
    gate: Gate, tmp_path: Path
) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    model = gate.list()
    stated = {
        file.name: FileSection(
            size=file.stat().st_size, sha256=hashlib.sha256(file.read_bytes()).hexdigest()
        )
        for file in gate.folder.iterdir()
    }
    verify(gate, replace(model, stated_files=stated))
    gate.check()

    other = {**stated, "tokenizer.model": FileSection(size=1, sha256="0" * 64)}
    with pytest.raises(NotVerifiedError, match=r"“tokenizer\.model”"):
        require_confirmed(replace(model, stated_files=other), gate.manifests, site_policy())


def test_a_list_that_came_while_files_were_read_has_confirmed_nothing(
    gate: Gate, tmp_path: Path
) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    model = gate.list()
    sums = sums_of(gate.folder)
    gate.manifests.state(model.id, sums)
    meanwhile = verified(model, gate.manifests.read(model.id))
    gate.manifests.state(model.id, {"config.json": KnownHash(Origin.SITE_LIST, "1" * 64)})
    gate.manifests.keep(meanwhile)
    refused(gate, NotVerifiedError)

    gate.manifests.state(model.id, sums)
    verify(gate, model)
    gate.check()


@pytest.mark.parametrize("name", ["added_tokens.json", "model.safetensors.index.json", "sub.bin"])
def test_a_file_that_came_after_the_list_is_not_confirmed_by_it(
    gate: Gate, tmp_path: Path, name: str
) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    model = gate.list()
    sums = sums_of(gate.folder)
    (gate.folder / name).write_text("{}", encoding="utf-8")
    verify(gate, model, sums)

    assert f"(“{name}”)" in refused(gate, NotVerifiedError)


def test_what_is_known_of_another_folder_of_this_id_confirms_nothing(
    gate: Gate, tmp_path: Path
) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    model = gate.list()
    verify(gate, model, sums_of(gate.folder))
    gate.check()
    kept = gate.manifests.kept(model.id)
    assert kept is not None
    assert kept.verification is not None
    other = replace(kept.manifest, folder=tmp_path / "another")
    gate.manifests.write(other)
    gate.manifests.keep(Verified(kept.verification, other))

    refused(gate, NotVerifiedError)


@pytest.mark.parametrize("rule", ["", "models: [{folder}]\n", "folders: [{folder}]\n"])
def test_a_listed_model_that_is_gone_is_said_to_be_away_whatever_the_policy_asks(
    gate: Gate, tmp_path: Path, rule: str
) -> None:
    write_policy(tmp_path, rule.format(folder=gate.folder))
    gate.list()
    shutil.rmtree(gate.folder)

    with pytest.raises(ModelAwayError, match=r"is not there any more"):
        gate.check()


def test_the_guide_is_a_part_of_the_app_and_needs_no_list(gate: Gate, tmp_path: Path) -> None:
    write_policy(tmp_path, "require_verification: true\n")
    gate.folder = resource("guide_model")

    gate.check()


# --- the engine behind it ----------------------------------------------------------------


class Noting:
    """An engine that notes what it is asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.ended: list[str] = []

    def run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        self.requests.append(request)
        return iter(())

    def kill(self) -> None:
        self.ended.append("killed")

    def close(self) -> None:
        self.ended.append("closed")


def test_an_engine_hears_of_nothing_that_is_not_admitted(gate: Gate, tmp_path: Path) -> None:
    inner, cancel = Noting(), threading.Event()
    engine = AdmittedEngine(inner, gate.admission)
    load = LoadRequest(str(gate.folder))
    opening: list[Request] = [
        load,
        BenchmarkRequest(load),
        QualityRequest(load, ("text",), "text", 9, "reference", is_reference=True),
        CopyRequest(str(gate.folder), "out"),
        ExportRequest(str(gate.folder), "out", Precision.ONNX_INT4),
    ]
    others: list[Request] = [UnloadRequest(), ProductsRequest()]
    write_policy(tmp_path, "models: []\n")

    for request in opening:
        with pytest.raises(PolicyError):
            list(engine.run(request, cancel))
    for request in others:
        list(engine.run(request, cancel))
    assert inner.requests == others

    write_policy(tmp_path, f"models: [{gate.folder}]\n")
    for request in opening:
        list(engine.run(request, cancel))
    assert inner.requests == [*others, *opening]

    engine.kill()
    engine.close()
    assert inner.ended == ["killed", "closed"]


def test_an_export_that_is_not_admitted_is_left_out_unless_it_is_asked_for(
    gate: Gate, tmp_path: Path
) -> None:
    export = tmp_path / "models" / "export"
    shutil.copytree(gate.folder, export)
    (export / "LICENSE").write_text("Do no harm.", encoding="utf-8")
    inner, cancel = Noting(), threading.Event()
    engine = AdmittedEngine(inner, gate.admission)
    load = LoadRequest(str(gate.folder), exports=(str(export),))

    list(engine.run(load, cancel))
    list(engine.run(replace(load, precision=Precision.BF16), cancel))
    with pytest.raises(LicenceNotAcceptedError):
        list(engine.run(replace(load, precision=Precision.ONNX_INT4), cancel))

    assert [request.exports for request in inner.requests if isinstance(request, LoadRequest)] == [
        (),
        (),
    ]

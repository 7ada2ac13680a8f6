"""`models list`, `show`, `add` and `du`: what is listed, what became of it, what it takes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.folders.disk_use import disk_use
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.rows import patiently
from baichuan_desktop.services.library.rows.patiently import look_at_all
from baichuan_desktop.services.library.states import Condition, ModelState
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from tests.helpers import goldens
from tests.helpers.installed import installed
from tests.helpers.many_models import looks

SITE = """\
schema_version: 1
installed:
- {{id: office, path: {path}, family: baichuan2-7b, kind: chat, context_length: 256}}
- {{id: away, path: /mnt/nowhere/m, drive: /mnt/nowhere, variant: baichuan2-7b-chat,
   family: baichuan2-7b, kind: chat, context_length: 4096}}
"""


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A read-only folder of the site, which its registry lists; and one on a drive that is away."""
    folder = tmp_path / "shared" / "model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    for one in (*folder.iterdir(), folder):
        one.chmod(one.stat().st_mode & ~0o222)
    site = app_paths().site_registry
    site.parent.mkdir(parents=True)
    site.write_text(SITE.format(path=folder), encoding="utf-8")
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert main(["models", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_models_of_the_site_are_listed_as_the_sites(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {row["id"]: row for row in told(capsys, "list")}

    assert {row["layer"] for row in rows.values()} == {"shipped", "site"}
    assert rows[GUIDE_ID]["layer"] == "shipped"
    assert rows["office"]["path"] == str(shared)
    store = ModelStore(app_paths())
    assert store.model("office").layer is RegistryLayer.SITE
    assert store.add(shared).id == "office"  # it is listed already


@pytest.mark.parametrize("verb", [["rename", "office", "Mine"], ["rename", "away", "Mine"]])
def test_what_the_site_lists_is_not_changed_here(
    verb: list[str], shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *verb]) == 1

    assert f"“{verb[1]}” is listed by the registry of this machine" in capsys.readouterr().err
    assert not app_paths().user_registry.exists()


def test_a_plain_list_looks_at_no_model(
    shared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with looks(monkeypatch, shared, Path("/mnt/nowhere")) as seen:
        assert main(["models", "list"]) == 0

    assert "away" in capsys.readouterr().out
    assert seen == []


def test_states_and_sizes_are_listed_where_they_are_asked_for(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rows,) = [{row["id"]: row for row in told(capsys, "list", "--state")}]
    assert main(["models", "list", "--state"]) == 0
    out = capsys.readouterr().out

    assert (rows["office"]["state"], rows["away"]["state"]) == ("present", "drive-absent")
    assert rows["office"]["bytes_on_disk"] == sum(one.stat().st_size for one in shared.iterdir())
    assert rows["away"]["bytes_on_disk"] is None
    sentence = "“/mnt/nowhere/m” lies on the drive “/mnt/nowhere”, which is not here now."
    assert rows["away"]["state_sentence"] == sentence
    assert f"away: {sentence}" in out
    assert "drive-absent" in out


def test_a_drive_that_does_not_answer_is_given_up_and_costs_its_own_models(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import threading
    from dataclasses import replace

    forever = threading.Event()

    def look_at(model: Any, _manifest: object, _verification: object) -> ModelState:
        if model.id == "slow":
            forever.wait()
        return ModelState(Condition.PRESENT)

    monkeypatch.setattr(patiently, "look_at", look_at)
    slow = replace(installed(Path("/net/a")), id="slow", drive=Path("/net"))
    behind = replace(slow, id="behind", path=Path("/net/b"))
    quick = replace(slow, id="quick", path=Path("/x"), drive=Path("/"))

    found = look_at_all([slow, behind, quick], ManifestStore(tmp_path), patience=0.2)

    forever.set()
    assert {model_id: state.condition.value for model_id, state in found.items()} == {
        "slow": "drive-absent", "behind": "drive-absent", "quick": "present",
    }  # fmt: skip
    assert str(found["behind"].sentence) == "The drive “/net” does not answer."


def test_all_that_is_known_of_a_model_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    told(capsys, "add", str(folder))
    LastUsed(app_paths().last_used).note("mine")
    os.utime(folder / "config.json", (1, 1))

    facts = told(capsys, "show", "mine")

    assert (facts["layer"], facts["copied"], facts["state"]) == ("user", False, "changed")
    assert "“config.json”" in facts["state_sentence"]
    assert folder.is_relative_to(facts["drive"])
    assert facts["added"] <= facts["last_used"]
    assert facts["outdated_exports"] == facts["exports"] == facts["copies"] == []


def test_a_model_that_is_away_is_shown_with_what_is_known(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = told(capsys, "show", "baichuan-inc/Baichuan2-7B-Chat")

    assert (facts["id"], facts["state"], facts["layer"]) == ("away", "drive-absent", "site")
    assert facts["variant"]["id"] == "baichuan2-7b-chat"
    assert facts["sampling"] is None


def test_a_released_model_is_shown_by_its_published_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told(capsys, "show", "hf:baichuan-inc/baichuan2-7b-chat")["id"] == "baichuan2-7b-chat"


def test_loading_a_model_that_is_away_says_so(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["complete", "away", "--prompt", "x"]) == 1

    said = capsys.readouterr().err
    assert "lies on the drive “/mnt/nowhere”, which is not here now" in said
    assert "Connect the drive" in said


def test_the_folder_above_the_model_lists_it_with_what_it_was_published_as(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hub" / "models--baichuan-inc--Baichuan2-7B-Chat" / "snapshots" / ("a" * 40)
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)

    row = told(capsys, "add", str(folder.parents[1]))

    assert row["path"] == str(folder)
    assert row["repository"] == f"baichuan-inc/Baichuan2-7B-Chat@{'a' * 40}"
    assert told(capsys, "show", "baichuan-inc/Baichuan2-7B-Chat")["id"] == row["id"]


def test_sizes_count_each_file_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), one)
    two.mkdir()
    for file in one.iterdir():  # the same files under other names
        os.link(file, two / file.name)
    (two / "config.json").unlink()
    shutil.copyfile(one / "config.json", two / "config.json")
    for folder in (one, two):
        told(capsys, "add", str(folder))
    size = sum(file.stat().st_size for file in one.iterdir())
    own = (one / "config.json").stat().st_size

    use = told(capsys, "du", "one", "two")

    rows = {row["id"]: row for row in use["models"]}
    assert [rows[name]["bytes"] for name in ("one", "two")] == [size, size]
    assert [rows[name]["shared_bytes"] for name in ("one", "two")] == [size - own] * 2
    (drive,) = use["drives"]
    assert drive["bytes"] == size + own
    assert tmp_path.is_relative_to(drive["drive"])
    assert drive["free_bytes"] <= drive["total_bytes"]


def test_links_within_a_model_are_counted_once(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a").write_bytes(b"x" * 1000)
    (folder / "b").symlink_to("a")
    os.link(folder / "a", folder / "c")
    (folder / "d").symlink_to("/etc/hostname")  # out of the model: nothing of it
    (folder / "e").symlink_to("nothing")

    use = disk_use([installed(folder)])

    assert [one.bytes_on_disk for one in use.models] == [1000]
    assert [one.model_bytes for one in use.drives] == [1000]


def test_what_is_away_has_no_size(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use = told(capsys, "du", "office", "away", code=1)

    assert [row["bytes"] is None for row in use["models"]] == [False, True]
    assert main(["models", "du"]) == 1
    assert "?" in capsys.readouterr().out

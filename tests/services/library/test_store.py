"""What is listed, how a folder is recognised, and that nothing of it is ever changed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from backends.checkpoint.folder import Checkpoint, open_exports
from backends.errors import (
    CheckpointError,
    InvalidRequestError,
    JobError,
    NotACheckpointError,
    PortableExportError,
    UserFacingError,
)
from backends.files import hashing
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    NotInstalledError,
    UnknownModelError,
)
from baichuan_desktop.services.library.registry_schema import Names, RegistryError
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from tests.helpers import exports, goldens
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.tokenizer_models import change, filled_up


@pytest.fixture
def paths(app_home: Path) -> AppPaths:
    found = app_paths()
    assert found.config.is_relative_to(app_home)
    return found


@pytest.fixture
def store(paths: AppPaths) -> ModelStore:
    return ModelStore(paths)


def copy_of(tmp_path: Path, folder: str, name: str = "b2-7b", layout: str = "safetensors") -> Path:
    target = tmp_path / folder
    shutil.copytree(goldens.folder(name, layout), target)
    return target


def test_of_many_listed_models_each_folder_is_looked_up_once(
    paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = (
        f"- {{id: m{n}, path: /m/{n}, family: baichuan-7b, kind: chat, context_length: 9}}\n"
        for n in range(50)
    )
    paths.config.mkdir(parents=True)
    paths.user_registry.write_text("schema_version: 1\ninstalled:\n" + "".join(entries))
    store = ModelStore(paths)
    looked_up: list[Path] = []
    resolve = Path.resolve

    def counted(path: Path, strict: bool = False) -> Path:
        looked_up.append(path)
        return resolve(path, strict)

    monkeypatch.setattr(Path, "resolve", counted)

    with pytest.raises(NotACheckpointError):
        store.model(str(paths.data / "another"))

    assert len(looked_up) == len(store.models) + 1
    looked_up.clear()
    with pytest.raises(UnknownModelError):
        store.model("another")
    assert store.model("m7").id == "m7"
    assert not looked_up


def test_a_fresh_machine_has_the_guide_and_nothing_is_written(
    store: ModelStore, app_home: Path
) -> None:
    assert [model.id for model in store.models] == [GUIDE_ID]
    assert store.model(GUIDE_ID).bundled
    assert not app_home.exists()


def test_every_released_variant_is_known(store: ModelStore) -> None:
    ids = {variant.id for variant in store.variants}

    assert {
        "baichuan-7b", "baichuan-13b-base", "baichuan-13b-chat", "baichuan2-7b-base",
        "baichuan2-7b-chat", "baichuan2-13b-base", "baichuan2-13b-chat", "baichuan2-13b-chat-v2",
    } <= ids  # fmt: skip
    assert store.variant("baichuan2-7b-chat").family == "baichuan2-7b"


@pytest.mark.parametrize(
    ("name", "family", "kind"),
    [
        ("b1-7b", "baichuan-7b", "base"),
        ("b1-13b", "baichuan-13b", "chat"),
        ("b2-7b", "baichuan2-7b", "chat"),
        ("b2-13b-h5", "baichuan2-13b", "chat"),
    ],
)
def test_a_folder_is_recognised_by_what_is_in_it(
    store: ModelStore, tmp_path: Path, name: str, family: str, kind: str
) -> None:
    folder = copy_of(tmp_path, "Llama-3 (really)", name, "single")

    model = store.describe(folder)

    assert (model.family, model.kind, model.context_length) == (family, kind, 256)
    assert (model.variant, model.bundled) == (None, False)
    assert model.id == "llama-3-really"
    assert model.name.en == model.name.zh == "Llama-3 (really)"


def test_adding_links_the_folder_in_place_and_survives_a_restart(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    folder = copy_of(tmp_path, "百川 模型")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}

    added = store.add(folder)

    assert [model.id for model in store.models] == [GUIDE_ID, added.id]
    assert ModelStore(paths).model(added.id) == added
    assert added.path == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert added.id == "baichuan2-7b"  # no letter of the folder's name can be in an id


def test_a_folder_is_listed_by_its_path_without_steps_up_and_with_its_links(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    copy_of(tmp_path / "elsewhere", "model")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")

    added = store.add(Path("..") / "link" / "model")

    assert added.path == tmp_path / "link" / "model"


def test_an_entry_with_steps_up_that_an_earlier_version_wrote_is_the_same_model(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    added = store.add(copy_of(tmp_path, "model"))
    (tmp_path / "app").mkdir()
    old = str(tmp_path / "app" / ".." / "model")
    text = paths.user_registry.read_text(encoding="utf-8")
    assert str(added.path) in text
    paths.user_registry.write_text(text.replace(str(added.path), old), encoding="utf-8")

    again = ModelStore(paths)

    assert not again.problems
    assert again.model(added.id).path == Path(old)
    assert again.model(str(added.path)).id == added.id
    assert again.add(added.path).id == added.id
    assert len(again.models) == 2


def test_a_folder_that_is_listed_already_is_not_listed_twice(
    store: ModelStore, tmp_path: Path
) -> None:
    folder = copy_of(tmp_path, "model")
    added = store.add(folder)

    assert store.add(folder) == added
    assert store.add(folder / ".." / "model") == added
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert store.add(link) == added
    assert len(store.models) == 2


def test_folders_of_one_name_have_ids_of_their_own(store: ModelStore, tmp_path: Path) -> None:
    ids = [store.add(copy_of(tmp_path, f"{n}/Model")).id for n in range(3)]

    assert ids == ["model", "model-2", "model-3"]


def test_removing_forgets_the_entry_and_keeps_the_files(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    folder = copy_of(tmp_path, "model")
    files = sorted(path.name for path in folder.iterdir())
    added = store.add(folder)

    assert store.remove(added.id) == added

    assert [model.id for model in ModelStore(paths).models] == [GUIDE_ID]
    assert sorted(path.name for path in folder.iterdir()) == files
    with pytest.raises(UnknownModelError):
        store.remove(added.id)


def test_the_guide_cannot_be_removed(store: ModelStore) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        store.remove(GUIDE_ID)

    assert_one_sentence(caught.value)


def test_a_model_is_found_by_its_id_its_folder_and_any_folder(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = store.add(copy_of(tmp_path, "added"))
    other = copy_of(tmp_path, "other")
    monkeypatch.chdir(tmp_path)

    assert store.model("added") == added
    assert store.model(str(added.path)) == added
    assert store.model("./added/") == added
    assert store.model(str(other)).path == other
    assert len(store.models) == 2  # looking at a folder does not add it


@pytest.mark.parametrize(
    "name",
    ["", "baichuan2", "/no/folder", "x" * 5000, "a\0b", "~nobody-of-this-name", "\ud800"],
    ids=ascii,
)
def test_a_name_of_nothing_is_one_sentence(store: ModelStore, name: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        store.model(name)

    assert all(char.isprintable() for char in caught.value.message)


def test_the_closest_id_is_proposed(store: ModelStore, tmp_path: Path) -> None:
    store.add(copy_of(tmp_path, "my-model"))

    with pytest.raises(UnknownModelError, match="my-model"):
        store.model("my-modle")


def test_a_released_model_that_is_not_here_is_not_called_unknown(store: ModelStore) -> None:
    with pytest.raises(NotInstalledError, match="is a released model that is not on") as caught:
        store.model("baichuan2-7b-chat")

    assert_one_sentence(caught.value)
    assert "models add FOLDER" in str(caught.value.hint)


def test_a_folder_that_cannot_be_used_is_not_added(
    store: ModelStore, app_home: Path, tmp_path: Path
) -> None:
    folder = copy_of(tmp_path, "model")
    (folder / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(CheckpointError) as caught:
        store.add(folder)

    assert_one_sentence(caught.value)
    assert not app_home.exists()


def test_a_listed_folder_that_went_away_stays_listed_and_says_so(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    """A drive that is not plugged in today is there tomorrow."""
    folder = copy_of(tmp_path, "model")
    added = store.add(folder)
    folder.rename(tmp_path / "unplugged")

    assert ModelStore(paths).model(added.id).path == folder
    with pytest.raises(NotACheckpointError):
        store.add(folder)


def test_a_broken_registry_of_the_person_is_named_and_kept(paths: AppPaths, tmp_path: Path) -> None:
    paths.user_registry.parent.mkdir(parents=True)
    paths.user_registry.write_text("installed: [")

    store = ModelStore(paths)

    assert [model.id for model in store.models] == [GUIDE_ID]
    (problem,) = store.problems
    assert_one_sentence(problem)
    assert str(paths.user_registry) in problem.message
    with pytest.raises(RegistryError) as caught:
        store.add(copy_of(tmp_path, "model"))
    assert caught.value.message == problem.message
    with pytest.raises(RegistryError):
        store.require_writable()
    assert paths.user_registry.read_text() == "installed: ["


def test_a_broken_registry_of_the_site_costs_only_itself(paths: AppPaths, tmp_path: Path) -> None:
    paths.site_registry.parent.mkdir(parents=True)
    paths.site_registry.write_text("nonsense")
    store = ModelStore(paths)

    store.require_writable()
    added = store.add(copy_of(tmp_path, "model"))

    assert [model.id for model in ModelStore(paths).models] == [GUIDE_ID, added.id]
    assert str(paths.site_registry) in store.problems[0].message


def test_a_released_model_gets_its_released_name(store: ModelStore, tmp_path: Path) -> None:
    """Shapes decide. Of a 7B model only the headers are looked at, so a file of holes will do."""
    folder = copy_of(tmp_path, "whatever it is called")
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_size": 4096, "num_attention_heads": 32, "num_hidden_layers": 32}
    config |= {"intermediate_size": 11_008, "vocab_size": 125_696, "model_max_length": 4096}
    (folder / "config.json").write_text(json.dumps(config))
    change(folder / "tokenizer.model", lambda model: filled_up(model, 125_696))
    write_holes(folder)

    model = store.describe(folder)

    assert (model.id, model.variant) == ("baichuan2-7b-chat", "baichuan2-7b-chat")
    assert model.name.en == store.variant("baichuan2-7b-chat").name.en
    (folder / "generation_config.json").unlink()
    assert store.describe(folder).variant == "baichuan2-7b-base"


def write_holes(folder: Path) -> None:
    """A model.safetensors of 15 GB that takes no place on the disk."""
    import struct
    from math import prod

    from backends.model_config import ModelConfig

    shapes = ModelConfig.from_json(json.loads((folder / "config.json").read_text())).tensor_shapes()
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    raw = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write(struct.pack("<Q", len(raw)) + raw)
        stream.truncate(8 + len(raw) + end)


# --- exports -----------------------------------------------------------------------------


def export_of(tmp_path: Path, folder: str = "export") -> Path:
    target = tmp_path / folder
    shutil.copytree(exports.of_golden("b2-7b").folder, target)
    return target


def exported(model: InstalledModel, tmp_path: Path) -> Path:
    """An export of the very weights of a model."""
    source = Checkpoint.open(model.path)
    return exports.write(source, exports.FP32, tmp_path / "export").folder


def exports_now(model: InstalledModel) -> tuple[list[Path], list[Path]]:
    """The exports of a model that run in its place, and those that are of earlier weights."""
    stamps = {str(folder): stamp for folder, stamp in model.export_stamps.items()}
    found = open_exports(Checkpoint.open(model.path), model.exports, stamps)
    return [one.folder for one in found.usable.values()], list(found.outdated)


def ignored(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def test_an_export_is_a_precision_of_its_model(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    model = store.add(copy_of(tmp_path, "chat"))

    export = store.add_export(model, export_of(tmp_path))

    for current in (store, ModelStore(paths)):  # now, and after a restart
        assert [one.id for one in current.models] == [GUIDE_ID, "chat"]
        assert current.model("chat").exports == (export.path,)
        assert current.model("export").export_of == "chat"
        assert current.model(str(export.path)).id == "export"


def test_an_export_of_the_guide_belongs_to_the_guide(store: ModelStore, tmp_path: Path) -> None:
    export = store.add_export(store.model(GUIDE_ID), export_of(tmp_path))

    assert store.model(GUIDE_ID).exports == (export.path,)
    assert [one.id for one in store.models] == [GUIDE_ID]


def test_an_export_stands_for_itself_once_its_model_is_not_listed(
    store: ModelStore, tmp_path: Path
) -> None:
    model = store.add(copy_of(tmp_path, "chat"))
    store.add_export(model, export_of(tmp_path))

    store.remove("chat")

    assert [one.id for one in store.models] == [GUIDE_ID, "export"]


def test_an_export_that_is_removed_is_no_precision_any_more(
    store: ModelStore, tmp_path: Path
) -> None:
    model = store.add(copy_of(tmp_path, "chat"))
    export = store.add_export(model, export_of(tmp_path))

    store.remove("export")

    assert store.model("chat").exports == ()
    assert export.path.is_dir()


def test_an_export_of_a_folder_that_is_not_listed_is_a_model(
    store: ModelStore, tmp_path: Path
) -> None:
    source = store.describe(copy_of(tmp_path, "chat"))

    export = store.add_export(source, export_of(tmp_path))

    assert export.export_of is None
    assert [one.id for one in store.models] == [GUIDE_ID, "export"]


def test_exports_of_weights_that_changed_since_run_in_place_of_nothing(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    """Else the model would answer with weights that are not in its folder any more."""
    model = store.add(copy_of(tmp_path, "chat"))
    export = store.add_export(model, exported(model, tmp_path))
    (model.path / "notes.txt").write_text("not a weight")
    assert exports_now(ModelStore(paths).model("chat")) == ([export.path], [])

    (weights,) = model.path.glob("*.safetensors")
    os.utime(weights, (1, 1))  # as a file that was put in its place

    assert exports_now(ModelStore(paths).model("chat")) == ([], [export.path])
    assert [one.id for one in ModelStore(paths).models] == [GUIDE_ID, "chat"]
    store.join_export("chat", export.path, ignored)  # which reads the weights: they are the same
    assert exports_now(ModelStore(paths).model("chat")) == ([export.path], [])


def test_a_link_that_leads_nowhere_does_not_hide_that_weights_changed(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    """As in a folder where a part of a download was cleared away: nothing of it is read."""
    model = store.add(copy_of(tmp_path, "chat"))
    (model.path / "other.bin").symlink_to(tmp_path / "gone")
    export = store.add_export(model, exported(model, tmp_path))
    assert exports_now(ModelStore(paths).model("chat")) == ([export.path], [])
    os.utime(model.path / "model.safetensors", ns=(0, 0))

    assert exports_now(ModelStore(paths).model("chat")) == ([], [export.path])


def test_weights_on_a_drive_that_is_not_there_did_not_change(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    """A person told to delete the export would have lost it when the drive is back."""
    folder = copy_of(tmp_path, "chat")
    (tmp_path / "drive").mkdir()
    (folder / "model.safetensors").rename(tmp_path / "drive" / "w")
    (folder / "model.safetensors").symlink_to(tmp_path / "drive" / "w")
    model = store.add(folder)
    export = store.add_export(model, exported(model, tmp_path))
    checkpoint = Checkpoint.open(model.path)

    (tmp_path / "drive").rename(tmp_path / "away")

    found = ModelStore(paths).model("chat")
    stamps = {str(folder): stamp for folder, stamp in found.export_stamps.items()}
    assert found.exports == (export.path,)
    assert open_exports(checkpoint, found.exports, stamps).outdated == []


def test_weights_that_cannot_be_read_are_named_where_they_are_compared(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = store.add(copy_of(tmp_path, "chat"))
    folder = exported(model, tmp_path)

    def failing(_self: object) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(hashing.Sha256, "__iter__", failing)
    with pytest.raises(JobError) as caught:
        store.join_export("chat", folder, ignored)

    assert_one_sentence(caught.value)
    assert caught.value.message == "“model.safetensors” cannot be read: Input/output error."


def test_an_export_joins_the_model_that_it_is_said_to_be_of(
    store: ModelStore, tmp_path: Path
) -> None:
    model = store.describe(copy_of(tmp_path, "chat"))
    folder = exported(model, tmp_path)
    store.add(folder)  # listed by itself until its model came
    store.add(model.path)

    seen: list[tuple[int, int]] = []
    export = store.join_export("chat", folder, lambda done, total: seen.append((done, total)))

    assert export.export_of == "chat"
    assert [one.id for one in store.models] == [GUIDE_ID, "chat"]
    assert store.model("chat").exports == (folder,)
    assert seen[-1][0] == seen[-1][1] > 0


def test_an_export_of_other_weights_of_the_same_shapes_does_not_join(
    store: ModelStore, tmp_path: Path
) -> None:
    """As Base and Chat of one size are, or a model and what was trained from it."""
    model = store.add(copy_of(tmp_path, "chat"))
    folder = exported(model, tmp_path)
    (weights,) = model.path.glob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)

    with pytest.raises(InvalidRequestError, match="is not an export of the weights of chat"):
        store.join_export("chat", folder, ignored)

    assert store.model("chat").exports == ()


def test_an_export_does_not_join_an_export(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(export_of(tmp_path))

    for folder in (model.path, export_of(tmp_path, "second")):
        with pytest.raises(InvalidRequestError):
            store.join_export(model.id, folder, ignored)


def test_a_model_that_is_out_of_sight_says_nothing_of_its_exports(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    model = store.add(copy_of(tmp_path, "chat"))
    export = store.add_export(model, export_of(tmp_path))
    checkpoint = Checkpoint.open(model.path)

    model.path.rename(tmp_path / "elsewhere")

    found = ModelStore(paths).model("chat")
    assert found.exports == (export.path,)
    stamps = {str(folder): stamp for folder, stamp in found.export_stamps.items()}
    assert stamps
    assert open_exports(checkpoint, found.exports, stamps).outdated == []


@pytest.mark.parametrize("made_from", ["b2-13b", None])
def test_what_is_no_export_of_a_model_does_not_join_it(
    made_from: str | None, store: ModelStore, tmp_path: Path
) -> None:
    store.add(copy_of(tmp_path, "chat"))
    if made_from is None:
        folder = copy_of(tmp_path, "other")
    else:
        folder = exports.of_golden(made_from).folder

    with pytest.raises(InvalidRequestError, match="is not an export of the weights") as caught:
        store.join_export("chat", folder, ignored)

    assert_one_sentence(caught.value)
    assert [one.id for one in store.models] == [GUIDE_ID, "chat"]
    with pytest.raises(UnknownModelError):
        store.join_export("no-such-model", folder, ignored)


@pytest.mark.parametrize("name", ["/no/such/folder", "./gone", "~/gone/too"])
def test_a_path_is_not_answered_as_if_it_were_an_id(store: ModelStore, name: str) -> None:
    with pytest.raises(NotACheckpointError, match="there is no such folder"):
        store.model(name)


def test_nothing_is_not_the_folder_that_one_is_in(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy_of(tmp_path, "chat"))

    with pytest.raises(UnknownModelError):
        store.model("")


def test_a_portable_export_is_no_model(store: ModelStore) -> None:
    with pytest.raises(PortableExportError):
        store.add(exports.of_golden("b2-7b", exports.PORTABLE).folder)


def test_an_export_from_another_machine_is_added_like_any_model(
    store: ModelStore, tmp_path: Path
) -> None:
    model = store.add(export_of(tmp_path))

    assert (model.id, model.family, model.kind) == ("export", "baichuan2-7b", "chat")
    assert store.add(model.path) == model


def test_an_export_is_none_of_another_model_that_gets_the_same_id(
    store: ModelStore, tmp_path: Path
) -> None:
    store.add_export(store.add(copy_of(tmp_path, "chat")), export_of(tmp_path))
    store.remove("chat")

    again = store.add(copy_of(tmp_path / "other", "chat"))

    assert again.id == "chat"
    assert store.model("chat").exports == ()


def test_a_folder_that_was_exported_to_again_belongs_to_its_last_source(
    store: ModelStore, tmp_path: Path
) -> None:
    first, second = (store.add(copy_of(tmp_path, name)) for name in ("first", "second"))
    folder = export_of(tmp_path)
    store.add_export(first, folder)

    store.add_export(second, folder)

    assert store.model("first").exports == ()
    assert store.model("second").exports == (folder,)


def test_what_a_terminal_added_meanwhile_stays(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    ModelStore(paths).add(copy_of(tmp_path / "one", "chat"))

    store.add(copy_of(tmp_path / "two", "chat"))

    assert [model.id for model in store.models] == [GUIDE_ID, "chat", "chat-2"]


ADD = """
import sys
from dataclasses import replace
from pathlib import Path
from baichuan_desktop.services import atomic_file
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore
atomic_file._WAIT_SECONDS = 600  # the other one may let this one starve
store = ModelStore(app_paths())
print("ready", flush=True)
sys.stdin.readline()
for folder in sys.argv[1:]:
    store.add(Path(folder))
"""


def test_of_two_terminals_that_add_models_at_once_none_loses_what_the_other_added(
    paths: AppPaths, tmp_path: Path
) -> None:
    """All folders have one name, so that each takes the id that is free at this moment."""
    folders = [copy_of(tmp_path / str(number), "chat") for number in range(8)]
    terminals = [
        subprocess.Popen(
            [sys.executable, "-c", ADD, *map(str, folders[first::2])],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in range(2)
    ]
    for terminal in terminals:
        assert terminal.stdout is not None
        assert terminal.stdout.readline() == "ready\n"
    for terminal in terminals:
        assert terminal.stdin is not None
        terminal.stdin.write("\n")
        terminal.stdin.flush()
    for terminal in terminals:
        terminal.communicate()
        assert terminal.returncode == 0

    listed = ModelStore(paths).models
    assert {model.path for model in listed[1:]} == set(folders)
    assert {model.id for model in listed} == {
        GUIDE_ID, "chat", *(f"chat-{number}" for number in range(2, 9))
    }  # fmt: skip
    assert [file.name for file in paths.config.iterdir()] == ["models_registry.yaml"]


def two_chats(store: ModelStore, tmp_path: Path) -> tuple[InstalledModel, InstalledModel]:
    return store.add(copy_of(tmp_path, "a/talk")), store.add(copy_of(tmp_path, "b/talk"))


def test_models_of_one_folder_name_are_told_apart_wherever_they_come_from(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    first, second = two_chats(store, tmp_path)

    assert second.shown_name.en == "talk (b)"
    assert [one.shown_name.en for one in store.models[1:]] == ["talk (a)", "talk (b)"]
    assert store.model(first.id).shown_name.zh == "talk（a）"
    assert store.add(first.path).shown_name.en == "talk (a)"
    assert store.describe(copy_of(tmp_path, "c/talk")).shown_name.en == "talk (c)"
    assert "(" not in paths.user_registry.read_text(encoding="utf-8")


def test_a_model_is_renamed_and_nothing_else_of_its_entry(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    first, second = two_chats(store, tmp_path)

    renamed = store.rename(first.id, "  我的 模型 ")

    assert renamed == replace(first, name=Names(en="我的 模型", zh="我的 模型"))
    again = ModelStore(paths)
    assert [one.shown_name.en for one in again.models[1:]] == ["我的 模型", "talk"]
    assert again.model(second.id).apart == ""


@pytest.mark.parametrize(
    "name", ["", " \n ", "a\u202eb", "a\x1b[31mb", "x" * 301, "a\x00", "\ud800"]
)
def test_what_is_no_name_is_refused_and_the_old_one_stays(
    store: ModelStore, tmp_path: Path, name: str
) -> None:
    model = store.add(copy_of(tmp_path, "talk"))

    with pytest.raises(InvalidRequestError) as caught:
        store.rename(model.id, name)

    assert_one_sentence(caught.value)
    assert store.model(model.id).name.en == "talk"


def test_the_guide_and_what_an_administrator_lists_keep_their_names(
    paths: AppPaths, tmp_path: Path
) -> None:
    site = paths.site_registry
    site.parent.mkdir(parents=True)
    entry = f"{{id: ours, path: {tmp_path}, family: baichuan-7b, kind: chat, context_length: 9}}"
    site.write_text(f"schema_version: 1\ninstalled:\n- {entry}\n", encoding="utf-8")
    store = ModelStore(paths)

    with pytest.raises(InvalidRequestError, match="part of the app"):
        store.rename(GUIDE_ID, "x")
    with pytest.raises(RegistryError, match="listed by the registry of this machine"):
        store.rename("ours", "x")
    with pytest.raises(RegistryError, match="listed by the registry of this machine"):
        store.remove("ours")
    with pytest.raises(UnknownModelError):
        store.rename("nothing", "x")


def test_what_a_terminal_adds_and_removes_is_seen_when_the_layers_are_read_again(
    store: ModelStore, paths: AppPaths, tmp_path: Path
) -> None:
    terminal = ModelStore(paths)
    added = terminal.add(copy_of(tmp_path, "talk"))
    assert [one.id for one in store.models] == [GUIDE_ID]

    assert store.reload() == ()
    assert [one.id for one in store.models] == [GUIDE_ID, added.id]

    terminal.remove(added.id)
    store.reload()
    assert [one.id for one in store.models] == [GUIDE_ID]


@pytest.mark.parametrize("text", ["installed: [", "schema_version: 99\n", "\x00", "- a\n", "{{"])
def test_a_file_that_cannot_be_read_as_a_whole_keeps_what_was_known_and_says_why(
    store: ModelStore, paths: AppPaths, tmp_path: Path, text: str
) -> None:
    added = store.add(copy_of(tmp_path, "talk"))
    paths.user_registry.write_text(text, encoding="utf-8")

    (problem,) = store.reload()

    assert_one_sentence(problem)
    assert [one.id for one in store.models] == [GUIDE_ID, added.id]
    with pytest.raises(RegistryError):
        store.add(copy_of(tmp_path, "other"))
    assert [one.id for one in store.models] == [GUIDE_ID, added.id]

"""The one file: where it is, who may write it, and that what is wrong with it closes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import PolicyError, PolicyFileError
from backends.policy import site_policy as module
from backends.policy.decisions import require
from backends.policy.site_policy import Place, forbidden_here, is_there, off_here, site_policy
from backends.policy.values import Feature, Policy
from backends.precision import Precision
from tests.helpers.policies import place_in, write_policy
from tests.helpers.sentences import assert_one_sentence

posix = pytest.mark.skipif(sys.platform == "win32", reason="as POSIX tells who may write")


def test_without_a_file_everything_is_allowed() -> None:
    assert site_policy() == Policy()
    assert off_here(Feature.IMPORT) is None
    assert forbidden_here() == {}


def test_a_folder_without_the_file_is_no_policy(tmp_path: Path) -> None:
    place_in(tmp_path).file.parent.mkdir(parents=True)

    assert site_policy() == Policy()


def test_what_the_file_says_is_in_force(tmp_path: Path) -> None:
    file = write_policy(tmp_path, "import: false\ncontact: desk 7\n")

    assert site_policy() == Policy(file, contact="desk 7", imports=False)
    with pytest.raises(PolicyError, match=r"turned that off in its policy") as caught:
        require(site_policy(), Feature.IMPORT)
    assert str(file) in caught.value.message
    assert "desk 7" in str(caught.value.hint)
    assert_one_sentence(caught.value)


def test_a_change_is_in_force_at_once(tmp_path: Path) -> None:
    write_policy(tmp_path, "import: false\n")
    assert off_here(Feature.IMPORT) is not None

    write_policy(tmp_path, "import:  true\n")  # of the same size

    assert off_here(Feature.IMPORT) is None


def test_a_file_that_is_taken_away_is_no_longer_in_force(tmp_path: Path) -> None:
    file = write_policy(tmp_path, "import: false\n")
    assert not site_policy().imports

    file.unlink()

    assert site_policy() == Policy()


def test_no_variable_and_no_home_moves_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    before = module.fixed_place()
    for name in ("HOME", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "BAICHUAN_DESKTOP_HOME",
                 "PROGRAMDATA", "ALLUSERSPROFILE", "APPDATA"):  # fmt: skip
        monkeypatch.setenv(name, str(tmp_path))

    assert module.fixed_place() == before
    assert before.owner == 0
    if sys.platform == "linux":
        assert before.file == Path("/etc/xdg/baichuan-desktop/policy.yaml")


# --- it closes ---------------------------------------------------------------------------


def assert_closed(*words: str) -> PolicyFileError:
    """All that a policy can turn off is off, in one sentence that holds these words."""
    with pytest.raises(PolicyFileError) as caught:
        site_policy()
    error = caught.value
    assert_one_sentence(error)
    for word in words:
        assert word in error.message
    assert all(isinstance(off_here(feature), PolicyFileError) for feature in Feature)
    assert set(forbidden_here()) == set(Precision)
    return error


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("schema_version: 1\nimport: [\n", "line 3", ""),
        ("schema_version: 1\nimport: no\n", "import", "true or false"),
        ("schema_version: 1\nimports: false\n", "imports", "“import”"),
        ("schema_version: 1\nimport: false\nimport: true\n", "line 3", "twice"),
        ("schema_version: 2\n", "schema_version", "newer version"),
        ("schema_version: true\n", "schema_version", "must be 1"),
        ("schema_version: 1.0\n", "schema_version", "must be 1"),
        ("import: false\n", "schema_version", "missing"),
        ("", "line 1", "keys and values"),
        ("- 1\n", "line 1", "keys and values"),
        ("schema_version: 1\nprecisions: [bf16, 5bit]\n", "precisions.1", "“5bit”"),
        ("schema_version: 1\nprecisions: bf16\n", "precisions", "a list"),
        ("schema_version: 1\nprecisions:\n", "precisions", "null"),
        ("schema_version: 1\nfolders: [models]\n", "folders.0", "absolute"),
        ("schema_version: 1\nfolders: [/srv/../etc]\n", "folders.0", "absolute"),
        ("schema_version: 1\nmodels: [Baichuan 7B]\n", "models.0", "id"),
        ("schema_version: 1\nmodels: [7]\n", "models.0", "text"),
        ("schema_version: 1\nretention_days: 0\n", "retention_days", "from 1"),
        ("schema_version: 1\nretention_days: true\n", "retention_days", "whole number"),
        ("schema_version: 1\nlicence_text: ''\n", "licence_text", "empty"),
        ("schema_version: 1\nrequire_verification: 'true'\n", "require_verification", "true or"),
        ("schema_version: 1\ncontact: &a x\n", "line 2", "anchors"),
        ("schema_version: 1\n? [a]\n: b\n", "line 2", "word"),
    ],
)
def test_what_is_wrong_closes_and_is_named_by_its_place(
    text: str, place: str, what: str, tmp_path: Path
) -> None:
    file = write_policy(tmp_path, text, version=False)

    assert_closed(str(file), place, what)


def test_bytes_that_are_no_text_close(tmp_path: Path) -> None:
    write_policy(tmp_path, "").write_bytes(b"schema_version: 1\ncontact: \xff\n")

    assert_closed("line 2", "UTF-8")


def test_a_file_without_end_closes(tmp_path: Path) -> None:
    write_policy(tmp_path, "#" * 2**20)

    assert_closed("larger than 1,048,576 bytes")


def _directory(file: Path) -> None:
    file.mkdir()


def _link(file: Path) -> None:
    aside = file.with_name("aside.yaml")
    aside.write_text("schema_version: 1\n", encoding="utf-8")
    file.symlink_to(aside)


def _dangling(file: Path) -> None:
    file.symlink_to(file.with_name("nothing"))


def _fifo(file: Path) -> None:
    os.mkfifo(file)


@posix
@pytest.mark.parametrize("make", [_directory, _link, _dangling, _fifo])
def test_what_is_no_file_closes(make: Callable[[Path], None], tmp_path: Path) -> None:
    file = write_policy(tmp_path, "")
    file.unlink()
    make(file)

    assert_closed(str(file))


@posix
def test_a_folder_that_leads_nowhere_now_closes(tmp_path: Path) -> None:
    file = write_policy(tmp_path, "import: false\n")
    file.parent.rename(tmp_path / "unmounted")
    file.parent.symlink_to(tmp_path / "drive" / "not here")

    assert_closed("link")


@posix
def test_a_folder_that_is_a_link_to_one_without_a_policy_is_no_policy(tmp_path: Path) -> None:
    """As some systems have it all over /etc."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    place = place_in(tmp_path)
    place.file.parent.parent.mkdir()
    place.file.parent.symlink_to(other)

    assert site_policy() == Policy()

    (other / place.file.name).write_text("schema_version: 1\n", encoding="utf-8")
    assert_closed("link")


@posix
def test_a_file_in_place_of_the_folder_closes(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    place.file.parent.parent.mkdir()
    place.file.parent.write_text("", encoding="utf-8")

    assert_closed(str(place.file))


def test_a_file_that_cannot_be_opened_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, too, whom the system lets read everything."""

    def refuse(file: Path, _flags: int) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    write_policy(tmp_path, "")
    monkeypatch.setattr(module, "open_plain", refuse)

    assert_closed("cannot be read: Permission denied")


@posix
def test_a_folder_that_cannot_be_searched_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, too."""
    file, real = write_policy(tmp_path, ""), Path.lstat

    def lstat(path: Path) -> os.stat_result:
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "lstat", lstat)

    assert_closed("Permission denied")


def test_yaml_that_is_not_installed_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_policy(tmp_path, "")
    monkeypatch.setitem(sys.modules, "backends.files.strict_yaml", None)

    assert_closed("PyYAML")


# --- who may write it --------------------------------------------------------------------


@posix
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o622, 0o1666])
def test_a_file_that_others_may_write_closes(mode: int, tmp_path: Path) -> None:
    file = write_policy(tmp_path, "import: true\n")
    file.chmod(mode)

    assert_closed(f"“{file}” can be written by", "administrator's alone")


@posix
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o1777])
@pytest.mark.parametrize("which", [0, 1])
def test_a_folder_on_the_way_that_others_may_write_closes(
    mode: int, which: int, tmp_path: Path
) -> None:
    folder = write_policy(tmp_path, "import: true\n").parents[which]
    folder.chmod(mode)

    assert_closed(f"“{folder}” can be written by")


@posix
def test_a_file_of_another_account_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_policy(tmp_path, "import: true\n")
    place = place_in(tmp_path)
    monkeypatch.setattr(
        module, "fixed_place", lambda: Place(place.file, place.owner + 1, place.root)
    )

    assert_closed(f"uid {place.owner}")


@posix
def test_every_folder_up_to_the_root_is_looked_at(tmp_path: Path) -> None:
    """The folder of tests lies in one that all may write to, so this file is nobody's to trust."""
    file = write_policy(tmp_path, "import: true\n")
    place = Place(file, place_in(tmp_path).owner)

    assert place.folders[0] == Path(file.anchor)
    assert place.folders[-1] == file.parent
    assert is_there(place)


# --- the site's list beside it -----------------------------------------------------------


def _site_list(tmp_path: Path, folder: Path) -> Path:
    file = place_in(tmp_path).file.with_name(module.REGISTRY_NAME)
    file.write_text(f"installed:\n  - {{id: ours, path: {folder}}}\n", encoding="utf-8")
    file.chmod(0o644)
    return file


def test_a_change_of_the_sites_list_is_in_force_at_once(tmp_path: Path) -> None:
    write_policy(tmp_path, "models: [ours]\n")
    assert site_policy().entries == ()

    for name in ("one", "two"):
        _site_list(tmp_path, tmp_path / name)
        assert site_policy().entries == (("ours", tmp_path / name),)


def test_adapters_of_the_sites_list_are_read_where_a_rule_asks_for_them(tmp_path: Path) -> None:
    write_policy(tmp_path, "adapters: [letters]\n")
    file = _site_list(tmp_path, tmp_path / "one")
    text = file.read_text(encoding="utf-8")

    entry = f"adapters:\n  - {{id: letters, path: {tmp_path / 'letters'}, base: ours}}\n"
    file.write_text(text + entry, encoding="utf-8")

    assert site_policy().adapter_entries == (("letters", tmp_path / "letters"),)
    assert site_policy().entries == ()


def test_an_id_that_the_sites_list_has_twice_allows_neither_folder(tmp_path: Path) -> None:
    write_policy(tmp_path, "models: [ours]\n")
    file = _site_list(tmp_path, tmp_path / "one")
    text = file.read_text(encoding="utf-8")

    file.write_text(f"{text}  - {{id: ours, path: {tmp_path / 'two'}}}\n", encoding="utf-8")

    assert site_policy().entries == ()


@posix
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_list_that_others_may_write_allows_nothing(mode: int, tmp_path: Path) -> None:
    write_policy(tmp_path, "models: [ours]\n")
    file = _site_list(tmp_path, tmp_path / "one")
    assert site_policy().entries

    file.chmod(mode)

    assert site_policy().entries == ()


@posix
def test_a_list_that_is_a_link_allows_nothing(tmp_path: Path) -> None:
    write_policy(tmp_path, "models: [ours]\n")
    file = _site_list(tmp_path, tmp_path / "one")
    own = file.rename(tmp_path / "own.yaml")

    file.symlink_to(own)

    assert site_policy().entries == ()


@posix
def test_a_policy_that_is_a_link_is_called_one(tmp_path: Path) -> None:
    """A link's own bits let everybody write: that would be a wrong reason."""
    file = write_policy(tmp_path, "import: false\n")
    own = file.rename(tmp_path / "own.yaml")
    file.symlink_to(own)

    with pytest.raises(PolicyFileError, match=r"is a link"):
        site_policy()


@posix
def test_a_change_that_keeps_size_and_time_is_in_force_at_once(tmp_path: Path) -> None:
    file = write_policy(tmp_path, "import:  true\n")
    before = file.stat()
    assert site_policy().imports

    file.write_text(file.read_text(encoding="utf-8").replace(" true", "false"), encoding="utf-8")
    while True:  # until the clock of the file system has gone on
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        if file.stat().st_ctime_ns != before.st_ctime_ns:
            break

    assert (file.stat().st_ino, file.stat().st_size) == (before.st_ino, before.st_size)
    assert not site_policy().imports

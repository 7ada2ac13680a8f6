"""A file of the app is read or refused at once: nothing is waited for, no device touched."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.files import plain_file
from backends.files.plain_file import (
    NotPlainFileError,
    absolute_path,
    begin_anew,
    go_on,
    read_plain,
    require_plain,
)
from baichuan_desktop.services.atomic_file import replace_text


def put_fifo(file: Path) -> None:
    os.mkfifo(file)


def put_device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def put_terminal(file: Path) -> None:
    file.symlink_to("/dev/ptmx")


def put_link_to_a_fifo(file: Path) -> None:
    os.mkfifo(file.with_name("fifo"))
    file.symlink_to("fifo")


def put_socket(file: Path) -> None:
    before = Path.cwd()
    os.chdir(file.parent)  # the whole path is too long for a socket
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(file.name)
    finally:
        os.chdir(before)


odd = pytest.mark.parametrize(
    "put",
    [put_fifo, put_device, put_terminal, put_link_to_a_fifo, put_socket, Path.mkdir],
    ids=lambda put: put.__name__,
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs and devices")


@posix
@odd
def test_what_is_no_ordinary_file_is_refused_at_once(
    put: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "x.json"
    put(file)
    before = (file.lstat().st_ino, file.stat().st_mode)

    for use in (lambda: read_plain(file, 10), lambda: begin_anew(file),
                lambda: require_plain(file), lambda: replace_text(file, "text")):  # fmt: skip
        with pytest.raises(OSError, match="no ordinary file"):
            use()

    assert (file.lstat().st_ino, file.stat().st_mode) == before
    assert not list(tmp_path.glob(".x.json*"))


@posix
def test_a_file_that_becomes_a_fifo_between_looking_and_opening_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.json"
    os.mkfifo(file)
    monkeypatch.setattr(plain_file, "require_plain", lambda _: None)

    with pytest.raises(OSError, match="no ordinary file"):
        read_plain(file, 10)
    with pytest.raises(OSError, match="No such device or address"):  # nobody reads from it
        begin_anew(file)


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"0123456789")

    assert read_plain(file, 10) == b"0123456789"
    with pytest.raises(OSError, match="larger than 9 bytes") as caught:
        read_plain(file, 9)
    assert caught.value.errno == errno.EFBIG


@posix
def test_a_file_of_the_kernels_that_would_have_to_be_waited_for_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as /proc/kmsg, which not everybody may open: a pipe stands for it."""
    file = tmp_path / "x"
    file.write_bytes(b"text")
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    monkeypatch.setattr(plain_file, "open_plain", lambda _: os.fdopen(reader, "rb"))

    assert read_plain(file, 10) == b""
    os.close(writer)


def test_a_file_below_a_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")

    for file in (tmp_path / "none", tmp_path / "config" / "x", tmp_path / "no" / "folder" / "x"):
        with pytest.raises(FileNotFoundError):
            read_plain(file, 10)


@posix
def test_links_in_a_circle_are_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    for use in (lambda: read_plain(tmp_path / "a", 10), lambda: replace_text(tmp_path / "a", "x")):
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            use()


def test_a_file_that_is_begun_anew_is_empty_and_its_folder_is_made(tmp_path: Path) -> None:
    file = tmp_path / "log" / "x.log"
    for text in (b"a long line", b"two"):
        with begin_anew(file) as stream:
            stream.write(text)

    assert file.read_bytes() == b"two"


def test_a_file_is_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "new" / "log"

    for text in (b"one\n", b"two\n"):
        with go_on(file) as stream:
            stream.write(text)

    assert file.read_bytes() == b"one\ntwo\n"


@posix
@odd
def test_what_is_no_ordinary_file_is_not_gone_on_with(
    put: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "log"
    put(file)

    with pytest.raises(NotPlainFileError):
        go_on(file)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("x", "here/x"),
        ("../x", "x"),
        (".", "here"),
        ("..", ""),
        ("./a/../x", "here/x"),
        ("a/b/../../../x/./y", "x/y"),
        ("../link/x", "link/x"),  # nothing leads out of it
        ("../link/a/../x", "link/x"),
        ("../link/../x", "far/x"),  # as the system finds it
        ("../link/a/../../x", "far/x"),
    ],
)
def test_a_path_is_absolute_and_its_links_stay(
    given: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "far" / "away" / "a").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away", target_is_directory=True)
    monkeypatch.chdir(tmp_path / "here")

    path = absolute_path(Path(given))

    assert path == tmp_path / found
    assert path.resolve() == Path(given).resolve()
    assert absolute_path(tmp_path / "here" / given) == path

"""Texts that try to be more than text are shown as text, by the whole window."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QTextCharFormat, QTextDocument

from backends.events import PromptReady, TextDelta
from baichuan_desktop.services.markdown.harmless_text import harmless
from tests.test_no_network import GUARD
from tests.ui.harness import Harness, ScriptedEngine, finished
from tests.ui.hostile.opens import can_trace, compare, environment, outside
from tests.ui.hostile.texts import hostile_texts, many_marks

_IN_OPEN = 0x20
_EVENT = struct.Struct("iIII")

TEXTS = hostile_texts(Path("/nowhere/bait.png")) | {"many marks": many_marks()}
#: Must be seen as they stand: what would be gone if they were obeyed.
_SEEN = {
    "html": ["<b>", '<img src="file:///nowhere/bait.png">', "<br>"],
    "script": ["<script>", "alert(1)", "onload", "javascript:x"],
    "frames": ["<iframe", "<object", "<style>"],
    "table of html": ["<table background=", "<td>cell</td>"],
    "image": ["file:///nowhere/bait.png", "/nowhere/bait.png"],
    "image of the web": ["http://192.0.2.1/x.png"],
    "image of the app": ["qrc:/x.png"],
    "image in the text": ["data:image/png"],
    "share": [r"192.0.2.1\share"],
    "share by url": ["file://192.0.2.1/share/x", "smb://192.0.2.1/"],
    "code": ["x = 1"],
    "directions": ["[U+202E]", "[U+2066]"],
    "terminal": ["␛[31m", "␛[0m"],
    "nul": ["before␀after"],
    "half characters": ["half \ufffd and \ufffd the other"],
    "breaks": ["one\ntwo\nthree"],
    "deep": ["deep"],
}


class Opened:
    """Tells which files of a folder were opened since, by whichever process."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK)
        watched = libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _IN_OPEN)
        assert watched > 0

    def names(self) -> set[str]:
        """Their names."""
        found = set()
        data = os.read(self._descriptor, 2**20)
        at = 0
        while at < len(data):
            length = _EVENT.unpack_from(data, at)[3]
            at += _EVENT.size
            found.add(data[at : at + length].rstrip(b"\0").decode())
            at += length
        return found

    def close(self) -> None:
        """Look no more."""
        os.close(self._descriptor)


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    """A file that nobody has a reason to open."""
    file = tmp_path / "bait" / "bait.png"
    file.parent.mkdir()
    file.write_bytes(b"bait")
    return file


@pytest.fixture
def opened(bait: Path) -> Iterator[Opened]:
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    made = Opened(bait.parent)
    yield made
    made.close()


def test_who_opens_the_bait_is_seen(bait: Path, opened: Opened) -> None:
    """Else the test below would prove nothing."""
    other = bait.with_name("other")
    other.touch()
    subprocess.run(["cat", str(bait)], check=True, capture_output=True)

    assert opened.names() == {"bait.png", "other"}


def test_a_window_full_of_them_opens_no_file_and_no_socket_and_keeps_each(
    bait: Path, opened: Opened, tmp_path: Path
) -> None:
    """They are answers, questions, titles and names; a second window shows them again."""
    module = "tests.ui.hostile.window_child"
    run = f"import runpy, sys; sys.argv[1:] = [{str(bait)!r}]\n"
    run += f"runpy.run_module({module!r}, run_name='__main__')"
    beside = bait.with_name("beside")  # so that there is something to be seen
    beside.touch()
    result = subprocess.run(
        [sys.executable, "-c", GUARD + run],  # at a socket of the internet, the kernel ends it
        cwd=bait.parent,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 77:
        pytest.skip("seccomp is not allowed here")

    assert (result.returncode, result.stdout) == (0, "shown\n"), result.stderr
    assert bait.name not in opened.names()


def test_what_lies_outside_is_told_from_what_is_the_apps() -> None:
    files = {"/f/home/x", "/f/bait.png", "/etc/passwd", sys.prefix + "/x", "/proc/self/maps"}

    assert outside(files, Path("/f")) == {"/f/bait.png", "/etc/passwd"}


@pytest.mark.slow
@pytest.mark.skipif(not can_trace(), reason="strace is not here, or may not look")
def test_hostile_texts_have_no_more_opened_than_harmless_ones(tmp_path: Path) -> None:
    hostile, harmless, more = compare(tmp_path)

    assert more == set()
    assert hostile.families <= harmless.families | {"AF_UNIX"}
    assert not hostile.families & {"AF_INET", "AF_INET6"}


@pytest.mark.parametrize("what", TEXTS)
def test_an_answer_and_a_question_are_shown_as_text(
    ui: Harness, engine: ScriptedEngine, what: str
) -> None:
    text = TEXTS[what]
    engine.answers.append([PromptReady(10, 0, 0), TextDelta(text), finished()])
    ui.window.page.send(text)
    ui.until_idle()

    for row in ui.rows[:2]:
        assert row.text == text, "kept as it was written"
        shown = documents(ui, row.id)
        together = "\n".join(one.toPlainText() for one in shown)
        for part in _SEEN.get(what, []):
            assert part in together
        drawn = together.count("\ufffc")  # which stands where Qt draws something else than text
        assert drawn == (3 if what == "formula" else 0)
        together = together.replace("\ufffc", "")
        assert harmless(together) == together
        assert len(together) < 10_000
        for one in shown:
            assert {format.anchorHref().partition(":")[0] for format in formats(one)} <= {
                "", "http", "https", "mailto",
            }  # fmt: skip
    title = ui.window.windowTitle()
    assert harmless(title) == title


def documents(ui: Harness, row_id: int) -> list[QTextDocument]:
    """What is shown of a row."""
    rows = ui.transcript.rows
    views = [rows.view(key) for key in ui.transcript.flow.keys if key.row_id == row_id]
    found = [view.body for view in views if view is not None]
    ui.until(lambda: all(one.is_complete() for one in found))
    return list(found)


def formats(document: QTextDocument) -> Iterator[QTextCharFormat]:
    """How its characters are shown."""
    block = document.begin()
    while block.isValid():
        at = block.begin()
        while not at.atEnd():
            yield at.fragment().charFormat()
            at += 1
        block = block.next()

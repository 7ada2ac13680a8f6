"""Several windows of one home and of others, in this process and in processes that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Slot
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QApplication

from backends.operating_system import local_address
from baichuan_desktop.ui.instance.one_window import OneWindow
from baichuan_desktop.ui.instance.request import MOST_BYTES, RaiseRequest, encode
from tests.helpers.patience import PATIENCE_SECONDS
from tests.ui.harness import until

ROOT = Path(__file__).parents[3]
PATIENCE_MS = int(PATIENCE_SECONDS * 1000)


class Heard(QObject):
    """What a window was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[RaiseRequest] = []

    @Slot(object)
    def hear(self, request: RaiseRequest) -> None:
        self.requests.append(request)


Make = Callable[[Path], tuple[OneWindow, Heard]]


@pytest.fixture
def make(app: QApplication) -> Iterator[Make]:
    made: list[OneWindow] = []

    def one(home: Path) -> tuple[OneWindow, Heard]:
        window, heard = OneWindow(home), Heard()
        window.asked.connect(heard.hear)
        made.append(window)
        return window, heard

    yield one
    for window in made:
        window.shut_down()


SECOND = """
    import sys
    from pathlib import Path
    from PySide6.QtCore import QCoreApplication
    from baichuan_desktop.ui.instance.one_window import OneWindow
    from baichuan_desktop.ui.instance.request import decode
    app = QCoreApplication([])
    window = OneWindow(Path(sys.argv[1]))
    request = decode(sys.argv[2].encode())
    print(window.claim(), window.hand_over(request, int(sys.argv[3])))
    """


def handed_over(home: Path, request: RaiseRequest, patience_ms: int = PATIENCE_MS) -> bool:
    """Whether a second start, a process of its own, says that the first did what it asked."""
    line = encode(request).decode()
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SECOND), str(home), line, str(patience_ms)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: child.poll() is not None)
    claimed, _, said = child.communicate()[0].strip().partition(" ")
    assert claimed == "False"
    return said == "True"


def test_a_second_start_is_refused_and_asks_the_first(make: Make, tmp_path: Path) -> None:
    first, heard = make(tmp_path)
    second, unheard = make(tmp_path)

    assert first.claim()
    assert not second.claim()
    request = RaiseRequest("/models/百川", "token")
    assert handed_over(tmp_path, request)

    assert heard.requests == [request]
    assert unheard.requests == []


def test_a_window_that_was_closed_leaves_its_place(make: Make, tmp_path: Path) -> None:
    first, _ = make(tmp_path)
    second, heard = make(tmp_path)
    third, _ = make(tmp_path)
    assert first.claim()
    first.shut_down()

    assert second.claim()
    assert not third.claim()
    assert handed_over(tmp_path, RaiseRequest())
    assert heard.requests == [RaiseRequest()]


def test_homes_are_apart(make: Make, tmp_path: Path) -> None:
    one, heard = make(tmp_path / "one")
    other, unheard = make(tmp_path / "other")
    again, _ = make(tmp_path / "one")

    assert one.claim()
    assert other.claim()
    assert not again.claim()
    assert handed_over(tmp_path / "one", RaiseRequest("m"))
    assert (len(heard.requests), len(unheard.requests)) == (1, 0)


FIRST = """
    import sys
    from pathlib import Path
    from PySide6.QtCore import QCoreApplication
    from baichuan_desktop.ui.instance.one_window import OneWindow
    app = QCoreApplication([])
    window = OneWindow(Path(sys.argv[1]))
    print(window.claim(), window._server is not None, flush=True)
    {then}
    """


def start(home: Path, then: str = "app.exec()") -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(FIRST).format(then=then), str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "True True\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def test_what_a_killed_window_left_is_taken_over(make: Make, tmp_path: Path) -> None:
    window, heard = make(tmp_path)
    other, _ = make(tmp_path)
    child = start(tmp_path)
    assert not window.claim()
    end(child)

    assert window.claim()
    assert not other.claim()
    assert handed_over(tmp_path, RaiseRequest("m"))
    assert heard.requests == [RaiseRequest("m")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows stops no process so")
def test_a_window_that_does_not_answer_is_told_from_one_that_does(
    make: Make, tmp_path: Path
) -> None:
    second, _ = make(tmp_path)
    child = start(tmp_path)
    child.send_signal(signal.SIGSTOP)

    assert not second.claim()
    assert not handed_over(tmp_path, RaiseRequest(), patience_ms=300)
    end(child)


def test_a_window_that_is_starting_still_is_waited_for(make: Make, tmp_path: Path) -> None:
    """It has the lock, and listens a little later."""
    second, _ = make(tmp_path)
    late = "import time; window._server.close(); time.sleep(1); window._listen(); app.exec()"
    child = start(tmp_path, late)

    assert not second.claim()
    assert handed_over(tmp_path, RaiseRequest())
    end(child)


def test_where_nothing_can_be_locked_every_start_has_a_window(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in place of the folder")
    first, _ = make(file)
    second, _ = make(file)

    assert first.claim()
    assert second.claim()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' pipes lie in no folder")
def test_a_folder_that_others_may_enter_holds_no_socket(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runtime").mkdir(mode=0o700)
    open_to_all = tmp_path / "runtime" / "baichuan-desktop"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    window, _ = make(tmp_path)
    other, _ = make(tmp_path)

    with pytest.raises(PermissionError):
        local_address(open_to_all, "name")
    assert window.claim()
    assert not other.claim()
    assert not handed_over(tmp_path, RaiseRequest(), patience_ms=100)
    assert list(open_to_all.iterdir()) == []


class Stranger:
    """A process that says anything at all to the socket."""

    def __init__(self, window: OneWindow) -> None:
        self.socket = QLocalSocket()
        self.socket.connectToServer(window._address())
        until(lambda: self.socket.state() is QLocalSocket.LocalSocketState.ConnectedState)

    def say(self, text: bytes) -> None:
        self.socket.write(text)
        self.socket.flush()

    @property
    def is_hung_up(self) -> bool:
        return self.socket.state() is QLocalSocket.LocalSocketState.UnconnectedState


@pytest.mark.parametrize(
    "text",
    [
        b"\n", b"\0" * 1000 + b"\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"x" * (MOST_BYTES + 9),
        b"[" * 20_000 + b"\n", b"\xff\xfe\n", b'{"version": 9}\n',
        b"\x1b[2J" * 2000 + b"\n",
    ],
)  # fmt: skip
def test_hostile_bytes_are_hung_up_on_and_the_next_is_heard(
    make: Make, tmp_path: Path, text: bytes
) -> None:
    window, heard = make(tmp_path)
    assert window.claim()
    stranger = Stranger(window)
    stranger.say(text)
    until(lambda: stranger.is_hung_up)

    assert handed_over(tmp_path, RaiseRequest("m"))
    assert heard.requests == [RaiseRequest("m")]


def test_one_line_is_heard_of_a_caller_and_no_more(make: Make, tmp_path: Path) -> None:
    window, heard = make(tmp_path)
    assert window.claim()
    stranger = Stranger(window)
    stranger.say(encode(RaiseRequest("one"))[:5])
    stranger.say(encode(RaiseRequest("one"))[5:] + encode(RaiseRequest("two")) * 50)
    until(lambda: stranger.is_hung_up)

    assert heard.requests == [RaiseRequest("one")]


def test_callers_who_say_nothing_are_few_and_leave_no_trace(make: Make, tmp_path: Path) -> None:
    window, heard = make(tmp_path)
    assert window.claim()
    strangers = [Stranger(window) for _ in range(20)]
    until(lambda: sum(stranger.is_hung_up for stranger in strangers) >= 12)
    assert len(window.findChildren(QLocalSocket)) <= 8

    for stranger in strangers:
        stranger.socket.abort()
    until(lambda: not window.findChildren(QLocalSocket))
    assert handed_over(tmp_path, RaiseRequest())
    assert len(heard.requests) == 1

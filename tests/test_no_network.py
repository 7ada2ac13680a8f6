"""No command opens a socket of an internet family: the kernel ends one that tries.

A server has one, and it alone: at 127.0.0.1, where others come to it, and it goes to nobody.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.helpers import document_files, goldens
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.served import GUIDE, serving

ROOT = Path(__file__).parents[1]
#: Has the kernel end this process, and every child, at the first socket of an internet family;
#: a hook in Python would not see what a library does in native code.
FORBIDDEN = """
import ctypes, platform, struct
call = {"x86_64": 41, "aarch64": 198}[platform.machine()]
load, equal, give = 0x20, 0x15, 0x06
steps = [
    (load, 0, 0, 0), (equal, 0, 4, call),   # socket()?
    (load, 0, 0, 16),                       # its family
    (equal, 1, 0, 2), (equal, 0, 1, 10),    # AF_INET, AF_INET6
    (give, 0, 0, 0x80000000), (give, 0, 0, 0x7FFF0000)]
"""
#: The same for a server: it may have sockets of AF_INET that others connect to, for TCP, and
#: connects to nobody, by any family.
FORBIDDEN_TO_A_SERVER = """
import ctypes, platform, struct
call, connect = {"x86_64": (41, 42), "aarch64": (198, 203)}[platform.machine()]
load, equal, both, give = 0x20, 0x15, 0x54, 0x06
steps = [
    (load, 0, 0, 0), (equal, 7, 0, connect), (equal, 0, 7, call),
    (load, 0, 0, 16), (equal, 4, 0, 10), (equal, 0, 4, 2),      # its family: AF_INET6; AF_INET
    (load, 0, 0, 24), (both, 0, 0, 15), (equal, 1, 0, 1),       # its type: SOCK_STREAM
    (give, 0, 0, 0x80000000), (give, 0, 0, 0x7FFF0000)]
"""
GUARD_BY = """
program = b"".join(struct.pack("HBBI", *step) for step in steps)
buffer = ctypes.create_string_buffer(program, len(program))
filter = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0                                          # NO_NEW_PRIVS
if libc.prctl(22, 2, ctypes.create_string_buffer(filter, len(filter)), 0, 0):   # SECCOMP
    raise SystemExit(77)
"""
GUARD = FORBIDDEN + GUARD_BY


def guarded(
    code: str, home: Path, stdin: str = "", guard: str = GUARD
) -> subprocess.CompletedProcess[str]:
    """Run Python code under the guard; skips where the kernel offers none."""
    if sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"):
        pytest.skip("seccomp is Linux's")
    result = subprocess.run(
        [sys.executable, "-c", guard + code],
        cwd=ROOT,
        env={**os.environ, "BAICHUAN_DESKTOP_HOME": str(home)},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 77:
        pytest.skip("seccomp is not allowed here")
    return result


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_the_guard_against_sockets_works(tmp_path: Path, family: str) -> None:
    """Else the tests below would prove nothing."""
    result = guarded(
        f"import socket; socket.socket(socket.AF_UNIX); print(1, flush=True);"
        f"\ntry: socket.socket(socket.{family})\nexcept BaseException: pass",
        tmp_path,
    )

    assert (result.stdout, result.returncode) == ("1\n", -31)  # SIGSYS


@pytest.mark.parametrize(
    ("arguments", "stdin", "shown"),
    [
        (["chat", "{folder}", "--seed", "1", "--max-new-tokens", "5"], "你好\n/stats\n/exit\n", ""),
        (["complete", "{folder}", "--prompt", "-", "--max-new-tokens", "3"], "夜雨寄北->\n", ""),
        (["models", "show", "{folder}", "--json"], "", '"baichuan2-7b"'),
        (["models", "add", "{folder}"], "", ""),
        (["models", "list", "--json"], "", "baichuan"),
        (["doctor"], "", "torch"),
        (["doctor", "--bundle", "{home}/bundle.zip", "--yes"], "", "README.txt"),
        (["models", "get", "baichuan2-7b-chat"], "", "hf download"),
        (["models", "licence", "{folder}", "--accept"], "", "has to be accepted"),
        (["completion", "bash"], "", "complete -F"),
        (["export-onnx", "{folder}", "--precision", "int8", "--out", "{home}/int8"], "", "int8"),
        (["bench", "{folder}", "--precision", "fp32"], "", "fp32"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and value else "",
)
def test_no_command_opens_an_internet_socket(
    tmp_path: Path, arguments: list[str], stdin: str, shown: str
) -> None:
    command = [
        argument.format(folder=goldens.folder("b2-7b"), home=tmp_path) for argument in arguments
    ]
    result = guarded(
        f"import sys\nfrom baichuan_desktop.cli.main import main\nsys.exit(main({command!r}))",
        tmp_path,
        stdin,
    )

    assert result.returncode == 0, (result.returncode, result.stderr)
    assert shown in result.stdout
    assert json.dumps(result.stdout)  # no half characters


def test_windows_of_one_home_reach_each_other_without_a_network(tmp_path: Path) -> None:
    result = guarded(
        "from pathlib import Path\nfrom PySide6.QtCore import QCoreApplication\n"
        "from baichuan_desktop.ui.instance.one_window import OneWindow\n"
        "from baichuan_desktop.ui.instance.request import RaiseRequest\n"
        "app = QCoreApplication([])\n"
        f"one, two = OneWindow(Path({str(tmp_path)!r})), OneWindow(Path({str(tmp_path)!r}))\n"
        "print(one.claim(), two.claim(), two.hand_over(RaiseRequest(), 100))",
        tmp_path,
    )

    assert (result.stdout, result.returncode) == ("True False False\n", 0), result.stderr


def test_documents_are_read_without_a_network(tmp_path: Path) -> None:
    """By their own process, a child of the guarded one."""
    page = "<link rel=stylesheet href='http://x/'><img src='http://x/a.png'><p>甲乙</p>"
    paragraph = document_files.word_paragraph("甲乙")
    files = {
        "a.html": page.encode(),
        "a.docx": document_files.docx(paragraph),
        "a.xlsx": document_files.xlsx({"甲乙": [['=WEBSERVICE("http://x")']]}),
        "a.pdf": document_files.pdf(["甲乙"], extra="/OpenAction << /S /URI /URI (http://x) >>"),
        "a.epub": document_files.epub([page]),
        "a.pptx": document_files.pptx([document_files.shape("甲乙")]),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    result = guarded(
        "from pathlib import Path\n"
        "from baichuan_desktop.services.documents.reading import read_document\n"
        f"for name in {list(files)!r}:\n"
        f"    found = read_document(Path({str(tmp_path)!r}) / name)\n"
        "    print('甲乙' in found.text)",
        tmp_path,
    )

    assert (result.stdout, result.returncode) == ("True\n" * len(files), 0), result.stderr


@pytest.mark.parametrize(
    "tried",
    [
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.create_connection(('127.0.0.1', 9))",
    ],
)
def test_the_guard_of_a_server_works(tmp_path: Path, tried: str) -> None:
    result = guarded(
        "import socket; socket.socket(socket.AF_UNIX); socket.socket(socket.AF_INET).listen();"
        f"\nprint(1, flush=True)\ntry: {tried}\nexcept BaseException: pass",
        tmp_path,
        guard=FORBIDDEN_TO_A_SERVER + GUARD_BY,
    )

    assert (result.stdout, result.returncode) == ("1\n", -31)  # SIGSYS


def test_a_server_listens_at_127_0_0_1_alone_and_goes_to_nobody(tmp_path: Path) -> None:
    guarded("", tmp_path, guard=FORBIDDEN_TO_A_SERVER + GUARD_BY)  # skips where there is none
    with serving(tmp_path, ["serve", GUIDE], FORBIDDEN_TO_A_SERVER + GUARD_BY) as served:
        chat = {"messages": [{"role": "user", "content": "你好"}], "max_tokens": 3}
        request = urllib.request.Request(
            f"{served.address}/v1/chat/completions",
            json.dumps(chat).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            assert json.load(answer)["usage"]["completion_tokens"] == 3
        process = psutil.Process(served.process.pid)
        listening = [
            connection.laddr.ip
            for one in (process, *process.children(recursive=True))
            for connection in one.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]

        assert listening == ["127.0.0.1"]
        assert served.end() == 0, served.errors

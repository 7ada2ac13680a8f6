from __future__ import annotations

from pathlib import Path

import pytest

from backends.errors import HostfileError
from backends.training.several.hostfile import Machine, read_hostfile


def _written(folder: Path, text: str) -> Path:
    file = folder / "hostfile"
    file.write_text(text, encoding="utf-8")
    return file


def test_machines_come_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = "\ufeff# ours\n10.0.0.1 slots=8\n\n  node-2.site\tslots=4  # old\nfd00::3 slots=1"

    machines = read_hostfile(_written(tmp_path, text))

    assert machines == (Machine("10.0.0.1", 8), Machine("node-2.site", 4), Machine("fd00::3", 1))


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("10.0.0.1 slots=8\n10.0.0.2", "behind “10.0.0.2” there is no slots=NUMBER", 2),
        ("10.0.0.1 slot=8", "“slot=8” is not slots=NUMBER", 1),
        ("10.0.0.1 slots=8 more", "“slots=8 more” is not slots=NUMBER", 1),
        ("10.0.0.1 slots=-1", "“slots=-1” is not slots=NUMBER", 1),
        ("10.0.0.1 slots=0", "a machine has 1 to 64 slots, and not 0", 1),
        ("10.0.0.1 slots=65", "a machine has 1 to 64 slots, and not 65", 1),
        ("a slots=1\n\na slots=2", "“a” stands there a second time", 3),
        # ssh would take it for an option, which may name a program.
        ("-oProxyCommand=x slots=1", "“-oProxyCommand=x” is no address of a machine", 1),
        ("me@node slots=1", "“me@node” is no address of a machine", 1),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, said: str, line: int) -> None:
    file = _written(tmp_path, text)

    with pytest.raises(HostfileError) as raised:
        read_hostfile(file)

    assert raised.value.message == f"“{file}”, line {line}: {said}."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it names no machine"),
        (b"# nobody\n", "it names no machine"),
        (b"\xff\xfe\x00", "it is not a text in UTF-8"),
        (b" " * (2**20 + 1), "it cannot be read (it is larger than 1,048,576 bytes)"),
    ],
)
def test_a_file_without_machines_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "hostfile"
    file.write_bytes(content)

    with pytest.raises(HostfileError) as raised:
        read_hostfile(file)

    assert raised.value.message == f"“{file}”: {said}."


def test_a_hostfile_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HostfileError, match="it cannot be read \\(No such file or directory\\)"):
        read_hostfile(tmp_path / "none")

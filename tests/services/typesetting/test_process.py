"""The process that colours code and draws formulas, from outside."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import IO, Any

import pytest

from baichuan_desktop.services import own_process
from baichuan_desktop.services.typesetting import process


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        process.command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **own_process.variables()},
    ) as made:
        yield made
        made.kill()


def _ask(child: subprocess.Popen[bytes], **job: object) -> None:
    jobs = _pipe(child.stdin)
    jobs.write(json.dumps({"id": 7, **job}).encode() + b"\n")
    jobs.flush()


def _answer(child: subprocess.Popen[bytes]) -> dict[str, Any]:
    found = json.loads(_pipe(child.stdout).readline())
    assert isinstance(found, dict)
    return found


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def test_code_is_answered_in_parts_and_a_formula_at_once(child: subprocess.Popen[bytes]) -> None:
    _ask(child, kind="code", language="python", code="x = 1\n" * 700)
    parts = [_answer(child), _answer(child), _answer(child)]
    _ask(child, kind="formula", source="x^2", displayed=False)
    formula = _answer(child)

    assert [len(part["lines"]) for part in parts] == [500, 201, 0]
    assert [part["last"] for part in parts] == [False, False, True]
    assert (formula["id"], formula["last"]) == (7, True)
    assert formula["svg"].startswith("<svg")


def test_what_cannot_be_drawn_is_an_answer_too(child: subprocess.Popen[bytes]) -> None:
    _ask(child, kind="formula", source="\\frac{", displayed=True)

    assert _answer(child) == {"id": 7, "last": True}


def test_it_ends_with_the_pipe(child: subprocess.Popen[bytes]) -> None:
    _ask(child, kind="formula", source="x", displayed=True)
    assert _answer(child)["last"]
    _pipe(child.stdin).close()

    assert child.wait() == 0


def test_a_job_that_never_ends_ends_the_process() -> None:
    """The regular expression holds the interpreter: nothing in Python could stop it."""
    code = (
        "import re, sys\n"
        "from baichuan_desktop.services.typesetting import process\n"
        "process._SECONDS['code'] = 0.2\n"
        "process.answered = lambda job: iter([{'last': re.match('(a*)*b', 'a' * 60) is None}])\n"
        "process.main()\n"
    )
    with subprocess.Popen(
        [*process.command()[:2], "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **own_process.variables()},
    ) as child:
        _ask(child, kind="code", language="python", code="x")

        assert _pipe(child.stdout).readline() == b""
        assert child.wait() == 1

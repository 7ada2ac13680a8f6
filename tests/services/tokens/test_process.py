"""The process that counts tokens, from outside."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from baichuan_desktop.services import own_process
from baichuan_desktop.services.tokens import process
from tests.helpers import goldens
from tests.helpers.policies import placing, write_policy

CHAT = goldens.folder("b2-7b", "safetensors")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*process.command()[:2], *(arguments or process.command()[2:])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **own_process.variables()},
    ) as made:
        yield made
        made.kill()


@pytest.fixture(scope="module")
def child() -> Iterator[subprocess.Popen[bytes]]:
    with started() as made:
        yield made


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _answer(child: subprocess.Popen[bytes], folder: Path, texts: Sequence[str]) -> dict[str, Any]:
    _pipe(child.stdin).write(process.asked(folder, texts))
    _pipe(child.stdin).flush()
    found = json.loads(_pipe(child.stdout).readline())
    assert isinstance(found, dict)
    return found


def test_texts_are_counted_as_the_engine_encodes_them(child: subprocess.Popen[bytes]) -> None:
    texts = [
        "",
        "hello",
        "你好，世界\n",
        "<reserved_106></s>",
        "half \ud83d",
        "\x00",
        "的" * 20_000,
    ]
    tokenizer = goldens.tokenizer("b2-7b")

    assert _answer(child, CHAT, texts) == {
        "counts": [len(tokenizer.encode(text)) for text in texts]
    }


def test_a_folder_that_is_no_model_has_an_error_and_the_next_question_an_answer(
    child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert "tmp" in _answer(child, tmp_path, ["a"])["error"]
    assert _answer(child, CHAT, ["a"]) == {"counts": [1]}


def test_no_model_is_opened_that_the_policy_forbids(tmp_path: Path) -> None:
    write_policy(tmp_path, f"folders: ['{tmp_path}']\n")
    code = placing(tmp_path)
    code += "from baichuan_desktop.services.tokens import process\nprocess.main()\n"
    with started("-c", code) as child:
        assert "policy" in _answer(child, CHAT, ["a"])["error"]


def test_it_ends_with_the_pipe() -> None:
    with started() as child:
        assert _answer(child, CHAT, []) == {"counts": []}
        _pipe(child.stdin).close()

        assert child.wait() == 0

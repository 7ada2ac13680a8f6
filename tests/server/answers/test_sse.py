from __future__ import annotations

import json
import random

from baichuan_desktop.server.answers import sse


def test_events_parse_whatever_text_is_in_them() -> None:
    """Some clients split what they have decoded where any line ends, and Unicode has many."""
    rng = random.Random(3)
    alphabet = 'a\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"\\\x00\ufeff中😀: \t'

    for _ in range(500):
        text = "".join(rng.choices(alphabet, k=20))
        event = sse.data({"text": text}).decode()

        assert event.endswith("\n\n")
        (line,) = event[:-2].splitlines()
        assert json.loads(line.removeprefix("data: ")) == {"text": text}


def test_comment_is_a_line_that_clients_skip() -> None:
    assert sse.comment("queued 2") == b": queued 2\n\n"


def test_chinese_is_not_escaped() -> None:
    assert sse.data({"text": "你好"}) == 'data: {"text":"你好"}\n\n'.encode()

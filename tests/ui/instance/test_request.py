from __future__ import annotations

import json

import pytest

from baichuan_desktop.ui.instance.request import MOST_BYTES, RaiseRequest, decode, encode


@pytest.mark.parametrize(
    "request_",
    [
        RaiseRequest(),
        RaiseRequest("baichuan2-7b-chat", "token"),
        RaiseRequest("/models/百川 7B"),
        RaiseRequest("/models/\udcff\udcfe"),  # a name that is no text
        RaiseRequest("/" + "百" * 4_000),
        RaiseRequest('a"b\nc'),
    ],
)
def test_a_request_is_read_as_it_was_written_in_one_line(request_: RaiseRequest) -> None:
    line = encode(request_)

    assert decode(line) == request_
    assert line.count(b"\n") == 1


GOOD = {"version": 1, "model": None, "token": ""}


@pytest.mark.parametrize(
    "line",
    [
        b"", b"\n", b"\0" * 100, b"\xff\xfe\n", b"GET / HTTP/1.1\r\n", b"[" * 30_000 + b"\n",
        b"null\n", b"[]\n", b"1\n", b"{}\n", b'{"version":1}\n', b'"model"\n', b"NaN\n",
        json.dumps(GOOD | {"version": 2}).encode(),
        json.dumps(GOOD | {"version": True, "model": 7}).encode(),
        json.dumps(GOOD | {"model": ["a"]}).encode(),
        json.dumps(GOOD | {"token": None}).encode(),
        json.dumps(GOOD | {"token": "x" * 513}).encode(),
        json.dumps(GOOD | {"token": "a\0b"}).encode(),
        json.dumps(GOOD | {"model": "a\0b"}).encode(),
        json.dumps(GOOD | {"run": "rm"}).encode(),
        json.dumps(GOOD | {"model": "x" * MOST_BYTES}).encode(),
        json.dumps(GOOD).encode("utf-16"),
    ],
)  # fmt: skip
def test_whatever_else_comes_is_no_request(line: bytes) -> None:
    assert decode(line) is None

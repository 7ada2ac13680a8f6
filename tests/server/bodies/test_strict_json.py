"""JSON of a client."""

from __future__ import annotations

import json

import pytest

from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.bodies.strict_json import parse_object

DEPTH = 8

WRONG = {
    "nothing": (b"", "from line 1, column 1"),
    "no JSON": (b"model=x", "from line 1, column 1"),
    "cut": (b'{"a":\n "b', "from line 2, column 2"),
    "two values": (b"{}{}", "from line 1, column 3"),
    "single quotes": (b"{'a': 1}", "from line 1, column 2"),
    "a comma at the end": (b'{"a": 1,}', "column"),
    "a comment": (b'{"a": 1} // x', "column"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "from line 1, column 1"),
    "a control character": (b'{"a": "\x01"}', "column"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8 at byte 0"),
    "Latin-1": ('{"a": "é"}'.encode("latin-1"), "not UTF-8 at byte 7"),
    "a surrogate in UTF-8": (b'{"a": "\xed\xa0\x80"}', "not UTF-8 at byte 7"),
    "overlong UTF-8": (b'{"a": "\xc0\xaf"}', "not UTF-8 at byte 7"),
    "half a character": (b'{"a": "\\ud800"}', "half a character"),
    "half a character in a key": (b'{"\\udc00": 1}', "half a character"),
    "half a character in a list": (b'{"a": [["\\ud800x"]]}', "half a character"),
    "a key twice": (b'{"a": 1, "a": 2}', "the same key twice"),
    "a key twice within": (b'{"b": [{"a": 1, "\\u0061": 2}]}', "the same key twice"),
    "many keys": (
        json.dumps({"a": {str(number): 1 for number in range(2000)}}).encode(),
        "an object in it has 2,000 keys",
    ),
    "NaN": (b'{"a": NaN}', "NaN is no number"),
    "infinity": (b'{"a": -Infinity}', "-Infinity is no number"),
    "beyond all bounds": (b'{"a": 1e999}', "beyond all bounds"),
    "many digits": (b'{"a": ' + b"9" * 5000 + b"}", "5,000 digits"),
    "many places": (b'{"a": 0.' + b"1" * 5000 + b"}", "beyond all bounds"),
    "deep": (b'{"a": ' + b"[" * 9 + b"]" * 9 + b"}", "more than 8 deep"),
    "very deep": (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "more than 8 deep"),
    "very deep and open": (b'{"a":' * 200_000, "more than 8 deep"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_could_be_read_in_two_ways_is_refused_with_its_place(name: str) -> None:
    raw, told = WRONG[name]

    with pytest.raises(ApiError) as caught:
        parse_object(raw, DEPTH)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")
    assert told in caught.value.message
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"{}"', b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ApiError, match="has to be a JSON object"):
        parse_object(raw, DEPTH)


def test_an_object_is_read_as_it_is() -> None:
    raw = '{"a": [1, -2.5e3, "甲\\ud83d\\ude00\\n", null, true], "": {"b": {}}}'.encode()

    assert parse_object(raw, DEPTH) == {"a": [1, -2500.0, "甲😀\n", None, True], "": {"b": {}}}


def test_as_deep_as_is_allowed_is_read() -> None:
    raw = b'{"a": ' + b"[" * (DEPTH - 1) + b"]" * (DEPTH - 1) + b"}"

    assert list(parse_object(raw, DEPTH)) == ["a"]

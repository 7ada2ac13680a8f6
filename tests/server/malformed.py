"""Requests that cannot be served: each is wrong in one way that is known, and a number makes it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Stands in every body, and in nothing that the app writes.
CANARY = "canary-ohyai6Ee"
PATHS = ("/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize")
_VALID: dict[str, dict[str, object]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": CANARY}]},
    "/v1/completions": {"prompt": CANARY},
    "/tokenize": {"prompt": CANARY},
    "/detokenize": {"tokens": [1, 2]},
}
_JSON = b"Content-Type: application/json"


@dataclass(frozen=True)
class Malformed:
    """What is sent."""

    kind: str
    data: bytes
    is_cut: bool = False  #: there is more to come, and it does not come


def malformed(number: int) -> Malformed:
    """The request of this number; the same one each time."""
    draw = random.Random(number)
    make = draw.choices(list(_WAYS), weights=list(_WAYS.values()))[0]
    return make(draw)


# --- the request line and the headers ----------------------------------------------------


def _noise(draw: random.Random) -> Malformed:
    """Bytes, with an end, that are no request line: it has at least one that none can have."""
    noise = bytearray(draw.randbytes(draw.randint(1, 400)).replace(b"\n", b"?"))
    noise[0] = draw.choice(b"\x00\x01\x80\xff{(<\"'")
    return Malformed("noise", bytes(noise) + b"\r\n\r\n")


def _request_line(draw: random.Random) -> Malformed:
    path = draw.choice(PATHS).encode()
    lines = [
        b"POST",
        b"POST " + path,
        b"POST  " + path + b" HTTP/1.1",
        b" POST " + path + b" HTTP/1.1",
        b"POST " + path + b" HTTP/1.1 x",
        b"POST " + path + b" HTTP/%d.%d" % (draw.randint(2, 9), draw.randint(0, 9)),
        b"POST " + path + b" http/1.1",
        b"POST " + path + b" HTTP/11",
        b"PO(ST " + path + b" HTTP/1.1",
        b"POST " + path + bytes([draw.choice(b"\x00\x07\x80\xe4\xff\t")]) + b" HTTP/1.1",
        b"POST http://127.0.0.1" + path + b" HTTP/1.1",
        b"POST *" + path + b" HTTP/1.1",
        b"POST " + path[1:] + b" HTTP/1.1",
        b"POST " + path.replace(b"o", b"%%%02x" % ord("o")) + b" HTTP/1.1",
        b"POST /.." * draw.randint(1, 9) + path + b" HTTP/1.1",
        b"POST " + path + b"/" + draw.randbytes(4).hex().encode() + b" HTTP/1.1",
        draw.choice([b"PUT", b"DELETE", b"PATCH", b"TRACE", b"GET", b"x" * 300])
        + b" " + path + b" HTTP/1.1",
        b"POST /" + b"x" * draw.randint(17_000, 30_000) + b" HTTP/1.1",
    ]  # fmt: skip
    line = draw.choice(lines)
    return Malformed("request line", line + b"\r\n" + _host() + b"\r\n\r\n")


def _header(draw: random.Random) -> Malformed:
    name = draw.choice([b"X", b"Accept", b"User-Agent", b"Cookie"])
    lines = [
        b"no colon",
        b": no name",
        name + b" : a space",
        b"(" + name + b"): x",
        b"\xe4\xbd\xa0: x",
        name + b": " + bytes([draw.choice(b"\x00\x01\x08\x0b\x0c\x1b\x7f\r")]) + b"x",
        name + b": a\rb",
        name + b": " + b"y" * draw.randint(17_000, 40_000),
        b"\r\n".join(b"X-%d: y" % line for line in range(draw.randint(65, 120))),
        _host(),
        b"Host: evil.example",
        b"Origin: null\r\nOrigin: null",
        b"Content-Type: application/json",
        b"Authorization: Bearer x\r\nAuthorization: Bearer y",
        b"Content-Length: 1" + draw.choice([b"x", b"e2", b" 1", b"_0", b", 2", b"0" * 30, b".0"]),
        b"Content-Length: -5",
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Transfer-Encoding: " + draw.choice([b"gzip", b"chunked, chunked", b"identity", b"\x0bx"]),
        b"Content-Encoding: " + draw.choice([b"gzip", b"br", b"zstd", b"x"]),
    ]
    bad, head = draw.choice(lines), [_JSON, b"Content-Length: 0"]
    if bad.startswith((b"Content-Length", b"Transfer-Encoding")):
        head = [_JSON]
    head.insert(draw.randint(0, len(head)), bad)
    return Malformed("header", _start(draw.choice(PATHS), *head))


def _who(draw: random.Random) -> Malformed:
    """It is meant for somebody else, or a foreign page asks."""
    path = draw.choice(PATHS)
    body = _body(path)
    host = draw.choice(["evil.example", "0.0.0.0", "127.0.0.2", "[::1]", "127.1", "a@127.0.0.1",
                        "", "\xff", "127.0.0.1:x", "127.0.0.1,", "a\t.x"])  # fmt: skip
    origin = draw.choice(["null", "*", "http://evil.example", "https://127.0.0.1", "http://", "x"])
    lines = [f"POST {path} HTTP/1.1", f"Content-Length: {len(body)}", _JSON.decode()]
    lines += [f"Host: {host}"] if draw.random() < 0.5 else ["Host: 127.0.0.1", f"Origin: {origin}"]
    return Malformed("host or origin", "\r\n".join([*lines, "", ""]).encode("latin-1") + body)


# --- bodies ------------------------------------------------------------------------------


def _kind_of_body(draw: random.Random) -> Malformed:
    path = draw.choice(PATHS)
    kind = draw.choice([b"text/plain", b"application/x-www-form-urlencoded", b"application/json2",
                        b"application/json; charset=gbk", b"*/*", b"json", b"application/xml",
                        b"text/plain; application/json", b"\xff"])  # fmt: skip
    body = _body(path)
    head = _start(path, b"Content-Type: " + kind, b"Content-Length: %d" % len(body))
    return Malformed("kind of body", head + body)


def _chunks(draw: random.Random) -> Malformed:
    start = _start(draw.choice(PATHS), _JSON, b"Transfer-Encoding: chunked")
    broken = [
        b"g\r\n", b"-1\r\n", b"0x2\r\n{}\r\n", b"2\r\n{}x\r\n0\r\n\r\n", b"2 x\r\n{}\r\n",
        b"\r\n", b"f" * 21 + b"\r\n", b"2\r\n{}\n\n0\r\n\r\n", b"0\r\nno colon\r\n\r\n",
        b"1\r\n{\r\n0\r\n\r\n", b"0\r\n\r\n", b"2;" + b"x" * 20_000 + b"\r\n",
    ]  # fmt: skip
    return Malformed("chunks", start + draw.choice(broken))


def _no_json(draw: random.Random) -> Malformed:
    path = draw.choice(PATHS)
    valid = _body(path)
    place = draw.randint(1, len(valid) - 1)
    ways: Sequence[Callable[[], bytes]] = (
        lambda: valid[:place],  # no beginning of an object is one
        lambda: b"",
        lambda: valid + draw.choice([b"}", b"]", b",", b"{}", b"x", b"\0", b"\xff"]),
        lambda: draw.choice([b",", b"\xef\xbb\xbf", b"\xff", b"\0", b"data: ", b"//\n"]) + valid,
        lambda: valid[:-1] + b"," + draw.choice([b"}", b"1}", b'"a"}', b'"a":}', b'"a":NaN}']),
        lambda: valid[:-1] + b', "a": ' + draw.choice([b"1e999", b"9" * 99, b"NaN", b"01"]) + b"}",
        lambda: valid[:-1] + b"," + valid[1:],  # every key twice
        lambda: valid.replace(CANARY.encode(), b"\\ud8" + draw.randbytes(1).hex().encode())
        if CANARY.encode() in valid
        else b"[]",
        lambda: valid.decode().encode(draw.choice(["utf-16", "utf-32-le", "utf-16-be"])),
        lambda: b"[" * draw.randint(1, 5000) + b"]" * draw.randint(0, 5000),
        lambda: b'{"a":' * draw.randint(65, 9000) + b"1" + b"}" * 9000,
        lambda: draw.choice([b"1", b"null", b'"x"', b"[]", b"true", b"-0.5"]),
        lambda: draw.randbytes(draw.randint(1, 300)) + b"\xff",
    )  # fmt: skip
    return _sent("no JSON", path, draw.choice(ways)())


_WRONG_TYPES: Sequence[object] = ({"a": 1}, [[]], [{}], [None], "\0", "hot", [["x"]])
_NUMBERS = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "top_k")
_WRONG_NUMBERS: Sequence[object] = (*_WRONG_TYPES, -3.5, 1e300, True, "1", "", [], {})
_WRONG_MESSAGES: Sequence[object] = (
    [], {}, 1, "hello", None, [1], [None], ["hello"], [[]], [{}], [{"role": "user"}],
    [{"content": "x"}], [{"role": "wizard", "content": "x"}], [{"role": 1, "content": "x"}],
    [{"role": "tool", "content": "x"}], [{"role": "user", "content": 1}],
    [{"role": "user", "content": []}], [{"role": "user", "content": [1]}],
    [{"role": "user", "content": {"a": 1}}], [{"role": "user", "content": [{"type": "text"}]}],
    [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/x"}}]}],
    [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}],
    [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}],
    [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}],
)  # fmt: skip
_OTHER_FIELDS: Sequence[tuple[str, object]] = (
    ("n", 2), ("n", 0), ("n", "1"), ("logit_bias", {"1": 5}), ("stream", "yes"), ("stream", 1),
    ("stream_options", {"include_usage": True}), ("stream_options", 1), ("stop", 1), ("stop", [""]),
    ("stop", ["x"] * 99), ("stop", [1]), ("stop", {"a": 1}), ("max_tokens", -1),
    ("max_tokens", 1.5), ("max_tokens", "9"), ("max_tokens", 10**30), ("model", 1), ("model", []),
    ("model", "no-such-model"), ("model", "../../etc/passwd"), ("model", "http://evil.example/m"),
    ("unheard_of", 1), ("__class__", {}), ("", 1),
)  # fmt: skip
_OF_CHAT: Sequence[tuple[str, object]] = (
    ("tools", [{"type": "function"}]), ("functions", [{}]), ("response_format", {"type": "xml"}),
    ("response_format", "json"), ("response_format", {"type": "json_schema"}), ("audio", {}),
    ("modalities", ["audio"]), ("top_logprobs", 3), ("top_logprobs", 21), ("logprobs", 3),
    ("max_completion_tokens", -1), ("truncation", "always"), ("as_chat", "yes"),
)  # fmt: skip
_OF_COMPLETIONS: Sequence[tuple[str, object]] = (
    ("prompt", 1), ("prompt", {"a": 1}), ("prompt", [None]), ("prompt", [["a"]]),
    ("prompt", ["a", "b"]), ("prompt", [-1]), ("prompt", [1.5]), ("prompt", [1, "a"]),
    ("best_of", 2), ("suffix", "x"), ("logprobs", 99), ("logprobs", True), ("echo", "yes"),
)  # fmt: skip
_OF_TOKENS: Sequence[tuple[str, object]] = (
    ("prompt", 1), ("messages", [{"role": "user", "content": "x"}]), ("prompt", None),
    ("unheard_of", 1), ("model", 3), ("return_token_strs", "yes"),
)  # fmt: skip
_OF_IDS: Sequence[tuple[str, object]] = (
    ("tokens", 1), ("tokens", "x"), ("tokens", [-1]), ("tokens", [1.5]), ("tokens", ["1"]),
    ("tokens", None), ("tokens", [[1]]), ("tokens", [True]), ("unheard_of", 1), ("model", 3),
)  # fmt: skip


def _field(draw: random.Random) -> Malformed:
    path = draw.choice(PATHS)
    if path == "/tokenize":
        name, value = draw.choice(_OF_TOKENS)
    elif path == "/detokenize":
        name, value = draw.choice(_OF_IDS)
    elif draw.random() < 0.4:
        name, value = draw.choice(_NUMBERS), draw.choice(_WRONG_NUMBERS)
    elif draw.random() < 0.4:
        name, value = draw.choice(_OTHER_FIELDS)
    elif path == "/v1/completions":
        name, value = draw.choice(_OF_COMPLETIONS)
    elif draw.random() < 0.5:
        name, value = draw.choice(_OF_CHAT)
    else:
        name, value = "messages", draw.choice(_WRONG_MESSAGES)
    body = json.dumps({**_VALID[path], name: value, "user": CANARY}).encode()
    return _sent(f"field {name}", path, body)


def _long(draw: random.Random) -> Malformed:
    path = draw.choice(PATHS)
    body = _body(path)[:-1] + b" " * draw.randint(2**20, 2**20 + 5000) + b"}"
    return _sent("a long body", path, body)


def _cut(draw: random.Random) -> Malformed:
    """It stops somewhere, and the connection stays."""
    path = draw.choice(PATHS)
    whole = _sent("", path, _body(path)).data
    return Malformed("cut", whole[: draw.randint(1, len(whole) - 1)], is_cut=True)


_WAYS: dict[Callable[[random.Random], Malformed], float] = {
    _noise: 8,
    _request_line: 12,
    _header: 20,
    _who: 6,
    _kind_of_body: 4,
    _chunks: 6,
    _no_json: 20,
    _field: 30,
    _long: 0.3,
    _cut: 0.6,
}


# --- what they are made of ---------------------------------------------------------------


def _host() -> bytes:
    return b"Host: 127.0.0.1"


def _start(path: str, *headers: bytes) -> bytes:
    lines = [b"POST " + path.encode() + b" HTTP/1.1", _host(), *headers]
    return b"\r\n".join([*lines, b"", b""])


def _sent(kind: str, path: str, body: bytes) -> Malformed:
    return Malformed(kind, _start(path, _JSON, b"Content-Length: %d" % len(body)) + body)


def _body(path: str) -> bytes:
    return json.dumps(_VALID[path]).encode()

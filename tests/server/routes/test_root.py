"""The page and its files."""

from __future__ import annotations

import re

import pytest

from baichuan_desktop.server.page import built_files
from baichuan_desktop.server.security.headers import PAGE_POLICY
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Served, read_answer, serving

MOST_BYTES = 1_500_000


def test_the_page_is_at_the_root_and_names_files_that_are_there(served: Served) -> None:
    answer = served.ask("GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"

    named = re.findall(r'(?:src|href)="([^"]+)"', answer.body.decode())
    assert "/page/page.js" in named
    for path in named:
        assert served.ask("GET", path).status == 200, path


def test_every_file_of_the_page_is_served_with_its_kind_and_under_a_strict_policy(
    served: Served,
) -> None:
    files = built_files.built_files()
    assert {"index.html", "page.js", "page.css"} <= set(files)

    for name, file in files.items():
        answer = served.ask("GET", f"/page/{name}")
        assert answer.body == file.content
        assert answer.headers["content-type"] == file.media_type
        assert answer.headers["content-security-policy"] == PAGE_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"
    assert sum(len(file.content) for file in files.values()) < MOST_BYTES


def test_the_policy_of_the_page_has_no_exception() -> None:
    assert "unsafe" not in PAGE_POLICY
    assert "*" not in PAGE_POLICY
    assert "http" not in PAGE_POLICY
    assert PAGE_POLICY.startswith("default-src 'none'; ")


def test_a_file_that_has_not_changed_is_not_sent_again(served: Served) -> None:
    tag = served.ask("GET", "/page/page.js").headers["etag"]

    again = served.ask("GET", "/page/page.js", None, f"If-None-Match: {tag}")
    other = served.ask("GET", "/page/page.js", None, 'If-None-Match: "x"')

    assert (again.status, again.body) == (304, b"")
    assert other.status == 200


@pytest.mark.parametrize("path", ["/index.html", "/page/source/index.html", "/page/built_files.py"])
def test_nothing_but_what_was_built_is_served(served: Served, path: str) -> None:
    assert served.ask("GET", path).status == 404


def test_who_only_looks_whether_a_server_is_there_sees_one(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = read_answer(connection, "HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_without_a_page_the_api_is_named(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(built_files, "_FOLDER", "nowhere")
    with serving(desk) as served:
        assert served.ask("GET", "/").json == {"name": "Baichuan Desktop", "api": "/v1"}
        assert served.ask("GET", "/page/page.js").status == 404

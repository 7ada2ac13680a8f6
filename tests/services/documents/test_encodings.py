"""In which encoding a text is."""

from __future__ import annotations

import codecs

import pytest

from baichuan_desktop.services.documents.encodings import (
    CODECS,
    ENCODINGS,
    NoTextError,
    decoded,
    decoded_as,
)

TEXT = "会议纪要：四月三日，张三、李四。\n价格 12.5 元"


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("gb18030"), "gb18030"),
        ("甲".encode("gb18030"), "gb18030"),  # so short that statistics see Korean
        ("中文".encode("gbk"), "gb18030"),
        ("𠀀㐀".encode("gb18030"), "gb18030"),  # of four bytes
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le"),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "utf-32-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),  # without a mark
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        ("café, crème".encode("latin-1"), "latin-1"),
        ("“it’s” café ".encode("cp1252"), "cp1252"),
        (b"", "utf-8"),
    ],
)
def test_the_ladder(data: bytes, codec: str) -> None:
    text, found = decoded(data)

    assert found == codec
    assert data.endswith(text.encode(codec))
    assert not text.startswith("\ufeff")


@pytest.mark.parametrize("data", [b"a\0b\0\0", b"\0", bytes(range(1, 32)) * 3, b"\x7fELF\0\1\1a"])
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(NoTextError):
        decoded(data)


def test_what_a_page_says_of_itself_comes_before_the_rest_and_after_marks() -> None:
    big5 = "繁體".encode("big5hkscs")

    assert decoded(big5, "big5hkscs") == ("繁體", "big5hkscs")
    assert decoded(codecs.BOM_UTF8 + "繁體".encode(), "big5hkscs") == ("繁體", "utf-8")
    assert decoded("甲".encode(), "no such codec") == ("甲", "utf-8")


def test_every_encoding_of_the_menu_can_be_chosen_for_any_bytes() -> None:
    data = bytes(range(256))

    for one in ENCODINGS:
        text, wrong = decoded_as(data, one.codec)
        assert text.count("\ufffd") == wrong
    assert len(CODECS) == len(ENCODINGS)


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (TEXT.encode() * 20 + "三".encode()[:2], "utf-8"),  # it was cut off
        (TEXT.encode() * 20 + b"\xff" + TEXT.encode(), "utf-8"),
        (TEXT.encode("gb18030") * 20 + "三".encode("gb18030")[:1], "gb18030"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"A", "utf-16-le"),
    ],
)
def test_a_damaged_place_does_not_make_another_language_of_a_text(data: bytes, codec: str) -> None:
    text, found = decoded(data)

    assert found == codec
    assert text.startswith(TEXT)
    assert text.count("\ufffd") == 1


def test_a_western_text_is_none_in_chinese_with_damaged_places() -> None:
    assert decoded("café très naïve à déjà vu, été é\n".encode("latin-1"))[1] == "latin-1"


def test_what_is_utf_8_is_not_what_a_page_of_html_says_it_is_in_the_west() -> None:
    assert decoded(TEXT.encode(), "cp1252") == (TEXT, "utf-8")
    assert decoded("联通".encode("gbk"), "gb18030") == ("联通", "gb18030")

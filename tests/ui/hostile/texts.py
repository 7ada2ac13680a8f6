"""Texts that try to be more than text, by what they try."""

from __future__ import annotations

from pathlib import Path


def hostile_texts(bait: Path) -> dict[str, str]:
    """Texts by what they try; those that name a file name `bait`, which nobody may open.

    It also lies in the working folder of whoever shows them.
    """
    url, name = bait.as_uri(), bait.name
    return {
        "html": f'<b>bold</b><img src="{url}"><img src={bait}><img src={name}><br>&lt;i> &#60;u>',
        "script": "<script>alert(1)</script><svg onload=alert(2)><a href='javascript:x'>go</a>",
        "frames": f'<iframe src="{url}"></iframe><object data="{url}"></object>'
        f'<link rel="stylesheet" href="{url}"><style>@import url({url});</style>',
        "table of html": f'<table background="{url}"><tr><td>cell</td></tr></table>',
        "image": f"![one]({url}) ![two]({bait}) ![three]({name}) ![four][ref]\n\n[ref]: {url}",
        "image of the web": "![x](http://192.0.2.1/x.png) ![y](https://[2001:db8::1]/y.png)",
        "image of the app": "![x](qrc:/x.png) ![y](:/qt-project.org/images/qtlogo-64.png)",
        "image in the text": "![x](data:image/png;base64,iVBORw0KGgo=)",
        "share": r"[open](\\192.0.2.1\share\x) ![x](\\192.0.2.1\share\x.png) \\192.0.2.1\share",
        "share by url": "[open](file://192.0.2.1/share/x) <file://192.0.2.1/share/y> smb://192.0.2.1/",
        "formula": rf"$\input{{{bait}}}$ $$\includegraphics{{{bait}}}$$ \(\href{{{url}}}{{x}}\)",
        "code": f"```../../{name}\n{url}\n```\n\n```{bait}\nx = 1\n```\n\n"
        f"```py {{#{name}}}\nx\n```",
        "directions": "safe\u202egpj.exe\u202c \u2066inner\u2069 \u200f\u061cnot what it seems",
        "terminal": f"\x1b[31mred\x1b[0m \x1b]8;;{url}\x07link\x1b]8;;\x07 \x9b2J \x1bc\x08\x7f",
        "nul": "before\0after \0\0",
        "half characters": "half \ud83d and \udc00 the other \udfff\ud800",
        "Qt's own": "frame \ufdd0 in \ufdd1 object \ufffc end \ufffe \uffff",
        "marks": "a" + "\u0301\u0489" * 500 + "\u20dd" * 100 + " end",
        "breaks": "one\u2028two\u2029three\x0bfour\x0cfive\x85six\rseven",
        "tags": "seen" + "".join(chr(0xE0000 + ord(char)) for char in "not seen"),
        "deep": "> " * 400 + "deep " + "[" * 400 + "x" + "](y)" * 400,
    }  # fmt: skip


def many_marks() -> str:
    """A megabyte of marks over one letter."""
    return "z" + "\u0301\u0327\u0489\u20dd" * 125_000

"""A sheet as Markdown, which keeps what was written, and as plain text, which is read."""

from __future__ import annotations

import re

from baichuan_desktop.services.exchange.forms.sheet import Said, Sheet
from baichuan_desktop.services.markdown.harmless_text import harmless_line
from baichuan_desktop.services.markdown.plain_form import plain_text

_FENCES = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$])")


def as_markdown(sheet: Sheet) -> str:
    """A Markdown file: each message under a heading of who says it, as it was written."""
    parts = [f"# {_escaped(sheet.title)}"]
    if sheet.facts:
        parts.append(f"*{_escaped(sheet.facts)}*")
    if sheet.system_prompt:
        parts += [f"## {sheet.names['system']}", _quoted(sheet.system_prompt)]
    for one in sheet.said:
        if one.who:
            parts.append(f"## {_escaped(_heading(one))}")
        parts += [f"*{_escaped(line)}*" for line in one.documents]
        parts.append(one.text)
        if one.note:
            parts.append(f"*{one.note}*")
    if sheet.left_out:
        parts += ["---", f"*{sheet.left_out}*"]
    if sheet.texts:
        parts.append(f"## {sheet.names['documents']}")
        for name, text in sheet.texts.items():
            longest = max((len(found) for found in _FENCES.findall(text)), default=2)
            fence = "`" * (longest + 1)
            parts += [f"### {_escaped(name)}", f"{fence}text\n{text}\n{fence}"]
    return "\n\n".join(parts) + "\n"


def as_text(sheet: Sheet) -> str:
    """A text file: what is read, without marks."""
    parts = [harmless_line(sheet.title)]
    if sheet.facts:
        parts.append(sheet.facts)
    if sheet.system_prompt:
        parts.append(f"[{sheet.names['system']}]\n{sheet.system_prompt}")
    for one in sheet.said:
        lines = [f"[{_heading(one)}]"] if one.who else []
        lines += [f"({line})" for line in one.documents]
        lines.append(one.text if one.is_plain else plain_text(one.text))
        lines += [f"({one.note})"] if one.note else []
        parts.append("\n".join(lines))
    if sheet.left_out:
        parts.append(f"({sheet.left_out})")
    for name, text in sheet.texts.items():
        parts.append(f"[{harmless_line(name)}]\n{text}")
    return "\n\n".join(parts) + "\n"


def _heading(one: Said) -> str:
    return harmless_line(" · ".join(part for part in (one.who, one.when) if part))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", harmless_line(text))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())

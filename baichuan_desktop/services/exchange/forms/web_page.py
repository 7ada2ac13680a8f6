"""A sheet as one page of HTML: no script, nothing that is loaded, light and dark by its own styles.

All text is escaped. What refers to anything are the links that a reader sees.
"""

from __future__ import annotations

from html import escape
from typing import Final

from baichuan_desktop.services.exchange.forms.sheet import Said, Sheet
from baichuan_desktop.services.markdown.growing import markdown_top_blocks
from baichuan_desktop.services.markdown.harmless_text import harmless, harmless_line
from baichuan_desktop.services.markdown.html_form import Draw, html_form

#: Nothing is loaded, and nothing is run, whatever a later reader does with the page.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --text: #1a2027; --muted: #5f6b77;
  --border: #e2e7ec; --bubble: #eaf2f6; --code: #f7f8fa; --accent: #0b6a8c; }
@media (prefers-color-scheme: dark) { :root { --page: #15181c; --text: #dfe4e9;
  --muted: #9aa6b1; --border: #2c333a; --bubble: #1f2f38; --code: #1b1f24; --accent: #4bb4d6; } }
body { margin: 0 auto; max-width: 760px; padding: 28px 16px; background: var(--page);
  color: var(--text); font: 15px/25px Inter, "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei UI", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 32px; } .facts, .who, .note { color: var(--muted);
  font-size: 12px; } .who { margin: 28px 0 4px; font-weight: 600; }
.question { background: var(--bubble); border-radius: 16px; padding: 10px 14px; }
.plain { white-space: pre-wrap; } pre { background: var(--code); border: 1px solid var(--border);
  border-radius: 10px; padding: 14px; overflow-x: auto; font-size: 13px; line-height: 21px;
  white-space: pre-wrap; } code { background: var(--code); }
blockquote { margin: 10px 0; padding-left: 14px; border-left: 3px solid var(--border);
  color: var(--muted); } a { color: var(--accent); } table { display: block; overflow-x: auto; }
svg { fill: currentColor; stroke: currentColor; stroke-width: 0; max-width: 100%; }
@media print { body { max-width: none; padding: 0; } .who { break-after: avoid; } }
"""


def as_web_page(sheet: Sheet, draw: Draw, language: str) -> str:
    """The page; a formula is what `draw` makes of its source, or the source itself."""
    parts = [f"<h1>{_line(sheet.title)}</h1>"]
    if sheet.facts:
        parts.append(f'<p class="facts">{_line(sheet.facts)}</p>')
    if sheet.system_prompt:
        parts += [
            f'<p class="who">{_line(sheet.names["system"])}</p>',
            f'<blockquote class="plain">{_text(sheet.system_prompt)}</blockquote>',
        ]
    for one in sheet.said:
        parts += _message(one, draw)
    if sheet.left_out:
        parts.append(f'<hr><p class="note">{_line(sheet.left_out)}</p>')
    if sheet.texts:
        parts.append(f"<h2>{_line(sheet.names['documents'])}</h2>")
        for name, text in sheet.texts.items():
            parts += [
                f"<details><summary>{_line(name)}</summary>",
                f'<div class="plain">{_text(text)}</div></details>',
            ]
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_line(sheet.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _message(one: Said, draw: Draw) -> list[str]:
    parts = []
    if one.who:
        heading = " · ".join(part for part in (one.who, one.when) if part)
        parts.append(f'<p class="who">{_line(heading)}</p>')
    parts += [f'<p class="note">{_line(line)}</p>' for line in one.documents]
    kind = "question" if one.is_question and one.who else "answer"
    if one.is_plain:
        parts.append(f'<div class="{kind} plain">{_text(one.text)}</div>')
    else:
        groups = [top.blocks for top in markdown_top_blocks(one.text)]
        parts.append(f'<div class="{kind}">{html_form(groups, draw)}</div>')
    if one.note:
        parts.append(f'<p class="note">{_line(one.note)}</p>')
    return parts


def _text(text: str) -> str:
    return escape(harmless(text))


def _line(text: str) -> str:
    return escape(harmless_line(text))

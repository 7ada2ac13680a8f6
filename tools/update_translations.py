"""Brings the Chinese translation of the window up to date with the code.

    python tools/update_translations.py

Runs lupdate over the window's code, adds the sentences that are raised below it (context
"errors"), and compiles the result. What has no translation yet is marked unfinished in the .ts
file and listed; write it there (Qt Linguist, or an editor) and run this again.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path

import PySide6

ROOT = Path(__file__).resolve().parents[1]
TS_FILE = ROOT / "baichuan_desktop" / "resources" / "translations" / "baichuan_desktop_zh_CN.ts"
ERRORS_CONTEXT = "errors"

#: Calls whose literal texts reach a person: errors, phrases, and the helpers that make them.
_RAISING = ("Error", "Phrase", "__init__", "_of", "damaged", "require_range", "Choice")
_IGNORED_ERRORS = (
    "AssertionError", "ChildProcessError", "ValueError", "TypeError", "UnpicklingError",
    "MarkedYAMLError",
)  # fmt: skip


def main() -> int:
    """Write the .ts and .qm file; 1 if something is not translated."""
    update(TS_FILE)
    compile_qm(TS_FILE, TS_FILE.with_suffix(".qm"))
    missing = unfinished(TS_FILE)
    for context, source in missing:
        print(f"{context}: {source}")
    print(f"{len(missing)} sentences without a translation" if missing else "All is translated.")
    return 1 if missing else 0


def update(ts_file: Path) -> None:
    """Merge what the code says now into a .ts file; translations that are there stay."""
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder) / "errors.py"
        calls = (
            f"QCoreApplication.translate({ERRORS_CONTEXT!r}, {text!r})\n"
            for text in sorted(error_sentences())
        )
        errors.write_text("".join(calls), encoding="utf-8")
        sources = [str(path) for path in sorted((ROOT / "baichuan_desktop" / "ui").rglob("*.py"))]
        _qt_tool(
            "lupdate",
            "-silent",
            "-no-obsolete",
            "-locations",
            "none",
            "-source-language",
            "en",
            "-target-language",
            "zh_CN",
            *sources,
            str(errors),
            "-ts",
            str(ts_file),
        )


def compile_qm(ts_file: Path, qm_file: Path) -> None:
    """Make the binary form that the window loads."""
    _qt_tool("lrelease", "-silent", str(ts_file), "-qm", str(qm_file))


def unfinished(ts_file: Path) -> Sequence[tuple[str, str]]:
    """Context and source of what has no translation."""
    return [
        (context, source)
        for context, source, translation in messages(ts_file)
        if not translation.strip()
    ]


def messages(ts_file: Path) -> Iterator[tuple[str, str, str]]:
    """Context, source and finished translation of every message."""
    for context in ET.parse(ts_file).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            translation = message.find("translation")
            finished = translation is not None and translation.get("type") is None
            text = (translation.text or "") if translation is not None and finished else ""
            yield name, message.findtext("source", ""), text


def error_sentences() -> set[str]:
    """Every literal sentence, hint and part of a sentence in the code below the window."""
    found: set[str] = set()
    for folder in ("backends", "baichuan_desktop/services", "baichuan_desktop/workers"):
        for file in (ROOT / folder).rglob("*.py"):
            found |= set(_sentences(ast.parse(file.read_text(encoding="utf-8"))))
    return found


def _sentences(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                if name.endswith(_RAISING) and name not in _IGNORED_ERRORS:
                    for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                        yield from _texts(value)
            case ast.FunctionDef(returns=returns) if returns and "Phrase" in ast.unparse(returns):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield from _texts(inner.value)
            case ast.FunctionDef(name="__init__", args=arguments):
                for default in arguments.kw_defaults:
                    if default is not None:
                        yield from _texts(default)
            case ast.Assign(targets=[ast.Name(id="_ENDS")], value=ast.Dict(values=values)):
                for value in values:
                    yield from _texts(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_said(name):
                yield from _texts(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _is_said(
                name
            ):
                yield from _texts(value)


def _is_said(name: str) -> bool:
    """Whether a variable of this name holds a sentence, as `reason` and `_MEMORY_HINT` do."""
    return name in ("reason", "what") or name.lower().endswith("hint")


def _texts(node: ast.expr) -> Iterator[str]:
    """The literal texts that an argument may be; at least two words, so that no name is one."""
    match node:
        case ast.Constant(value=str(text)):
            if " " in text.strip() or text in _SINGLE_WORDS:
                yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _texts(value)


#: Names of settings that stand in a sentence (backends/generation/sampling.py).
_SINGLE_WORDS = ("Temperature", "Top-k", "Top-p")


def _qt_tool(name: str, *arguments: str) -> None:
    suffix = ".exe" if sys.platform == "win32" else ""
    tool = Path(PySide6.__file__).parent / (name + suffix)
    subprocess.run([str(tool), *arguments], check=True)


if __name__ == "__main__":
    raise SystemExit(main())

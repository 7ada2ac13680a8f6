"""Signals find who they are for by what they carry, and in the thread of who hears them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "baichuan_desktop"
FILES = [PACKAGE / "app.py", *(PACKAGE / "ui").rglob("*.py"), *(PACKAGE / "workers").rglob("*.py")]


def asks_who_sent(tree: ast.AST) -> list[int]:
    """Lines that ask for the sender of a signal."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("sender", "senderSignalIndex")
    ]


def methods_that_are_no_slots(tree: ast.AST) -> Iterator[str]:
    """Methods that a signal is connected to in their own class, and that Qt knows nothing of."""
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.ClassDef):
            continue
        plain = {
            one.name
            for one in owner.body
            if isinstance(one, ast.FunctionDef)
            and not any("Slot" in ast.dump(decorator) for decorator in one.decorator_list)
        }
        for call in ast.walk(owner):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "connect"
            ):
                for target in call.args:
                    if (
                        isinstance(target, ast.Attribute)
                        and ast.unparse(target.value) == "self"
                        and target.attr in plain
                    ):
                        yield f"{owner.name}.{target.attr}"


def parsed(file: Path) -> ast.AST:
    return ast.parse(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_nobody_asks_who_sent_a_signal(file: Path) -> None:
    assert asks_who_sent(parsed(file)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_every_method_that_a_signal_is_connected_to_is_a_slot(file: Path) -> None:
    """A plain method may be called in the thread that emits the signal."""
    assert list(methods_that_are_no_slots(parsed(file))) == []


def test_both_rules_find_what_they_look_for() -> None:
    tree = ast.parse(
        "class A:\n"
        "    def make(self, worker):\n"
        "        worker.ended.connect(self.hear)\n"
        "        worker.failed.connect(self.see)\n"
        "    def hear(self):\n"
        "        self.sender().close()\n"
        "    @Slot()\n"
        "    def see(self): ...\n"
    )

    assert asks_who_sent(tree) == [6]
    assert list(methods_that_are_no_slots(tree)) == ["A.hear"]

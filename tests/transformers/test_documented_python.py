"""Each Python example of docs/python.md, in both languages, does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers")

import baichuan_desktop.transformers  # noqa: F401  the one import
from tests.helpers.published import list_published

DOCS = Path(__file__).parents[2] / "docs"
NEEDS_CARD = re.compile(r".*# (?:on an NVIDIA card|需要 NVIDIA 显卡)$", re.MULTILINE)
#: What a library says of a machine without a card, as whoever runs the examples reads it.
pytestmark = pytest.mark.filterwarnings("default")


def sections(document: str) -> dict[str, str]:
    """The Python of each section of a document, by heading; without lines that need a card."""
    text = (DOCS / document).read_text(encoding="utf-8")
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        code = "\n".join(re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))
        if code:
            found[section.partition("\n")[0]] = code
    return found


EXAMPLES = [
    pytest.param(code, id=f"{document}: {heading}")
    for document in ("python.md", "python.zh-CN.md")
    for heading, code in sections(document).items()
]


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published names stand for golden models, which the library of this test lists."""
    list_published(tmp_path)
    monkeypatch.chdir(tmp_path)
    if not torch.cuda.is_available():
        code = NEEDS_CARD.sub("", code)

    names: dict[str, Any] = {"__name__": "example"}
    exec(code, names)


def test_both_languages_have_the_same_examples() -> None:
    def without_words(code: str) -> str:
        """Without texts, comments and line breaks."""
        return re.sub(r'"[^"\n]*"|#.*|\s', "", code)

    english, chinese = (list(sections(one).values()) for one in ("python.md", "python.zh-CN.md"))
    assert [without_words(one) for one in chinese] == [without_words(one) for one in english]


def test_only_lines_that_name_a_card_are_left_out() -> None:
    """Else an example could be hidden from these tests."""
    for document in ("python.md", "python.zh-CN.md"):
        left_out = NEEDS_CARD.findall((DOCS / document).read_text(encoding="utf-8"))
        assert left_out
        assert all("cuda" in line for line in left_out)

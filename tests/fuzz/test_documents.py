"""Whatever is changed in a document, what comes is text or a sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.document_cases import DOCUMENTS, DocumentCases
from tests.fuzz.outcome import Stage

_CASES = 40


# A crash of PDFium would end the tests: `test_hostile.py` changes PDFs in their own process.
@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "document-pdf"])
def test_a_changed_document_gives_text_or_a_sentence(tmp_path: Path, name: str) -> None:
    cases = DocumentCases(name, tmp_path)
    assert cases.run_unchanged().stage is Stage.RAN
    stages: Counter[Stage] = Counter()
    for number in range(_CASES):
        outcome = cases.run(number)
        assert outcome.stage is not Stage.FAILED, f"case {number}\n{outcome.trace}"
        stages[outcome.stage] += 1
    # Else the changes would say little.
    assert stages[Stage.RAN] < _CASES
    assert stages[Stage.REFUSED] < _CASES


def test_a_case_is_the_same_wherever_it_is_run(tmp_path: Path) -> None:
    made = []
    for folder, numbers in ((tmp_path / "one", (0, 1, 7)), (tmp_path / "two", (7,))):
        folder.mkdir()
        cases = DocumentCases("document-docx", folder)
        for number in numbers:
            cases.write(number)
        made.append((folder / "a.docx").read_bytes())

    assert made[0] == made[1]

"""One changed document, read as its process reads it, and what came of it."""

from __future__ import annotations

import io
import json
import random
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from backends.errors import DocumentError
from backends.protocol.wire_phrases import error_from_wire
from baichuan_desktop.services.documents import process
from baichuan_desktop.services.documents.limits import LIMITS
from baichuan_desktop.services.documents.passages.choosing import ranked
from baichuan_desktop.services.documents.reading import document_of
from tests.fuzz import mutate_document
from tests.fuzz.outcome import Outcome, Stage
from tests.helpers import document_files as files

_PAGE = (
    "<html><head><meta charset=utf-8><title>网页</title></head><body><h1>标题</h1><p>一段<br>文</p>"
    "<ul><li>甲<li>乙</ul><table><tr><td>丙<td>丁</table><pre>a\n b</pre></body></html>"
)
_WORD = (
    files.word_paragraph("合同", "1")
    + files.word_paragraph("付款", number=(7, 0))
    + files.word_paragraph("利息", number=(7, 1))
    + files.word_table([["品名", "数量"], ["水泵", "12"]])
)

#: A document of each format, by the names of the files.
DOCUMENTS: Final[Mapping[str, tuple[str, bytes]]] = {
    "document-text": ("a.txt", "第一行\n第二行，café".encode()),
    "document-gb18030": ("a.csv", "城市,金额\n北京,12".encode("gb18030")),
    "document-markdown": ("a.md", "# 一\n\n甲\n\n```\n# x\n```\n## 二\n".encode()),
    "document-html": ("a.html", _PAGE.encode()),
    "document-pdf": ("a.pdf", files.pdf(["关于安全生产的通知\n第一条", "第二页 page two"])),
    "document-docx": (
        "a.docx",
        files.docx(_WORD, {"word/footnotes.xml": files.word_notes({1: "见附件"})}),
    ),
    "document-xlsx": ("a.xlsx", files.xlsx({"表": [["甲", 1.5], ["=B1", True]], "二": [["乙"]]})),
    "document-pptx": (
        "a.pptx",
        files.pptx([files.shape("标题", "title") + files.slide_table([["甲"]])], {0: "讲三分钟"}),
    ),
    "document-epub": ("a.epub", files.epub(["<h1>第一章</h1><p>甲</p>", "<p>乙</p>"])),
}


class DocumentCases:
    """The cases of a format, in a folder of its own. Case `n` is the same wherever it is run."""

    def __init__(self, name: str, folder: Path, *, seed: int = 0) -> None:
        """Nothing is written yet."""
        self._name = name
        self._seed = seed
        file, self._data = DOCUMENTS[name]
        self._file = folder / file
        self._text: str | None = None

    def run_unchanged(self) -> Outcome:
        """The document as it is."""
        self._file.write_bytes(self._data)
        self._text = None
        return self.open_and_run()

    def run(self, number: int) -> Outcome:
        """Change, read, divide, ask."""
        self.write(number)
        return self.open_and_run()

    def write(self, number: int) -> None:
        """Put the document of a case into the folder."""
        chance = random.Random(f"{self._name} {self._seed} {number}")
        self._file.write_bytes(mutate_document.mutate(self._data, chance))

    def open_and_run(self) -> Outcome:
        """What comes of the document as it is now: the same text counts as run."""
        try:
            text = self._read()
        except DocumentError as error:
            if self._file.name in error.message and error.message.isprintable():
                return Outcome(Stage.REFUSED)
            return Outcome(Stage.FAILED, error.message)
        except Exception:  # noqa: BLE001  which is what this looks for
            return Outcome(Stage.FAILED, traceback.format_exc())
        self._text = self._text or text
        return Outcome(Stage.RAN if text == self._text else Stage.ACCEPTED)

    def _read(self) -> str:
        written = io.BytesIO()
        answer = process.answered({"path": str(self._file), "encoding": None}, LIMITS, written)
        if "error" in answer:
            raise error_from_wire(answer["error"])  # type: ignore[arg-type]
        text = "".join(json.loads(line).get("text", "") for line in written.getvalue().splitlines())
        found = document_of(answer["document"], text)  # type: ignore[arg-type]
        assert found.text.strip()
        assert found.text.encode()  # no half characters
        assert all(0 <= mark.start <= len(found.text) for mark in found.marks)
        assert all(str(note).isprintable() for note in found.notes)
        ranked(found.document(1, 1), "第一行说什么？")
        return found.text

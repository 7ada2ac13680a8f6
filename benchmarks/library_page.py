"""How long the page of models takes to open, to take in what was seen, to scroll and to search.

    PYTHONPATH=. python benchmarks/library_page.py [--models 500]

The real page (offscreen, unless QT_QPA_PLATFORM says otherwise) with models that are not there: the
window never looks at a folder. Both the time on the clock and the processor time of the window's
thread are told: on a machine that does other work only the second one compares.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QApplication

from backends.events import ModelKind
from backends.model_config import Family
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.library.folders.drives import DriveSpace
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.rows.values import Looked
from baichuan_desktop.services.library.states import Condition, ModelState
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.theme import Theme
from benchmarks.sidebar import Times, report, timed

_RUNS: Final = 7  # times that the page is opened
_STEPS: Final = 300  # frames that are scrolled
_GOALS: Final = {"open": 200.0, "search": 100.0, "frame of scrolling": 16.0}  # ms
_SIZE: Final = (1016, 768)  # pixels: a window of 1280 x 820 beside its list of conversations
_GIB: Final = 2**30


def listed(count: int, variants: Sequence[Variant]) -> list[InstalledModel]:
    """Models of every family on seven drives."""
    families = list(Family)
    return [
        InstalledModel(
            id=f"model-{number}",
            name=Names(en=f"Model {number} of the department", zh=f"部门模型 {number}"),
            path=Path(f"/mnt/drive{number % 7}/models/{number}"),
            variant=variants[number % len(variants)].id,
            family=families[number % len(families)],
            kind=ModelKind.CHAT,
            context_length=4096,
            drive=Path(f"/mnt/drive{number % 7}"),
        )
        for number in range(count)
    ]


def seen(model: InstalledModel) -> Looked:
    """What a look at one of them would show."""
    assert model.drive is not None
    space = DriveSpace(model.drive, 800 * _GIB, 2000 * _GIB)
    sizes = {(0, hash(model.id)): 14 * _GIB}
    return Looked(ModelState(Condition.PRESENT, sizes=sizes), space)


def measure(
    app: QApplication, theme: Theme, count: int, variants: Sequence[Variant]
) -> list[Times]:
    """Open, take in, scroll and search."""
    models = listed(count, variants)
    pages: list[LibraryPage] = []

    def opened() -> None:
        page = LibraryPage(theme)
        page.resize(*_SIZE)
        page.set_models(models, variants)
        page.show()
        page.repaint()
        app.processEvents()
        pages.append(page)

    results = [timed("open", opened, _RUNS)]
    for old in pages[:-1]:
        old.deleteLater()
    page = pages[-1]

    def taken_in() -> None:
        page.set_states([(model, seen(model)) for model in models])
        page.list.viewport().repaint()

    results.append(timed("what was seen of all models", taken_in, _RUNS))
    bar = page.list.verticalScrollBar()

    def scrolled() -> None:
        bar.setValue((bar.value() + 377) % max(bar.maximum(), 1))
        page.list.viewport().repaint()

    results.append(timed("frame of scrolling", scrolled, _STEPS))
    numbers = iter(range(10**6))

    def chosen() -> None:
        page.list.choose(f"model-{next(numbers) % count}")
        page.details.repaint()

    results.append(timed("another row is chosen", chosen, 50))
    for text in ("model 4", "部门", "baichuan2", "no such model"):

        def searched(text: str = text) -> None:
            page.filter_bar.clear()
            page.filter_bar.search.setText(text)
            page.filter_bar.search.search_now()
            page.list.viewport().repaint()

        results.append(timed(f"search: {text}", searched, 5))
    page.close()
    return results


def main() -> int:
    """Print the times; 1 if the page opens, scrolls or searches slower than it shall."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    load_fonts()
    nowhere = Path(os.devnull) / "none"
    store = ModelStore(AppPaths(nowhere, nowhere, nowhere, nowhere, nowhere))
    results = measure(app, Theme(app), options.models, store.variants)
    return report(results, f"{options.models:,} models", _GOALS, as_json=options.json)


if __name__ == "__main__":
    raise SystemExit(main())

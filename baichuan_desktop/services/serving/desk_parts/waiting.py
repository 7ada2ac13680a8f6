"""Which models those want who wait for their turn."""

from __future__ import annotations

import threading

from baichuan_desktop.services.library.registry import InstalledModel


class Wish:
    """Of one who waits. `model` is None where they take whichever is loaded."""

    def __init__(self, model: InstalledModel | None) -> None:
        self.model = model


class Waiting:
    """The wishes of those who wait, in order. From any thread."""

    def __init__(self) -> None:
        self._wishes: list[Wish] = []
        self._lock = threading.Lock()

    def add(self, wish: Wish) -> None:
        """Note one who comes last."""
        with self._lock:
            self._wishes.append(wish)

    def remove(self, wish: Wish) -> None:
        """Note that one does not wait any more, if they did."""
        with self._lock:
            if wish in self._wishes:
                self._wishes.remove(wish)

    def suits_next(self, model: InstalledModel) -> bool:
        """Whether who comes next can use a model, or nobody does."""
        with self._lock:
            wanted = self._wishes[0].model if self._wishes else None
        return wanted is None or wanted.id == model.id

"""Starts an engine process: `python -m backends.engine.process`.

It first asks the system to end it with its window, before it imports anything that takes time: a
window may be killed while its engine starts. And it says how cards are numbered, before anything
that reads that is imported.
"""

from __future__ import annotations

from typing import Final

from ..machine.card_order import number_cards_by_slot
from ..operating_system import die_with_parent

#: With it the app's own program is an engine, where it is frozen and there is no other Python.
OPTION: Final = "--engine"


def main() -> None:
    """Serve the process at the other end of stdin, until it ends or closes the pipe."""
    die_with_parent()
    number_cards_by_slot()
    from . import server  # which imports nearly everything

    server.main()


if __name__ == "__main__":
    main()

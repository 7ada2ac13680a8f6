"""Starts an engine process: `python -m backends.engine.process`.

The first that it does is to see to it that it ends with its window, before anything is imported
that takes time: a window may be killed while its engine starts.
"""

from __future__ import annotations

from typing import Final

from ..operating_system import die_with_parent

#: With it the app's own program is an engine, where it is frozen and there is no other Python.
OPTION: Final = "--engine"


def main() -> None:
    """Be the engine of the process whose pipe is stdin, until that ends."""
    die_with_parent()
    from . import server  # which imports nearly everything

    server.main()


if __name__ == "__main__":
    main()
